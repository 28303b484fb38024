import assert from 'node:assert/strict';
import { ChangesReader } from '../../../server/gate/hosts/changes-reader.js';
import { LARGEST_CHANGE, MOST_GONE, MOST_NAMES } from '../../../server/wire/domain.js';
import { domainName } from '../../support/temporary-store.js';

const AT = '2026-11-30T12:00:00.000Z';
const line = (change: unknown): Buffer => Buffer.from(`${JSON.stringify(change)}\n`);
const names = (count: number) =>
  Array.from({ length: count }, (_, at) => domainName(`d${at}`.padEnd(63, 'x')));

describe('the reader of a host’s changes', () => {
  it('takes the names of the fullest host', () => {
    const change = {
      change: 'names',
      others: names(MOST_NAMES),
      missing: names(MOST_NAMES).map((name) => ({
        name,
        since: AT,
        why: 'unreadable',
        note: 'n'.repeat(100),
      })),
      gone: names(MOST_GONE).map((name) => ({ name, at: AT })),
    };
    const reader = new ChangesReader(new Map());
    assert.deepEqual([...reader.push(line(change))], []);
    assert.equal(reader.names?.others?.length, MOST_NAMES);
    assert.equal(reader.names.missing.length, MOST_NAMES);
  });

  it('ends with a line beyond the bound', () => {
    const reader = new ChangesReader(new Map());
    assert.throws(
      () => [...reader.push(Buffer.alloc(LARGEST_CHANGE + 1, 0x20))],
      /a line of over 4194304 bytes/,
    );
  });
});
