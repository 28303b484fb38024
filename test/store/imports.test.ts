import assert from 'node:assert/strict';
import type { ImportedCustomer } from '../../server/store/imports.js';
import { ADMIN, TemporaryStore, customerName, domainName, fingerprint } from '../support/temporary-store.js';

const DO = { apply: true, maxKeys: () => 3 };

function wanted(name: string, letters: string, domains: readonly string[], same = false): ImportedCustomer {
  return {
    customer: customerName(name),
    keys: Array.from(letters, (letter) => ({
      fingerprint: fingerprint(letter),
      type: 'ssh-ed25519',
      blob: Buffer.from(letter),
      comment: '',
    })),
    roles: domains.map((domain) => ({ domain: domainName(domain), role: 'owner' as const })),
    same,
  };
}

describe('store: imports', () => {
  let temporary: TemporaryStore;

  beforeEach(() => {
    temporary = new TemporaryStore();
  });

  afterEach(() => {
    temporary.remove();
  });

  function kinds(): string[] {
    return temporary.store.audit.tail().map(({ event }) => event.kind);
  }

  it('make customers, keys and roles, audited each; and the same again changes nothing', async () => {
    const { store } = temporary;
    const heard: string[] = [];
    store.audit.onAppend(({ event }) => heard.push(event.kind));
    const all = [wanted('alice', 'ab', ['horatio', 'ophelia']), wanted('bob', 'c', ['yorick'])];
    const first = store.imports.run(all, ADMIN, DO);
    assert.equal(first.applied, true);
    const expected = [
      ...['customer.added', 'key.added', 'key.added', 'role.added', 'role.added'],
      ...['customer.added', 'key.added', 'role.added'],
    ];
    assert.deepEqual(kinds(), expected);
    await Promise.resolve();
    assert.deepEqual(heard, expected, 'and the gate hears of it');
    const again = store.imports.run(all, ADMIN, DO);
    const states = again.customers.flatMap(({ state, keys, roles }) => [
      state,
      ...keys.map((one) => one.state),
      ...roles.map((one) => one.state),
    ]);
    assert.deepEqual(new Set(states), new Set(['there']));
    assert.deepEqual(kinds(), expected);
    assert.equal(store.audit.verify().findings.length, 0);
  });

  it('do nothing when they are only to be seen, and nobody hears of it', async () => {
    const { store } = temporary;
    const heard: string[] = [];
    store.audit.onAppend(({ event }) => heard.push(event.kind));
    const seen = store.imports.run([wanted('alice', 'a', ['horatio'])], ADMIN, { ...DO, apply: false });
    assert.equal(seen.applied, false);
    assert.deepEqual(seen.customers[0]?.roles, [{ domain: 'horatio', role: 'owner', state: 'added' }]);
    await Promise.resolve();
    assert.deepEqual([kinds(), heard, store.customers.list()], [[], [], []]);
    store.customers.add(customerName('carol'), ADMIN);
    assert.equal(store.audit.tail()[0]?.seq, 1, 'its numbers are taken back too');
  });

  it('are all or nothing', () => {
    const { store } = temporary;
    store.customers.add(customerName('dora'), ADMIN);
    store.roles.add(customerName('dora'), domainName('bob'), 'owner', ADMIN);
    const before = kinds();
    const result = store.imports.run(
      [wanted('alice', 'a', ['horatio']), wanted('bob', 'b', ['yorick']), wanted('carol', 'abcd', [])],
      ADMIN,
      DO,
    );
    assert.equal(result.applied, false);
    assert.deepEqual(
      result.refused.map(({ customer }) => customer),
      ['bob', 'carol'],
      'a name that is a domain’s, and too many keys',
    );
    assert.deepEqual(kinds(), before);
    assert.equal(store.customers.find(customerName('alice')), undefined);
    assert.equal(store.keys.list(customerName('carol')).length, 0);
  });

  it('never bring back what was taken away, nor change what an admin has changed', () => {
    const { store } = temporary;
    const alice = customerName('alice');
    store.imports.run([wanted('alice', 'ab', ['horatio', 'ophelia', 'yorick'])], ADMIN, DO);
    store.keys.remove(alice, fingerprint('a'), ADMIN, { allowLast: false });
    store.roles.remove(alice, domainName('ophelia'), ADMIN);
    store.roles.add(alice, domainName('horatio'), 'watcher', ADMIN);
    store.domains.gone(domainName('yorick'));
    const before = kinds();
    const again = store.imports.run([wanted('alice', 'ab', ['horatio', 'ophelia', 'yorick'])], ADMIN, DO);
    assert.deepEqual(
      again.customers[0]!.keys.map(({ state }) => state),
      ['removed', 'there'],
    );
    assert.deepEqual(
      again.customers[0]!.roles.map(({ state }) => state),
      ['other', 'removed', 'retired'],
    );
    assert.deepEqual(kinds(), before);
  });

  it('do not take another of the same name for the same, unless an admin says so', () => {
    const { store } = temporary;
    store.imports.run([wanted('bob', 'a', ['horatio'])], ADMIN, DO);
    const other = store.imports.run([wanted('bob', 'b', ['yorick'])], ADMIN, DO);
    assert.match(other.refused[0]?.sentence ?? '', /^bob: there is a customer of this name already/);
    assert.equal(store.keys.list(customerName('bob')).length, 1);
    assert.equal(store.imports.run([wanted('bob', 'ab', ['yorick'])], ADMIN, DO).applied, true, 'by the key');
    assert.equal(store.imports.run([wanted('bob', 'c', [], true)], ADMIN, DO).applied, true, 'by --same');
  });

  it('do not bring back a customer who was removed, unless an admin says so', () => {
    const { store } = temporary;
    const bob = wanted('bob', 'a', ['horatio']);
    store.imports.run([bob], ADMIN, DO);
    store.customers.remove(customerName('bob'), ADMIN);
    assert.match(
      store.imports.run([bob], ADMIN, DO).refused[0]?.sentence ?? '',
      /^bob: this customer was removed/,
    );
    const back = store.imports.run([{ ...bob, same: true }], ADMIN, DO);
    assert.deepEqual(
      [back.applied, back.customers[0]?.keys[0]?.state, back.customers[0]?.roles[0]?.state],
      [true, 'added', 'added'],
    );
  });

  it('know who was renamed, and do not bring back under the new name what was taken from the old one', () => {
    const { store } = temporary;
    const alice = wanted('alice', 'ab', ['horatio', 'ophelia']);
    store.imports.run([alice], ADMIN, DO);
    store.keys.remove(customerName('alice'), fingerprint('a'), ADMIN, { allowLast: false });
    store.roles.remove(customerName('alice'), domainName('ophelia'), ADMIN);
    store.customers.rename(customerName('alice'), customerName('alicia'), ADMIN);
    const before = kinds();
    const refused = store.imports.run([alice], ADMIN, DO).refused[0];
    assert.match(
      refused?.sentence ?? '',
      /alice: this customer is called alicia now: say --rename alice=alicia/,
    );
    const again = store.imports.run([{ ...alice, customer: customerName('alicia') }], ADMIN, DO);
    assert.deepEqual(
      again.customers[0]!.keys.map(({ state }) => state),
      ['removed', 'there'],
    );
    assert.deepEqual(
      again.customers[0]!.roles.map(({ state }) => state),
      ['there', 'removed'],
    );
    assert.deepEqual(kinds(), before);
  });

  it('let keys expire when they did before', () => {
    const { store } = temporary;
    const [key] = wanted('alice', 'a', []).keys;
    const expiresAt = '2099-01-01T00:00:00.000Z';
    store.imports.run([{ ...wanted('alice', '', []), keys: [{ ...key!, expiresAt }] }], ADMIN, DO);
    assert.equal(store.keys.list(customerName('alice'))[0]?.expiresAt, expiresAt);
  });

  it('leave the store usable after a fault', () => {
    const { store } = temporary;
    assert.throws(() =>
      store.audit.together(
        () => {
          store.customers.add(customerName('alice'), ADMIN);
          throw new Error('a fault');
        },
        () => true,
      ),
    );
    assert.deepEqual(store.customers.list(), []);
    store.customers.add(customerName('bob'), ADMIN);
    assert.deepEqual(kinds(), ['customer.added']);
  });
});
