import assert from 'node:assert/strict';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { pino } from 'pino';
import { isJournal, JournalStream } from '../../../server/cli/half/journal-stream.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

describe('the log under systemd', () => {
  it('puts the priority of its level before each line', () => {
    const lines: string[] = [];
    const log = pino({ level: 'trace' }, new JournalStream({ write: (line) => lines.push(line) }));
    for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const) log[level](level);
    log.child({ a: 1 }).error('of a child');
    const seen = lines.map((line) => {
      const [, priority, json] = /^<(\d)>(.*)\n$/s.exec(line) ?? [];
      return [Number(priority), (JSON.parse(json ?? '') as { msg: string }).msg];
    });
    assert.deepEqual(seen, [
      [7, 'trace'],
      [7, 'debug'],
      [6, 'info'],
      [4, 'warn'],
      [3, 'error'],
      [2, 'fatal'],
      [3, 'of a child'],
    ]);
  });

  it('is the journal only when that is where stderr goes', () => {
    const directory = new TemporaryDirectory();
    const file = directory.file('log');
    const descriptor = openSync(file, 'w');
    const { dev, ino } = fstatSync(descriptor);
    assert.equal(isJournal(descriptor, `${dev}:${ino}`), true);
    assert.equal(isJournal(descriptor, `${dev}:${ino + 1}`), false);
    assert.equal(isJournal(descriptor, undefined), false);
    closeSync(descriptor);
    assert.equal(isJournal(descriptor, `${dev}:${ino}`), false);
    directory.dispose();
  });
});
