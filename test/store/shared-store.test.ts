import assert from 'node:assert/strict';
import { join } from 'node:path';
import { lockFile, shareFile } from '../../server/store/file-lock.js';
import { Store } from '../../server/store/store.js';
import { eventually } from '../support/eventually.js';
import {
  ADMIN,
  customerActor,
  customerName,
  domainName,
  fingerprint,
  TemporaryStore,
} from '../support/temporary-store.js';

const HORATIO = domainName('horatio');

/** Two processes of one gate have a connection each. */
describe('store: two that write one file', () => {
  let temporary: TemporaryStore;
  let one: Store;
  let other: Store;

  beforeEach(() => {
    temporary = new TemporaryStore({ shared: true });
    one = temporary.store;
    other = Store.open(temporary.file, { shared: true });
  });
  afterEach(() => {
    other.close();
    temporary.remove();
  });

  it('tell each other of their rows, each once and in the order of their numbers', async () => {
    const heard: { readonly one: number[]; readonly other: number[] } = { one: [], other: [] };
    one.audit.onAppend(({ seq }) => heard.one.push(seq));
    other.audit.onAppend(({ seq }) => heard.other.push(seq));
    one.customers.add(customerName('before'), ADMIN);
    await eventually('an own row to be heard', () => heard.one.length === 1);
    one.audit.share(() => {
      other.audit.catchUp();
    });
    other.audit.share(() => {
      one.audit.catchUp();
    });
    one.customers.add(customerName('alice'), ADMIN);
    other.customers.add(customerName('bob'), ADMIN);
    void other.audit.appendSoon({ kind: 'gate.stopped', reason: 'a test' });
    one.customers.add(customerName('carol'), ADMIN);
    await eventually('all rows to be heard', () => heard.one.length === 5 && heard.other.length === 4);
    assert.deepEqual(heard, { one: [1, 2, 3, 4, 5], other: [2, 3, 4, 5] });
    assert.ok(one.audit.verify().ok && other.audit.verify().ok);
  });

  it('do not hear how customers of the other come and go', async () => {
    const heard: number[] = [];
    let told = 0;
    one.audit.share(() => undefined);
    other.audit.share(() => {
      told += 1;
    });
    one.audit.onAppend(({ seq }) => heard.push(seq));
    const actor = customerActor(customerName('bob'), fingerprint('a'));
    other.audit.append({ kind: 'connection.closed', actor, seconds: 1 });
    assert.equal(told, 0);
    other.customers.add(customerName('bob'), ADMIN);
    assert.equal(told, 1);
    one.audit.catchUp();
    one.audit.append({ kind: 'connection.closed', actor, seconds: 1 });
    await eventually('the rows', () => heard.length === 2);
    assert.deepEqual(heard, [2, 3], 'its own are heard');
  });

  it('hear in order also what they missed before a row of their own', async () => {
    const heard: number[] = [];
    one.audit.share(() => undefined);
    one.audit.onAppend(({ seq }) => heard.push(seq));
    other.customers.add(customerName('bob'), ADMIN);
    one.customers.add(customerName('alice'), ADMIN);
    await eventually('both', () => heard.length === 2);
    assert.deepEqual(heard, [1, 2]);
  });

  it('record one outcome of an operation, whoever comes second', () => {
    const ended = { kind: 'operation.ended', operation: 'o1', domain: HORATIO, code: null } as const;
    one.audit.appendEnd({ ...ended, outcome: 'done', detail: null });
    other.audit.appendEnd({ ...ended, outcome: 'lost', detail: 'the other one' });
    const rows = other.audit.tail().map(({ event }) => event);
    assert.deepEqual(
      rows.map((event) => event.kind === 'operation.ended' && event.outcome),
      ['done'],
    );
  });

  it('copies a snapshot while the other writes without a pause', async () => {
    for (let n = 0; n < 300; n += 1)
      other.audit.append({ kind: 'gate.stopped', reason: `${n} ${'x'.repeat(4000)}` });
    const before = other.audit.head().seq;
    let writes = 0;
    let isOver = false;
    const write = (): void => {
      if (isOver) return;
      other.audit.append({ kind: 'gate.stopped', reason: 'meanwhile' });
      writes += 1;
      setImmediate(write);
    };
    write();
    const copy = join(temporary.directory, 'copy.db');
    await one.backup(copy);
    isOver = true;
    const made = Store.open(copy);
    try {
      assert.ok(writes > 1, 'something was written meanwhile');
      assert.ok(made.audit.verify().ok);
      assert.ok(made.audit.head().seq <= before + 1, 'it is of one moment, the first');
    } finally {
      made.close();
    }
  });

  it('share a lock that keeps a third one out until both have let it go', () => {
    const file = join(temporary.directory, 'lock');
    lockFile(file)?.();
    const [first, second] = [shareFile(file), shareFile(file)];
    assert.ok(first !== null && second !== null);
    assert.equal(lockFile(file), null);
    first();
    assert.equal(lockFile(file), null);
    second();
    const alone = lockFile(file);
    assert.ok(alone !== null);
    assert.equal(shareFile(file), null);
    alone();
  });
});
