import assert from 'node:assert/strict';
import { isRefusal } from '../../policy/refusal.js';
import { ADMIN, TemporaryStore, customerName, domainName, fingerprint } from '../support/temporary-store.js';

const ALICE = customerName('alice');
const BOB = customerName('bob');
const HORATIO = domainName('horatio');
const KEY = fingerprint('a');

describe('store: a domain name that is given up and used again', () => {
  let temporary: TemporaryStore;
  let store: TemporaryStore['store'];

  beforeEach(() => {
    // A clock that stands still: the order must not depend on it.
    temporary = new TemporaryStore({ clock: () => new Date('2026-01-01T00:00:00Z') });
    store = temporary.store;
    store.customers.add(ALICE, ADMIN);
    store.customers.add(BOB, ADMIN);
    store.domains.seen([HORATIO]);
    store.roles.add(ALICE, HORATIO, 'owner', ADMIN);
    store.keys.add(
      { customer: ALICE, fingerprint: KEY, type: 't', blob: Buffer.from('k'), comment: '' },
      ADMIN,
      9,
    );
  });

  afterEach(() => {
    temporary.remove();
  });

  const counting = (): string[] =>
    store.roles
      .on(HORATIO)
      .filter(({ counts }) => counts)
      .map(({ customer }) => customer);

  it('stops old roles from counting, by menu and by login name', () => {
    assert.equal(store.logins.find('horatio', KEY)?.customer, 'alice');
    assert.deepEqual(store.holders.rolesHeld(ALICE), ['owner']);
    assert.equal(store.domains.gone(HORATIO), true);
    assert.deepEqual(counting(), []);
    assert.deepEqual(store.holders.rolesHeld(ALICE), []);
    assert.equal(store.logins.find('horatio', KEY), null);
    store.domains.seen([HORATIO]);
    assert.deepEqual(counting(), [], 'its return alone gives nothing back');
  });

  it('lets a role given after the retirement count, and only that', () => {
    store.domains.gone(HORATIO);
    store.roles.add(BOB, HORATIO, 'owner', ADMIN);
    assert.deepEqual(counting(), ['bob']);
    store.domains.seen([HORATIO]);
    store.roles.add(ALICE, HORATIO, 'watcher', ADMIN);
    assert.deepEqual(counting(), ['alice', 'bob']);
  });

  it('gives the old roles back when an admin adopts the name', () => {
    store.domains.gone(HORATIO);
    const early = store.domains.adopt(HORATIO, ADMIN);
    assert.ok(isRefusal(early) && early.code === 'wrong-state', 'not while nobody knows which it will be');
    assert.deepEqual(counting(), []);
    store.domains.seen([HORATIO]);
    const adopted = store.domains.adopt(HORATIO, ADMIN);
    assert.ok(!isRefusal(adopted) && adopted.retiredAt === null);
    assert.deepEqual(counting(), ['alice']);
    assert.equal(store.audit.tail({ domain: HORATIO }).at(-1)?.event.kind, 'domain.adopted');
  });

  it('adopts nothing while the name is away and not yet retired: it would seem adopted, and be retired after that', () => {
    const away = { name: HORATIO, presence: 'suspected' as const, absentMs: 0 };
    const nothing = { seen: [], identities: [], away: [], waiting: [], held: [], retired: [] };
    store.domains.settle({ ...nothing, away: [away] });
    const refused = store.domains.adopt(HORATIO, ADMIN);
    assert.ok(isRefusal(refused) && refused.code === 'wrong-state');
    store.domains.settle({ ...nothing, seen: [HORATIO] });
    assert.ok(!isRefusal(store.domains.adopt(HORATIO, ADMIN)), 'nothing to adopt is no fault');
    assert.deepEqual(counting(), ['alice']);
  });

  it('retires once for each disappearance, so that a role can await the next domain of the name', () => {
    assert.equal(store.domains.gone(HORATIO), true);
    store.roles.add(BOB, HORATIO, 'owner', ADMIN);
    assert.equal(store.domains.gone(HORATIO), false);
    assert.deepEqual(counting(), ['bob']);
    store.domains.seen([HORATIO]);
    assert.equal(store.domains.gone(HORATIO), true);
    assert.deepEqual(counting(), []);
  });

  it('retires nothing that is merely not mentioned', () => {
    store.domains.seen([domainName('ophelia')]);
    assert.deepEqual(counting(), ['alice']);
    assert.deepEqual(
      store.domains.list().map(({ name, retiredAt }) => [name, retiredAt]),
      [
        ['horatio', null],
        ['ophelia', null],
      ],
    );
  });

  it('knows nothing of names that never were', () => {
    assert.equal(store.domains.gone(domainName('yorick')), false);
    const refused = store.domains.adopt(domainName('yorick'), ADMIN);
    assert.ok(isRefusal(refused) && refused.code === 'no-such-domain');
  });
});
