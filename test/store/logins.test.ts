import assert from 'node:assert/strict';
import { ADMIN, TemporaryStore, customerName, domainName, fingerprint } from '../support/temporary-store.js';

const ALICE = customerName('alice');
const BOB = customerName('bob');
const SHARED = fingerprint('s');
const OWN = fingerprint('o');
const NOBODYS = fingerprint('n');

describe('store: who a login name and a key are', () => {
  const reads: string[] = [];
  let temporary: TemporaryStore;
  let store: TemporaryStore['store'];

  before(() => {
    temporary = new TemporaryStore({ trace: (sql) => reads.push(sql) });
    store = temporary.store;
    for (const customer of [ALICE, BOB]) {
      store.customers.add(customer, ADMIN);
      store.keys.add(
        { customer, fingerprint: SHARED, type: 't', blob: Buffer.from(customer), comment: '' },
        ADMIN,
        9,
      );
    }
    store.keys.add(
      { customer: ALICE, fingerprint: OWN, type: 't', blob: Buffer.from('own'), comment: '' },
      ADMIN,
      9,
    );
    store.roles.add(ALICE, domainName('horatio'), 'owner', ADMIN);
    store.roles.add(BOB, domainName('horatio'), 'watcher', ADMIN);
    store.roles.add(ALICE, domainName('ophelia'), 'owner', ADMIN);
  });

  after(() => {
    temporary.remove();
  });

  const table: readonly [
    why: string,
    login: string,
    key: typeof OWN,
    customer: string | null,
    domain: string | null,
  ][] = [
    ['a customer with a key of theirs', 'alice', OWN, 'alice', null],
    ['the same key with another login is another customer', 'alice', SHARED, 'alice', null],
    ['the same key with another login is another customer', 'bob', SHARED, 'bob', null],
    ['a key of A with the login of B', 'bob', OWN, null, null],
    ['a domain, and the one who has a role on it and the key', 'ophelia', OWN, 'alice', 'ophelia'],
    ['a domain of two, and a key that one of them holds', 'horatio', OWN, 'alice', 'horatio'],
    ['a domain of two, and a key that both hold', 'horatio', SHARED, null, null],
    ['nobody', 'mallory', NOBODYS, null, null],
    ['a name that is none', "alice' --", OWN, null, null],
    ['no name', '', OWN, null, null],
    ['other case', 'ALICE', OWN, null, null],
    ['a key of nobody', 'alice', NOBODYS, null, null],
  ];

  for (const [why, login, key, customer, domain] of table) {
    it(`${why}: ${JSON.stringify(login)}`, () => {
      reads.length = 0;
      const found = store.logins.find(login, key);
      assert.equal(found?.customer ?? null, customer);
      assert.equal(found?.domain ?? null, domain);
      assert.equal(reads.length, 2, 'the number of reads tells a stranger nothing');
    });
  }

  it('hands over the key of this customer, not of the other who holds it', () => {
    assert.equal(store.logins.find('bob', SHARED)?.key.blob.toString(), 'bob');
  });

  it('finds a key whose time is over, after as many reads: it is for the gate to refuse', () => {
    store.keys.setExpiry(ALICE, OWN, '2020-01-01T00:00:00.000Z', ADMIN);
    reads.length = 0;
    for (const login of ['alice', 'ophelia'])
      assert.equal(store.logins.find(login, OWN)?.key.expiresAt, '2020-01-01T00:00:00.000Z');
    assert.equal(reads.length, 4);
    store.keys.setExpiry(ALICE, OWN, null, ADMIN);
    assert.equal(store.logins.find('alice', OWN)?.key.expiresAt, null);
  });

  it('finds the suspended and says so: it is for the gate to refuse', () => {
    store.customers.suspend(BOB, null, ADMIN);
    assert.equal(store.logins.find('bob', SHARED)?.suspended, true);
    store.customers.resume(BOB, ADMIN);
    assert.equal(store.logins.find('bob', SHARED)?.suspended, false);
  });
});
