import assert from 'node:assert/strict';
import { EqualDelays } from '../../../server/gate/scheduling/equal-delays.js';
import { eventually } from '../../support/eventually.js';

describe('delays of the same length', () => {
  const called: string[] = [];
  const delays = new EqualDelays<string>(20, (one) => {
    called.push(one);
    if (one === 'again' && called.length < 3) delays.start(one);
  });

  beforeEach(() => {
    called.length = 0;
  });

  it('call back each in its order, once', async () => {
    for (const one of ['a', 'b', 'c']) delays.start(one);
    await eventually('the last', () => called.includes('c'));
    assert.deepEqual(called, ['a', 'b', 'c']);
  });

  it('call nobody back who was stopped, twice or before the start', async () => {
    for (const one of ['a', 'b']) delays.start(one);
    for (const one of ['a', 'a', 'never']) delays.stop(one);
    await eventually('the other', () => called.includes('b'));
    assert.deepEqual(called, ['b']);
  });

  it('begin anew when they are started again, also while they call back', async () => {
    for (const one of ['again', 'b', 'again']) delays.start(one);
    await eventually('all', () => called.length === 3);
    assert.deepEqual(called, ['b', 'again', 'again']);
  });

  it('keep no process alive, and have one timer for thousands', () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length;
    const before = timers();
    for (let at = 0; at < 5_000; at += 1) delays.start(`one ${at}`);
    assert.equal(timers(), before);
    for (let at = 0; at < 5_000; at += 1) delays.stop(`one ${at}`);
  });
});
