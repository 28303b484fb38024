import assert from 'node:assert/strict';
import { customerName, TemporaryStore } from '../support/temporary-store.js';

const MINUTE = 60_000;

describe('store: rows of the audit log since a time', () => {
  let temporary: TemporaryStore;
  let now: number;
  beforeEach(() => {
    now = Date.parse('2026-11-30T12:00:00Z');
    temporary = new TemporaryStore({ clock: () => new Date(now) });
  });
  afterEach(() => {
    temporary.remove();
  });

  /** Writes rows, one a minute. Their reasons tell them apart. */
  function rows(count: number, name: string): void {
    const { audit } = temporary.store;
    audit.together(
      () => {
        for (let at = 0; at < count; at += 1) {
          now += MINUTE;
          audit.append({ kind: 'gate.stopped', reason: `${name}${at}` });
        }
      },
      () => true,
    );
  }

  function reasons(query: Parameters<TemporaryStore['store']['audit']['tail']>[0]): readonly string[] {
    return temporary.store.audit
      .tail(query)
      .flatMap(({ event }) => (event.kind === 'gate.stopped' ? [String(event.reason)] : []));
  }

  it('are those at or after it, the last ones of them, oldest first', () => {
    rows(20, 'a');
    const since = new Date(now - 4 * MINUTE).toISOString();
    assert.deepEqual(reasons({ since }), ['a15', 'a16', 'a17', 'a18', 'a19']);
    assert.deepEqual(reasons({ since, limit: 2 }), ['a18', 'a19']);
    assert.deepEqual(reasons({ since: '2027-01-01T00:00:00.000Z' }), []);
    assert.deepEqual(reasons({ since, after: 18, limit: 1 }), ['a18']);
    assert.deepEqual(reasons({ since, customer: customerName('alice') }), []);
  });

  it('are all there when the clock has gone back', () => {
    rows(3, 'a');
    const since = new Date(now).toISOString();
    now += 10 * MINUTE;
    rows(2, 'b');
    now -= 60 * MINUTE;
    rows(2, 'c');
    now += 120 * MINUTE;
    rows(1, 'd');
    assert.deepEqual(reasons({ since }), ['a2', 'b0', 'b1', 'd0']);
    assert.deepEqual(reasons({ since, limit: 2 }), ['b1', 'd0']);
  });

  it('are the last ones also of very many', () => {
    const since = new Date(now + MINUTE).toISOString();
    rows(10_050, 'a');
    assert.deepEqual(reasons({ since, limit: 2 }), ['a10048', 'a10049']);
    const late = new Date(now - MINUTE).toISOString();
    assert.deepEqual(reasons({ since: late }), ['a10048', 'a10049']);
  });
});
