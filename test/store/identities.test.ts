import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import { isRefusal } from '../../policy/refusal.js';
import { DomainRegistry } from '../../server/gate/hosts/domain-registry.js';
import { MIGRATIONS } from '../../server/store/migrations.js';
import { Store } from '../../server/store/store.js';
import { domainView } from '../support/dom0-stand-in.js';
import { silentLogger } from '../support/silent-logger.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';
import { ADMIN, TemporaryStore, customerName, domainName } from '../support/temporary-store.js';

const ALICE = customerName('alice');
const HORATIO = domainName('horatio');
const OPHELIA = domainName('ophelia');

describe('store: names that no host shows', () => {
  let temporary: TemporaryStore;
  let store: TemporaryStore['store'];

  beforeEach(() => {
    temporary = new TemporaryStore();
    store = temporary.store;
    store.customers.add(ALICE, ADMIN);
    store.domains.seen([HORATIO, OPHELIA]);
    for (const name of [HORATIO, OPHELIA]) store.roles.add(ALICE, name, 'owner', ADMIN);
  });
  afterEach(() => {
    temporary.remove();
  });

  const away = (presence: 'absent' | 'suspected', waiting = false): void => {
    store.domains.settle({
      seen: [],
      identities: [],
      away: [HORATIO, OPHELIA].map((name) => ({ name, presence, absentMs: 1000 })),
      waiting: waiting ? [HORATIO, OPHELIA] : [],
      held: [],
      retired: [],
    });
  };
  const counts = (): boolean[] =>
    [HORATIO, OPHELIA].map((name) => store.roles.find(ALICE, name)?.counts === true);

  it('are retired by an admin, all or none, and never one that is shown', () => {
    const shown = store.domains.retire([HORATIO], ADMIN);
    assert.ok(isRefusal(shown) && shown.code === 'wrong-state');
    away('suspected', true);
    assert.deepEqual(counts(), [true, true], 'nobody is out while they wait');
    const unknown = store.domains.retire([HORATIO, domainName('yorick')], ADMIN);
    assert.ok(isRefusal(unknown) && unknown.code === 'no-such-domain');
    assert.deepEqual(counts(), [true, true]);
    const retired = store.domains.retire([HORATIO, OPHELIA], ADMIN);
    assert.ok(!isRefusal(retired) && retired.every((one) => one.retiredWhy === 'admin' && !one.waiting));
    assert.deepEqual(counts(), [false, false]);
    assert.deepEqual(
      store.audit
        .tail()
        .slice(-2)
        .map(({ event }) => [event.kind, 'actor' in event && event.actor]),
      [
        ['domain.retired', ADMIN],
        ['domain.retired', ADMIN],
      ],
    );
  });

  it('are kept by an admin, until they are seen again', () => {
    away('suspected', true);
    assert.ok(!isRefusal(store.domains.keep([HORATIO], ADMIN)));
    assert.deepEqual(
      store.domains.list().map(({ name, kept, waiting }) => [name, kept, waiting]),
      [
        ['horatio', true, false],
        ['ophelia', false, true],
      ],
    );
    store.domains.seen([HORATIO, OPHELIA]);
    assert.ok(
      store.domains
        .list()
        .every(({ kept, waiting, presence }) => !kept && !waiting && presence === 'present'),
    );
    assert.ok(isRefusal(store.domains.keep([HORATIO], ADMIN)), 'a host shows it');
  });
});

describe('store: the databases of earlier versions', () => {
  let directory: TemporaryDirectory;
  beforeEach(() => {
    directory = new TemporaryDirectory();
    chmodSync(directory.path, 0o700);
  });
  afterEach(() => {
    directory.dispose();
  });

  const RECORDED = fileURLToPath(new URL('../../../test/fixtures/store/schema-1.sql', import.meta.url));
  /** The last schema version without identities. */
  const BEFORE = 8;

  function database(prepare: (old: Sqlite.Database) => void): Store {
    const file = directory.write('postern.db', '');
    const old = new Sqlite(file);
    prepare(old);
    old.close();
    chmodSync(file, 0o600);
    return Store.open(file);
  }

  /** An upgraded gate hears a dom0 half that has run for long, or was just installed. */
  function hears(store: Store, since: string | null): void {
    const times = { graceMs: 600_000, monotonic: () => 0, clock: () => new Date() };
    const view = (name: typeof HORATIO) => domainView(name, 'off', { configured: { uuid: null, since } });
    const domains = new Map([[HORATIO, view(HORATIO)]]);
    const xen1 = { name: 'xen1', reachable: true, domains, names: { others: [], missing: [], gone: [] } };
    new DomainRegistry(store.domains, times, silentLogger).review([xen1]);
  }

  for (const since of [null, '2026-11-01T00:00:00.000Z']) {
    it(`leave every customer their domains (since ${since ?? 'before the memory'})`, () => {
      const store = database((old) => {
        old.exec(readFileSync(RECORDED, 'utf8'));
      });
      hears(store, since);
      assert.equal(store.roles.find(ALICE, HORATIO)?.counts, true);
      assert.equal(store.roles.find(customerName('bob'), OPHELIA)?.counts, false, 'retired stays retired');
      assert.deepEqual(
        store.customers.list().map(({ name, namedSeq }) => [name, namedSeq]),
        [
          ['alice', 1],
          ['bob', 2],
        ],
      );
      assert.deepEqual(store.audit.verify().findings, []);
      store.close();
    });

    it(`know from their sightings where a domain was (since ${since ?? 'before the memory'})`, () => {
      const store = database((old) => {
        old.exec(readFileSync(RECORDED, 'utf8'));
        for (const migration of MIGRATIONS.slice(1, BEFORE)) old.exec(migration);
        old.exec(`INSERT INTO host VALUES ('xen1', '/x'); INSERT INTO sighting VALUES ('xen1', 'horatio')`);
        old.pragma(`user_version = ${BEFORE}`);
      });
      assert.deepEqual(
        store.domains.identities().map(({ domain, host, told, present }) => [domain, host, told, present]),
        [['horatio', 'xen1', false, true]],
      );
      assert.equal(
        store.lastObservations.of({ name: 'xen1', socket: '/x' })?.guests,
        null,
        'what else ran there is not known',
      );
      hears(store, since);
      assert.equal(store.roles.find(ALICE, HORATIO)?.counts, true);
      store.close();
    });
  }
});
