import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import { isRefusal } from '../../policy/refusal.js';
import { Store } from '../../server/store/store.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';
import {
  ADMIN,
  TemporaryStore,
  customerName,
  domainName,
  parameterName,
} from '../support/temporary-store.js';

const HORATIO = domainName('horatio');
const OPHELIA = domainName('ophelia');
const SUITE = parameterName('install-suite');

describe('store: parameters of boot profiles, by domain', () => {
  let temporary: TemporaryStore;
  let store: TemporaryStore['store'];

  beforeEach(() => {
    // A clock that stands still: the order must not depend on it.
    temporary = new TemporaryStore({ clock: () => new Date('2026-01-01T00:00:00Z') });
    store = temporary.store;
  });

  afterEach(() => {
    temporary.remove();
  });

  const kinds = (): string[] => store.audit.tail().map(({ event }) => event.kind);

  it('are set, changed and taken away, each of which the log records once', () => {
    store.parameters.set(HORATIO, { [SUITE]: 'bookworm' }, ADMIN);
    store.parameters.set(HORATIO, { [SUITE]: 'bookworm' }, ADMIN);
    store.parameters.set(HORATIO, { [SUITE]: 'trixie', [parameterName('mirror')]: 'deb.example.net' }, ADMIN);
    store.parameters.set(OPHELIA, { [SUITE]: 'sid' }, ADMIN);
    assert.deepEqual(store.parameters.values(HORATIO), {
      'install-suite': 'trixie',
      mirror: 'deb.example.net',
    });
    assert.deepEqual(store.audit.tail().at(-1)?.event, {
      kind: 'domain.parameter.set',
      actor: ADMIN,
      domain: 'ophelia',
      parameter: 'install-suite',
      value: 'sid',
    });
    store.parameters.unset(HORATIO, [SUITE, SUITE], ADMIN);
    assert.deepEqual(store.parameters.values(HORATIO), { mirror: 'deb.example.net' });
    assert.deepEqual(store.parameters.values(OPHELIA), { 'install-suite': 'sid' });
    const set = 'domain.parameter.set';
    assert.deepEqual(kinds(), [set, set, set, set, 'domain.parameter.unset']);
  });

  it('are taken away all or none', () => {
    store.parameters.set(HORATIO, { [SUITE]: 'trixie' }, ADMIN);
    const refused = store.parameters.unset(HORATIO, [SUITE, parameterName('mirror')], ADMIN);
    assert.ok(isRefusal(refused));
    assert.deepEqual(store.parameters.values(HORATIO), { 'install-suite': 'trixie' });
    assert.deepEqual(kinds(), ['domain.parameter.set']);
  });

  it('are not more than 32', () => {
    for (let at = 0; at < 32; at += 1)
      store.parameters.set(HORATIO, { [parameterName(`p${at}`)]: 'x' }, ADMIN);
    const refused = store.parameters.set(HORATIO, { [SUITE]: 'x' }, ADMIN);
    assert.ok(isRefusal(refused) && refused.code === 'limit-reached');
    assert.ok(!isRefusal(store.parameters.set(HORATIO, { [parameterName('p7')]: 'y' }, ADMIN)));
    assert.equal(store.parameters.of(HORATIO).length, 32);
  });

  it('do not count for the next domain of the name, until they are set anew or it is adopted', () => {
    store.domains.seen([HORATIO]);
    store.parameters.set(HORATIO, { [SUITE]: 'trixie', [parameterName('url')]: 'http://alice/p' }, ADMIN);
    store.domains.gone(HORATIO);
    store.domains.seen([HORATIO]);
    assert.deepEqual(store.parameters.values(HORATIO), {});
    store.parameters.set(HORATIO, { [SUITE]: 'trixie' }, ADMIN);
    assert.deepEqual(store.parameters.values(HORATIO), { 'install-suite': 'trixie' });
    assert.deepEqual(
      store.parameters.of(HORATIO).map(({ name, counts }) => [name, counts]),
      [
        ['install-suite', true],
        ['url', false],
      ],
    );
    store.domains.adopt(HORATIO, ADMIN);
    assert.deepEqual(store.parameters.values(HORATIO), { 'install-suite': 'trixie', url: 'http://alice/p' });
  });
});

describe('store: a database of schema 1', () => {
  /** Written by the last Postern version without parameters. */
  const RECORDED = fileURLToPath(new URL('../../../test/fixtures/store/schema-1.sql', import.meta.url));

  it('opens, keeps every row, and takes parameters', () => {
    const directory = new TemporaryDirectory();
    try {
      chmodSync(directory.path, 0o700);
      const file = directory.write('postern.db', '');
      const old = new Sqlite(file);
      old.exec(readFileSync(RECORDED, 'utf8'));
      const tables = ['customer', 'key', 'domain', 'role', 'preference', 'audit'];
      // Compare only the old columns: later ones were added.
      const columns = tables.map((table) =>
        old
          .prepare<[string], { name: string }>('SELECT name FROM pragma_table_info(?)')
          .all(table)
          .map(({ name }) => name)
          .join(', '),
      );
      const rows = (database: Sqlite.Database): unknown =>
        tables.map((table, at) => database.prepare(`SELECT ${columns[at]} FROM ${table}`).all());
      const before = rows(old);
      assert.equal(old.pragma('user_version', { simple: true }), 1);
      old.close();
      chmodSync(file, 0o600);

      const store = Store.open(file);
      assert.deepEqual(store.parameters.values(HORATIO), {});
      assert.equal(store.roles.find(customerName('alice'), HORATIO)?.counts, true);
      assert.equal(store.roles.find(customerName('bob'), OPHELIA)?.counts, false);
      assert.deepEqual([store.audit.verify().findings, store.audit.head().seq], [[], 9]);
      store.close();
      const now = new Sqlite(file);
      assert.deepEqual(rows(now), before);
      assert.ok((now.pragma('user_version', { simple: true }) as number) > 1);
      now.close();

      const again = Store.open(file);
      again.parameters.set(HORATIO, { [SUITE]: 'trixie' }, ADMIN);
      assert.deepEqual(again.parameters.values(HORATIO), { 'install-suite': 'trixie' });
      assert.deepEqual(again.audit.verify().findings, []);
      again.close();
    } finally {
      directory.dispose();
    }
  });
});
