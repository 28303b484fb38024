import assert from 'node:assert/strict';
import type { AuthorityName } from '../../policy/names.js';
import { isRefusal } from '../../policy/refusal.js';
import { Store } from '../../server/store/store.js';
import type { NewAuthority } from '../../server/store/authorities.js';
import type { Authority } from '../../server/store/records.js';
import { ADMIN, customerName, fingerprint, TemporaryStore } from '../support/temporary-store.js';

const [ALICE, BOB] = [customerName('alice'), customerName('bob')];

describe('store: CAs', () => {
  let temporary: TemporaryStore;
  let store: Store;

  beforeEach(() => {
    temporary = new TemporaryStore();
    store = temporary.store;
    for (const name of [ALICE, BOB]) store.customers.add(name, ADMIN);
  });

  afterEach(() => {
    temporary.remove();
  });

  const ca = (name: string, letter: string, scope: Partial<NewAuthority> = {}): NewAuthority => ({
    name: name as AuthorityName,
    fingerprint: fingerprint(letter),
    type: 'ssh-ed25519',
    blob: Buffer.from(letter),
    everybody: false,
    customers: [],
    groups: [],
    ...scope,
  });
  const add = (...given: Parameters<typeof ca>): Authority => {
    const added = store.authorities.add(ca(...given), ADMIN);
    assert.ok(!isRefusal(added));
    return added;
  };
  const code = (value: unknown): string => (isRefusal(value) ? value.code : 'none');

  it('keeps a CA with its scope, over a restart', () => {
    const added = add('site', 'a', { customers: [BOB, ALICE, BOB], groups: ['staff', 'night'] });
    assert.deepEqual(added.customers, [ALICE, BOB]);
    assert.deepEqual(added.groups, ['night', 'staff']);
    store.close();
    const again = Store.open(temporary.file);
    assert.deepEqual(again.authorities.list(), [added]);
    assert.deepEqual(again.authorities.find(added.fingerprint), added);
    assert.equal(again.authorities.find(fingerprint('z')), null);
    again.close();
  });

  it('records what was added and removed, and for whom; a refusal is no event', () => {
    add('site', 'a', { customers: [ALICE] });
    const before = store.audit.tail().length;
    assert.equal(code(store.authorities.add(ca('site', 'b'), ADMIN)), 'authority-exists');
    assert.equal(code(store.authorities.add(ca('other', 'a'), ADMIN)), 'authority-exists');
    assert.equal(
      code(store.authorities.add(ca('new', 'c', { customers: [customerName('nobody')] }), ADMIN)),
      'no-such-customer',
    );
    assert.equal(code(store.authorities.remove('new' as AuthorityName, ADMIN)), 'no-such-authority');
    assert.equal(store.audit.tail().length, before);
    store.authorities.remove('site' as AuthorityName, ADMIN);
    const facts = { actor: ADMIN, authority: fingerprint('a'), name: 'site', type: 'ssh-ed25519' };
    const scope = { everybody: false, customers: ['alice'], groups: [] };
    assert.deepEqual(
      store.audit
        .tail()
        .slice(-2)
        .map(({ event }) => event),
      [
        { kind: 'authority.added', ...facts, ...scope },
        { kind: 'authority.removed', ...facts, ...scope },
      ],
    );
    assert.deepEqual(store.authorities.list(), []);
  });

  it('follows a customer to another name, and forgets one who goes', () => {
    add('site', 'a', { customers: [ALICE, BOB] });
    store.customers.rename(ALICE, customerName('alicia'), ADMIN);
    store.customers.remove(BOB, ADMIN);
    store.customers.add(BOB, ADMIN);
    assert.deepEqual(store.authorities.list()[0]?.customers, ['alicia']);
  });

  it('knows which CA was added for one customer alone, whoever goes later', () => {
    const soles = [
      add('one', 'a', { customers: [ALICE] }),
      add('two', 'b', { customers: [ALICE, BOB] }),
      add('all', 'c', { everybody: true, customers: [ALICE] }),
      add('group', 'd', { customers: [ALICE], groups: ['staff'] }),
    ].map(({ sole }) => sole);
    assert.deepEqual(soles, [true, false, false, false]);
    store.customers.remove(BOB, ADMIN);
    assert.equal(store.authorities.find(fingerprint('b'))?.sole, false);
  });

  it('has an end', () => {
    for (let n = 0; n < 100; n += 1) {
      const added = store.authorities.add(
        { ...ca(`ca-${n}`, 'a'), fingerprint: `SHA256:${n}` as never },
        ADMIN,
      );
      assert.ok(!isRefusal(added));
    }
    assert.equal(code(store.authorities.add(ca('more', 'x'), ADMIN)), 'too-many');
  });
});
