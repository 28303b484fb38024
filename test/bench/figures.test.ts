import assert from 'node:assert/strict';
import { ProcessFacts } from '../support/process-facts.js';
import { Figures, table } from './figures.js';
import { cpuOf, memoryOf } from './server-under-load.js';

describe('the figures of npm run bench', () => {
  it('have a median, a value that 99 of 100 do not exceed, and a worst', () => {
    const figures = new Figures(Array.from({ length: 100 }, (_, at) => 100 - at));
    assert.equal(figures.median, 51);
    assert.equal(figures.at(0.99), 100);
    assert.equal(figures.worst, 100);
    assert.ok(Number.isNaN(new Figures([]).median));
  });

  it('make a table whose columns line up, with a dash where OpenSSH was not asked', () => {
    const text = table([
      { what: 'logins', unit: '1/s', openssh: 55, postern: 155, ratio: 155 / 55, wanted: '>= 8x' },
      { what: 'idle', unit: '%', openssh: null, postern: 0.1234, ratio: null, wanted: '' },
    ]);
    assert.deepEqual(text.split('\n'), [
      'what    unit  OpenSSH  Postern  ratio  wanted',
      'logins  1/s      55.0      155   2.82  >= 8x',
      'idle    %           -    0.123      -',
    ]);
  });

  it('count the CPU time and the memory of processes', () => {
    const server = { roots: [process.pid] };
    assert.ok(cpuOf(server) > 0);
    assert.ok(memoryOf(server) > 1024);
    const facts = new ProcessFacts(process.pid);
    assert.ok(facts.proportional > 1024 * 1024);
    assert.equal(facts.parent, process.ppid);
  });
});
