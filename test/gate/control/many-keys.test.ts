import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import type { Fingerprint } from '../../../policy/names.js';
import { isRefusal } from '../../../policy/refusal.js';
import { Administration } from '../../../server/gate/control/administration.js';
import type { KeysExpiring, KeyView } from '../../../server/gate/control/key-answers.js';
import type { RouteAnswer } from '../../../server/gate/control/route.js';
import type { Key } from '../../../server/store/records.js';
import { Store } from '../../../server/store/store.js';
import { ALLOW_ALL } from '../../support/gate-inside.js';
import { ADMIN, customerName, TemporaryStore } from '../../support/temporary-store.js';

const CUSTOMERS = 600;
const BEFORE = '2999-01-01T00:00:00.000Z';
const END = '2999-06-01T00:00:00.000Z';

describe('a great many keys', () => {
  let temporary: TemporaryStore;
  let store: Store;
  let statements: string[];

  beforeEach(() => {
    statements = [];
    temporary = new TemporaryStore({ trace: (sql) => statements.push(sql) });
    store = temporary.store;
    const wanted = Array.from({ length: CUSTOMERS }, (_, index) => ({
      customer: customerName(`c${String(index).padStart(4, '0')}`),
      keys: [0, 1].map((each) => ({
        fingerprint: `SHA256:${index}-${each}` as Fingerprint,
        type: 'ssh-ed25519',
        blob: Buffer.from('k'),
        comment: '',
      })),
      roles: [],
      same: false,
    }));
    assert.ok(store.imports.run(wanted, ADMIN, { apply: true, maxKeys: () => 9 }).applied);
    statements = [];
  });
  afterEach(() => {
    temporary.remove();
  });

  function ask(path: string, given: object, of = store): Promise<RouteAnswer> {
    const settings = {
      state: temporary.directory,
      keys: { perCustomer: 9, rsaMinimumBits: 2048 },
      certificates: { revokedKeys: null },
      recordings: { directory: temporary.directory, days: 1, totalMiB: 1 },
    };
    const administration = Administration.ofDatabase(
      of,
      settings,
      [],
      () => ALLOW_ALL,
      () => ALLOW_ALL,
      () => {
        throw new Error('nobody asks for host keys');
      },
    );
    const { signal } = new AbortController();
    return administration.answer({ method: 'POST', path, given: { ...given }, actor: ADMIN, signal });
  }

  const transactions = (): number => statements.filter((sql) => /^BEGIN/i.test(sql)).length;

  /** How often other work had a turn meanwhile. */
  async function turnsDuring(work: Promise<unknown>): Promise<number> {
    let turns = 0;
    let over = false;
    const count = (): void => {
      if (over) return;
      turns += 1;
      setImmediate(count);
    };
    setImmediate(count);
    await work;
    over = true;
    return turns;
  }

  it('expire and go in transactions of fifty, and sessions have a turn between them', async () => {
    const expire = ask('/keys/expire', { addedBefore: BEFORE, at: END, allowLast: true });
    const turns = await turnsDuring(expire);
    const { keys, left } = (await expire) as KeysExpiring;
    assert.deepEqual([keys.length, left.length], [2 * CUSTOMERS, 0]);
    assert.equal(transactions(), (2 * CUSTOMERS) / 50);
    // The first transactions are done before the counting begins.
    assert.ok(turns >= transactions() - 4, `${turns} turns`);
    assert.ok(store.keys.all().every(({ expiresAt }) => expiresAt === END));

    const again = (await ask('/keys/expire', {
      addedBefore: BEFORE,
      at: END,
      allowLast: true,
    })) as KeysExpiring;
    assert.equal(again.keys.length, 0, 'the same said again changes nothing');

    for (const { customer, fingerprint } of store.keys.all().slice(0, 130))
      store.keys.setExpiry(customer, fingerprint, '2020-01-01T00:00:00.000Z', ADMIN);
    statements = [];
    const { keys: gone } = (await ask('/keys/prune', {})) as { keys: readonly KeyView[] };
    assert.equal(gone.length, 130);
    assert.equal(transactions(), 3);
    assert.equal(store.keys.all().length, 2 * CUSTOMERS - 130);
  });

  it('cost each the same, however many there are', () => {
    const cost = (customers: number): number => {
      statements = [];
      const names = Array.from({ length: customers }, (_, index) =>
        customerName(`c${String(index).padStart(4, '0')}`),
      );
      const end = `2999-06-01T00:00:00.${String(customers).padStart(3, '0')}Z`;
      const { expiring } = store.oldKeys.expire({ customers: names, addedBefore: BEFORE }, end, ADMIN, {
        allowLast: true,
      });
      assert.equal(expiring.length, 2 * customers);
      return statements.length;
    };
    const [few, many] = [cost(500), cost(50)];
    assert.ok(few < 10.5 * many && few > 9.5 * many, `${many} statements for 50, ${few} for 500`);
  });

  it('that have expired are found by an index', () => {
    const sqlite = new Sqlite(temporary.file, { readonly: true });
    const plan = sqlite
      .prepare(
        'EXPLAIN QUERY PLAN SELECT fingerprint FROM key WHERE expires_at <= ? ORDER BY expires_at LIMIT 50',
      )
      .all('2020') as { detail: string }[];
    sqlite.close();
    assert.match(plan[0]?.detail ?? '', /USING .*INDEX key_expiry/);
  });

  it('are all told of when the disk is full midway, and the rest follows when the same is said again', async () => {
    store.close();
    const pages = statSync(temporary.file).size / 4096;
    const full = Store.open(temporary.file, { maximumPages: pages + 60 });
    const no = await ask('/keys/expire', { addedBefore: BEFORE, at: END, allowLast: true }, full);
    assert.ok(isRefusal(no));
    assert.equal(no.code, 'audit-unavailable');
    const ends = (of: Store): number => of.keys.all().filter((key: Key) => key.expiresAt === END).length;
    const done = Number(
      /^(\d+) keys have got their end, and then .*say the same again for the rest$/.exec(no.message)?.[1],
    );
    assert.equal(done, ends(full));
    assert.ok(done >= 50 && done < 2 * CUSTOMERS && done % 50 === 0, `${done}`);
    full.close();
    store = Store.open(temporary.file);
    const { keys } = (await ask('/keys/expire', {
      addedBefore: BEFORE,
      at: END,
      allowLast: true,
    })) as KeysExpiring;
    assert.equal(keys.length, 2 * CUSTOMERS - done);
    assert.equal(ends(store), 2 * CUSTOMERS);
    assert.ok(store.audit.verify().ok);
    store.close();
  });
});
