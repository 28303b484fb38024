import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import type { AuditEvent } from '../../server/store/audit-event.js';
import { AuditUnavailableError } from '../../server/store/store-error.js';
import { Store } from '../../server/store/store.js';
import {
  ADMIN,
  customerActor,
  customerName,
  fingerprint,
  TemporaryStore,
} from '../support/temporary-store.js';

const ALICE = customerName('alice');
const KEY = fingerprint('a');

function closed(seconds: number): AuditEvent {
  return { kind: 'connection.closed', actor: customerActor(ALICE, KEY), seconds };
}

describe('store: rows that are written at the end of the turn', () => {
  const statements: string[] = [];
  let temporary: TemporaryStore;
  let store: Store;

  beforeEach(() => {
    temporary = new TemporaryStore({ trace: (sql) => statements.push(sql) });
    store = temporary.store;
    store.customers.add(ALICE, ADMIN);
    statements.length = 0;
  });

  afterEach(() => {
    temporary.remove();
  });

  /** What another process can read: only what was committed. */
  function committed(): number {
    const other = new Sqlite(temporary.file, { readonly: true });
    try {
      return other
        .prepare("SELECT count(*) FROM audit WHERE kind = 'connection.closed'")
        .pluck()
        .get() as number;
    } finally {
      other.close();
    }
  }

  it('wait for the disk once for a hundred of one turn', async () => {
    await Promise.all(Array.from({ length: 100 }, (_, at) => store.audit.appendSoon(closed(at))));
    assert.equal(statements.filter((sql) => sql.startsWith('BEGIN')).length, 1);
    assert.equal(statements.filter((sql) => sql === 'COMMIT').length, 1);
    const seconds = store.audit
      .tail({ limit: 100 })
      .map(({ event }) => (event as { seconds?: number }).seconds);
    assert.deepEqual(
      seconds,
      Array.from({ length: 100 }, (_, at) => at),
    );
    assert.deepEqual(store.audit.verify().findings, []);
  });

  it('are there for every other process when their promise settles, and not before', async () => {
    const written = store.audit.appendSoon(closed(1));
    assert.equal(committed(), 0);
    await written;
    assert.equal(committed(), 1);
  });

  it('take those along that may wait longer, in their order, and those come by themselves too', async () => {
    const later = store.audit.appendLater(closed(1));
    await store.audit.appendSoon(closed(2));
    await later;
    assert.equal(statements.filter((sql) => sql === 'COMMIT').length, 1);
    await Promise.all([store.audit.appendLater(closed(3)), store.audit.appendLater(closed(4))]);
    assert.equal(statements.filter((sql) => sql === 'COMMIT').length, 2);
    assert.deepEqual(
      store.audit.tail({ limit: 4 }).map(({ event }) => event),
      [closed(1), closed(2), closed(3), closed(4)],
    );
  });

  it('come before whatever is written or read later in the turn', () => {
    void store.audit.appendSoon(closed(1));
    assert.equal(store.audit.tail().at(-1)?.event.kind, 'connection.closed');
    void store.audit.appendSoon(closed(2));
    const { seq } = store.audit.append({ kind: 'gate.stopped', reason: 'the end' });
    assert.deepEqual(
      store.audit.tail({ fromSeq: seq - 2 }).map(({ event }) => event),
      [closed(1), closed(2), { kind: 'gate.stopped', reason: 'the end' }],
    );
    void store.audit.appendSoon(closed(3));
    assert.equal(store.audit.head().seq, seq + 1);
    void store.keyUse.touch(ALICE, KEY);
    void store.audit.appendSoon(closed(4));
    store.audit.together(
      () => store.audit.append(closed(5)),
      () => false,
    );
    assert.deepEqual(
      store.audit.tail().at(-1)?.event,
      closed(4),
      'what is taken back takes nothing else along',
    );
  });

  it('of which one cannot be written do not take the others along', async () => {
    const bad = store.audit.soon((append) => {
      append(closed(2));
      throw new TypeError('a fault');
    });
    const good = [store.audit.appendSoon(closed(1)), bad, store.audit.appendSoon(closed(3))];
    const outcomes = await Promise.allSettled(good);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    await assert.rejects(bad, TypeError);
    assert.deepEqual(
      store.audit.tail({ limit: 2 }).map(({ event }) => event),
      [closed(1), closed(3)],
    );
    assert.deepEqual(store.audit.verify().findings, []);
  });

  it('are written when the store is closed or copied in the same turn', async () => {
    void store.audit.appendSoon(closed(1));
    await store.backup(`${temporary.file}.copy`);
    const copy = Store.open(`${temporary.file}.copy`);
    assert.deepEqual(copy.audit.tail().at(-1)?.event, closed(1));
    copy.close();
    void store.audit.appendSoon(closed(2));
    store.close();
    assert.equal(committed(), 2);
  });

  it('are all refused on a full disk, and the next ones are written when there is room', async () => {
    const page = temporary.store.audit.head().seq;
    store.close();
    const full = Store.open(temporary.file, { maximumPages: 1 });
    try {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 600 }, (_, at) => full.audit.appendSoon(closed(at))),
      );
      const refused = outcomes.filter(({ status }) => status === 'rejected');
      assert.ok(refused.length > 0);
      for (const outcome of refused)
        assert.ok(outcome.status === 'rejected' && outcome.reason instanceof AuditUnavailableError);
      assert.deepEqual(full.audit.verify().findings, []);
      assert.equal(full.audit.head().seq, page + outcomes.length - refused.length);
    } finally {
      full.close();
    }
    const again = Store.open(temporary.file);
    await again.audit.appendSoon(closed(1));
    assert.deepEqual(again.audit.verify().findings, []);
    again.close();
  });

  it('wait for the end of a transaction in which they are added, whatever is asked of the log meanwhile', async () => {
    const later: Promise<void>[] = [];
    const bob = customerName('bob');
    store.audit.together(
      () => {
        later.push(store.audit.appendSoon(closed(1)), store.audit.appendLater(closed(2)));
        store.audit.head();
        store.audit.tail();
        store.keys.list(ALICE);
        store.customers.add(bob, ADMIN);
      },
      () => true,
    );
    store.audit.transact((append) => {
      later.push(store.audit.appendSoon(closed(3)));
      append({ kind: 'customer.suspended', actor: ADMIN, customer: ALICE, reason: null });
      store.audit.has('none', 'operation.ended');
    });
    // Before: refused, as a store method that was called inside another one.
    await Promise.all(later);
    assert.deepEqual(
      store.audit
        .tail()
        .slice(-5)
        .map(({ event }) => [event.kind, (event as { seconds?: number }).seconds]),
      [
        ['customer.added', undefined],
        ['connection.closed', 1],
        ['connection.closed', 2],
        ['customer.suspended', undefined],
        ['connection.closed', 3],
      ],
    );
    assert.deepEqual(store.audit.verify().findings, []);
  });
});
