import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import type { Declaration } from '../../server/store/declaration.js';
import { APPLICATION_ID, MIGRATIONS } from '../../server/store/migrations.js';
import { AuditUnavailableError } from '../../server/store/store-error.js';
import { Store } from '../../server/store/store.js';
import { ADMIN, TemporaryStore, customerName, domainName } from '../support/temporary-store.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';

/** So many customers with a role each. */
function declaring(count: number): Declaration {
  return {
    customers: Array.from({ length: count }, (_, at) => ({
      customer: customerName(`c${at}`),
      suspended: false,
      keys: [],
      roles: [{ domain: domainName(`d${at}`), role: 'owner' as const, until: null, at }],
      file: '/etc/customers.yaml',
      at,
    })),
    parameters: [],
    authorities: [],
  };
}

const SCOPE = { files: ['/etc/customers.yaml'], directory: null, customers: null, domains: null };
const OPTIONS = {
  source: 'test',
  scope: SCOPE,
  write: true,
  prune: false,
  many: false,
  take: false,
  maxKeys: () => 9,
};

describe('store: declarations', () => {
  it('on a full disk change nothing, and a look still works', () => {
    const temporary = new TemporaryStore({ maximumPages: 90 });
    const { store } = temporary;
    try {
      const heard: string[] = [];
      store.audit.onAppend(({ event }) => heard.push(event.kind));
      assert.throws(() => store.declarations.apply(declaring(2000), ADMIN, OPTIONS), AuditUnavailableError);
      assert.deepEqual([store.customers.list(), store.audit.head().seq, heard], [[], 0, []]);
      const look = store.declarations.apply(declaring(3), ADMIN, { ...OPTIONS, write: false });
      assert.deepEqual([look.changes.length, look.applied, store.customers.list()], [6, false, []]);
      assert.equal(store.declarations.apply(declaring(3), ADMIN, OPTIONS).applied, true);
      assert.equal(store.audit.verify().findings.length, 0);
    } finally {
      temporary.remove();
    }
  });

  it('more changes than the gate can do without being missed are refused, at the place where it is too much', () => {
    const temporary = new TemporaryStore();
    const { store } = temporary;
    try {
      const apply = (count: number) =>
        store.declarations.apply(declaring(count), ADMIN, { ...OPTIONS, mostChanges: 10 });
      const { applied, objections } = apply(7);
      assert.deepEqual([applied, objections.map(({ at }) => at)], [false, [5]]);
      assert.match(objections[0]?.sentence ?? '', /up to here there are 10 changes, the most at once/);
      assert.deepEqual(store.customers.list(), []);
      assert.equal(apply(5).applied, true);
      assert.equal(apply(7).applied, true, 'the rest after them');
    } finally {
      temporary.remove();
    }
  });

  it('a fault in the midst changes nothing, and the next apply does all of it', () => {
    const temporary = new TemporaryStore();
    const { store } = temporary;
    try {
      let count = 0;
      const maxKeys = (): number => {
        count += 1;
        if (count === 3) throw new Error('a fault');
        return 9;
      };
      const { customers, ...rest } = declaring(5);
      const withKeys = {
        ...rest,
        customers: customers.map((one, at) => ({
          ...one,
          keys: [
            {
              fingerprint: `SHA256:${String(at).repeat(43)}` as never,
              type: 't',
              blob: Buffer.from([at]),
              comment: '',
              expiresAt: null,
              own: false,
              at,
            },
          ],
        })),
      };
      assert.throws(() => store.declarations.apply(withKeys, ADMIN, { ...OPTIONS, maxKeys }), /a fault/);
      assert.deepEqual([store.customers.list(), store.audit.head().seq], [[], 0]);
      assert.equal(store.declarations.apply(withKeys, ADMIN, { ...OPTIONS, maxKeys }).changes.length, 15);
    } finally {
      temporary.remove();
    }
  });

  it('a database from before knows which keys customers added, and declares nothing', () => {
    const directory = new TemporaryDirectory();
    const file = directory.file('old.db');
    const old = new Sqlite(file);
    chmodSync(file, 0o600);
    const before = MIGRATIONS.findIndex((text) => text.includes('ADD COLUMN declared'));
    for (const migration of MIGRATIONS.slice(0, before)) old.exec(migration);
    old.pragma(`application_id = ${APPLICATION_ID}`);
    old.pragma(`user_version = ${before}`);
    old.exec(`INSERT INTO customer (id, name, since, named_seq) VALUES (1, 'alice', '2026', 1)`);
    const key = old.prepare(
      `INSERT INTO key (customer, fingerprint, type, blob, comment, added_at) VALUES (1, ?, 't', x'00', '', '2026')`,
    );
    const row = old.prepare(
      `INSERT INTO audit (seq, at, kind, customer, record, prev, hash) VALUES (?, '2026', 'key.added', 'alice', ?, '', '')`,
    );
    const actors = { own: { customer: 'alice', fingerprint: 'x' }, given: { admin: 'ada' } };
    for (const [at, [fingerprint, actor]] of Object.entries(actors).entries()) {
      key.run(fingerprint);
      row.run(
        at + 1,
        JSON.stringify({ event: { kind: 'key.added', actor, customer: 'alice', fingerprint } }),
      );
    }
    key.run('unknown');
    old.close();
    const store = Store.open(file);
    assert.deepEqual(
      store.keys
        .list(customerName('alice'))
        .map(({ fingerprint, own, declared }) => [fingerprint, own, declared]),
      [
        ['given', false, null],
        ['own', true, null],
        ['unknown', false, null],
      ],
    );
    assert.equal(store.customers.find(customerName('alice'))?.declared, null);
    store.close();
    directory.dispose();
  });
});
