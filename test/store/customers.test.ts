import assert from 'node:assert/strict';
import { isRefusal } from '../../policy/refusal.js';
import type { Refusal } from '../../policy/refusal.js';
import {
  ADMIN,
  TemporaryStore,
  customerActor,
  customerName,
  domainName,
  fingerprint,
} from '../support/temporary-store.js';

const ALICE = customerName('alice');
const BOB = customerName('bob');
const HORATIO = domainName('horatio');
const K1 = fingerprint('a');
const K2 = fingerprint('b');

function code(value: unknown): string {
  return isRefusal(value) ? value.code : 'none';
}

function key(customer: typeof ALICE, print: typeof K1, comment = '') {
  return { customer, fingerprint: print, type: 'ssh-ed25519', blob: Buffer.from(print), comment };
}

describe('store: customers, keys, roles', () => {
  let temporary: TemporaryStore;
  let store: TemporaryStore['store'];

  beforeEach(() => {
    temporary = new TemporaryStore();
    store = temporary.store;
    store.customers.add(ALICE, ADMIN);
  });

  afterEach(() => {
    temporary.remove();
  });

  const kinds = (): string[] => store.audit.tail().map((row) => row.event.kind);

  it('adds a customer once', () => {
    assert.equal(code(store.customers.add(ALICE, ADMIN)), 'name-reserved');
    assert.deepEqual(
      store.customers.list().map(({ name }) => name),
      ['alice'],
    );
    assert.deepEqual(kinds(), ['customer.added'], 'a refusal is no event');
  });

  it('never lets a login name mean two things', () => {
    store.domains.seen([HORATIO]);
    assert.equal(code(store.customers.add(customerName('horatio'), ADMIN)), 'name-reserved');
    store.roles.add(ALICE, domainName('ophelia'), 'owner', ADMIN);
    assert.equal(
      code(store.customers.add(customerName('ophelia'), ADMIN)),
      'name-reserved',
      'a role is enough',
    );
    assert.equal(code(store.roles.add(ALICE, domainName('alice'), 'owner', ADMIN)), 'name-reserved');
    assert.equal(store.customers.list().length, 1);
  });

  it('keeps a name that was given up reserved: its domain may come back', () => {
    store.domains.seen([HORATIO]);
    store.domains.gone(HORATIO);
    assert.equal(code(store.customers.add(customerName('horatio'), ADMIN)), 'name-reserved');
  });

  it('suspends and resumes, each once', () => {
    const suspended = store.customers.suspend(ALICE, 'unpaid', ADMIN);
    assert.ok(!isRefusal(suspended) && suspended.suspendedAt !== null);
    assert.deepEqual(store.customers.suspend(ALICE, 'again', ADMIN), suspended);
    assert.equal(store.customers.find(ALICE)?.suspendedAt, suspended.suspendedAt);
    const resumed = store.customers.resume(ALICE, ADMIN);
    assert.ok(!isRefusal(resumed) && resumed.suspendedAt === null);
    store.customers.resume(ALICE, ADMIN);
    assert.deepEqual(kinds(), ['customer.added', 'customer.suspended', 'customer.resumed']);
    assert.equal(code(store.customers.suspend(BOB, null, ADMIN)), 'no-such-customer');
  });

  it('renames with keys, roles and preferences, and to no name that means something else', () => {
    store.keys.add(key(ALICE, K1), ADMIN, 9);
    store.roles.add(ALICE, HORATIO, 'owner', ADMIN);
    store.preferences.setEscape(ALICE, '^A');
    store.customers.add(customerName('carol'), ADMIN);
    store.domains.seen([domainName('yorick')]);
    for (const taken of ['alice', 'carol', 'horatio', 'yorick'])
      assert.equal(code(store.customers.rename(ALICE, customerName(taken), ADMIN)), 'name-reserved', taken);
    assert.equal(code(store.customers.rename(BOB, customerName('dave'), ADMIN)), 'no-such-customer');
    const renamed = store.customers.rename(ALICE, BOB, ADMIN);
    assert.ok(!isRefusal(renamed));
    assert.deepEqual(store.customers.find(BOB), renamed);
    assert.ok(renamed.namedAt >= renamed.since);
    assert.equal(store.customers.find(ALICE), undefined);
    assert.deepEqual(
      [store.keys.list(BOB).length, store.roles.of(BOB)[0]?.role, store.preferences.get(BOB).escape],
      [1, 'owner', '^A'],
    );
    const { event } = store.audit.tail({ customer: ALICE }).at(-1) ?? {};
    assert.deepEqual(event, { kind: 'customer.renamed', actor: ADMIN, customer: 'alice', to: 'bob' });
  });

  it('forgets keys, roles and preferences of who was removed', () => {
    store.keys.add(key(ALICE, K1), ADMIN, 10);
    store.roles.add(ALICE, HORATIO, 'owner', ADMIN);
    store.preferences.set(ALICE, { charset: 'ascii', colour: false });
    store.customers.remove(ALICE, ADMIN);
    assert.deepEqual(kinds().slice(-3), ['role.removed', 'key.removed', 'customer.removed']);
    store.customers.add(ALICE, ADMIN);
    assert.deepEqual(store.keys.list(ALICE), []);
    assert.deepEqual(store.roles.of(ALICE), []);
    assert.deepEqual(store.preferences.get(ALICE), { charset: null, colour: null, escape: null });
    assert.equal(store.logins.find('alice', K1), null);
  });

  it('registers a key that another holds, and neither tells nor changes anything for them', () => {
    store.customers.add(BOB, ADMIN);
    store.keys.add(key(BOB, K1, 'bob at home'), ADMIN, 10);
    void store.keyUse.touch(BOB, K1);
    const before = store.keys.list(BOB);
    const added = store.keys.add(key(ALICE, K1, 'mine'), customerActor(ALICE, K1), 10);
    assert.ok(!isRefusal(added));
    assert.deepEqual(store.keys.list(BOB), before);
    const refused = store.keys.add(key(ALICE, K1), customerActor(ALICE, K1), 10);
    assert.equal(code(refused), 'key-exists');
    store.keys.remove(ALICE, K1, ADMIN, { allowLast: true });
    assert.deepEqual(store.keys.list(BOB), before);
  });

  it('counts keys against the maximum', () => {
    store.keys.add(key(ALICE, K1), ADMIN, 2);
    store.keys.add(key(ALICE, K2), ADMIN, 2);
    assert.equal(code(store.keys.add(key(ALICE, fingerprint('c')), ADMIN, 2)), 'too-many');
    assert.equal(store.keys.list(ALICE).length, 2);
  });

  it('removes the last key only when that is allowed', () => {
    store.keys.add(key(ALICE, K1), ADMIN, 10);
    assert.equal(code(store.keys.remove(ALICE, K2, ADMIN, { allowLast: false })), 'no-such-key');
    assert.equal(code(store.keys.remove(ALICE, K1, ADMIN, { allowLast: false })), 'last-key');
    assert.equal(store.keys.list(ALICE).length, 1);
    assert.ok(!isRefusal(store.keys.remove(ALICE, K1, ADMIN, { allowLast: true })));
    assert.equal(store.keys.list(ALICE).length, 0);
  });

  it('lets old keys expire beside new ones, and leaves who has no other', () => {
    const clock = { now: new Date('2026-01-01T00:00:00.000Z') };
    const at = new TemporaryStore({ clock: () => clock.now });
    try {
      const { keys, oldKeys, customers, audit } = at.store;
      const CAROL = customerName('carol');
      for (const customer of [ALICE, BOB, CAROL]) {
        customers.add(customer, ADMIN);
        keys.add(key(customer, K1), ADMIN, 9);
      }
      clock.now = new Date('2026-06-01T00:00:00.000Z');
      keys.add(key(ALICE, K2), ADMIN, 9);
      keys.add({ ...key(CAROL, K2), expiresAt: '2026-06-15T00:00:00.000Z' }, ADMIN, 9);
      const old = { customers: null, addedBefore: '2026-05-01' };
      const end = '2026-07-01T00:00:00.000Z';
      const first = oldKeys.expire(old, end, ADMIN, { allowLast: false });
      assert.deepEqual(
        first.expiring.map(({ customer, fingerprint: print }) => [customer, print]),
        [['alice', K1]],
      );
      assert.deepEqual(first.left, ['bob', 'carol'], 'who has one that does not last has no other');
      const again = oldKeys.expire(old, end, ADMIN, { allowLast: false });
      assert.deepEqual([again.expiring.length, again.left], [0, ['bob', 'carol']], 'what expires is left so');
      assert.deepEqual(
        oldKeys.expire({ ...old, customers: [BOB] }, end, ADMIN, { allowLast: true }).expiring.length,
        1,
      );
      assert.deepEqual(oldKeys.removeExpired(ADMIN), []);
      clock.now = new Date(end);
      assert.equal(
        code(keys.remove(ALICE, K2, ADMIN, { allowLast: false })),
        'last-key',
        'the others are over',
      );
      const removed = oldKeys
        .removeExpired(ADMIN)
        .map(({ customer, fingerprint: print }) => [customer, print]);
      assert.deepEqual(removed, [
        ['alice', K1],
        ['bob', K1],
        ['carol', K2],
      ]);
      assert.equal(code(keys.setExpiry(ALICE, K1, null, ADMIN)), 'no-such-key');
      assert.equal(audit.verify().findings.length, 0);
      assert.equal(audit.tail().filter(({ event }) => event.kind === 'key.expiry.set').length, 3);
    } finally {
      at.remove();
    }
  });

  it('notes when a key was used', () => {
    store.keys.add(key(ALICE, K1), ADMIN, 10);
    assert.equal(store.keys.list(ALICE)[0]?.lastUsedAt, null);
    void store.keyUse.touch(ALICE, K1);
    assert.match(store.keys.list(ALICE)[0]?.lastUsedAt ?? '', /^\d{4}-\d\d-\d\dT/);
  });

  it('keeps `since` when a role is changed, and begins anew when it is given again', () => {
    let now = '2026-01-01';
    const clocked = new TemporaryStore({ clock: () => new Date(now) });
    try {
      const { roles, customers } = clocked.store;
      customers.add(ALICE, ADMIN);
      now = '2026-01-02';
      roles.add(ALICE, HORATIO, 'watcher', ADMIN);
      now = '2026-01-03';
      roles.add(ALICE, HORATIO, 'owner', ADMIN);
      now = '2026-01-04';
      roles.add(ALICE, HORATIO, 'owner', ADMIN);
      assert.deepEqual(roles.find(ALICE, HORATIO), {
        customer: ALICE,
        domain: HORATIO,
        role: 'owner',
        since: '2026-01-02T00:00:00.000Z',
        sinceSeq: 2,
        until: null,
        declared: null,
        counts: true,
      });
      roles.remove(ALICE, HORATIO, ADMIN);
      now = '2026-01-05';
      roles.add(ALICE, HORATIO, 'owner', ADMIN);
      assert.equal(roles.find(ALICE, HORATIO)?.since, '2026-01-05T00:00:00.000Z');
    } finally {
      clocked.remove();
    }
  });

  it('removes a role, and says when there is none', () => {
    assert.equal(code(store.roles.remove(ALICE, HORATIO, ADMIN)), 'no-such-role');
    store.roles.add(ALICE, HORATIO, 'operator', ADMIN);
    assert.ok(!isRefusal(store.roles.remove(ALICE, HORATIO, ADMIN)));
    assert.deepEqual(store.roles.on(HORATIO), []);
  });

  it('says in a refusal what it is about', () => {
    const refused = store.roles.add(BOB, HORATIO, 'owner', ADMIN) as Refusal;
    assert.equal(refused.code, 'no-such-customer');
    assert.match(refused.message, /bob/);
  });
});
