import assert from 'node:assert/strict';
import { isRefusal } from '../../policy/refusal.js';
import { ADMIN, TemporaryStore, customerName, domainName, fingerprint } from '../support/temporary-store.js';

const ALICE = customerName('alice');
const BOB = customerName('bob');
const HORATIO = domainName('horatio');
const KEY = fingerprint('k');
const END = '2026-12-01T00:00:00.000Z';

describe('store: roles that end', () => {
  let now = '2026-11-30T12:00:00.000Z';
  let temporary: TemporaryStore;
  let store: TemporaryStore['store'];

  beforeEach(() => {
    now = '2026-11-30T12:00:00.000Z';
    temporary = new TemporaryStore({ clock: () => new Date(now) });
    store = temporary.store;
    for (const customer of [ALICE, BOB]) {
      store.customers.add(customer, ADMIN);
      store.keys.add(
        { customer, fingerprint: KEY, type: 't', blob: Buffer.from('k'), comment: '' },
        ADMIN,
        9,
      );
    }
    store.roles.add(ALICE, HORATIO, 'operator', ADMIN, END);
  });
  afterEach(() => {
    temporary.remove();
  });

  it('counts until its end, and from then on for nothing, whether it was removed or not', () => {
    const { customer, fingerprint: key } = { customer: ALICE, fingerprint: KEY };
    const counts = () => [
      store.roles.find(customer, HORATIO)?.counts,
      store.roles.of(customer)[0]?.counts,
      store.roles.on(HORATIO)[0]?.counts,
      store.holders.rolesHeld(customer).length === 1,
      store.logins.find(HORATIO, key)?.domain === HORATIO,
      store.logins.candidates(HORATIO).length === 1,
      store.authorizations.look({ customer, fingerprint: key, domain: HORATIO, source: null }).role?.counts,
    ];
    now = '2026-11-30T23:59:59.999Z';
    assert.ok(counts().every((one) => one === true));
    now = END;
    assert.ok(counts().every((one) => one === false));
  });

  it('a role that has ended keeps nobody else from a login by the name of the server', () => {
    store.roles.add(BOB, HORATIO, 'owner', ADMIN);
    assert.equal(store.logins.find(HORATIO, KEY), null, 'two hold the key');
    now = END;
    assert.equal(store.logins.find(HORATIO, KEY)?.customer, BOB);
  });

  it('is removed once its time is over, with a row of nobody, and not before', () => {
    assert.deepEqual(store.roles.removeOver(), []);
    now = END;
    assert.deepEqual(
      store.roles.removeOver().map(({ customer }) => customer),
      [ALICE],
    );
    assert.deepEqual(store.roles.of(ALICE), []);
    assert.deepEqual(store.audit.tail().at(-1)?.event, {
      kind: 'role.removed',
      actor: null,
      customer: ALICE,
      domain: HORATIO,
      role: 'operator',
    });
    const { seq } = store.audit.head();
    assert.deepEqual(store.roles.removeOver(), []);
    assert.equal(store.audit.head().seq, seq);
  });

  it('a change keeps the end and the beginning, unless another end is given', () => {
    const { since } = store.roles.find(ALICE, HORATIO) ?? assert.fail();
    now = '2026-11-30T13:00:00.000Z';
    store.roles.add(ALICE, HORATIO, 'owner', ADMIN);
    assert.deepEqual(shown(), ['owner', since, END]);
    store.roles.add(ALICE, HORATIO, 'owner', ADMIN, '2027-01-01T00:00:00.000Z');
    assert.deepEqual(shown(), ['owner', since, '2027-01-01T00:00:00.000Z']);
    const { seq } = store.audit.head();
    store.roles.add(ALICE, HORATIO, 'owner', ADMIN, '2027-01-01T00:00:00.000Z');
    assert.equal(store.audit.head().seq, seq, 'the same again writes nothing');
    store.roles.add(ALICE, HORATIO, 'owner', ADMIN, null);
    assert.deepEqual(shown(), ['owner', since, null]);
    const { event } = store.audit.tail().at(-1) ?? assert.fail();
    assert.ok(!('until' in event));
  });

  function shown(): readonly (string | null | undefined)[] {
    const row = store.roles.find(ALICE, HORATIO);
    return [row?.role, row?.since, row?.until];
  }

  it('given anew after its end, it begins anew and has no end', () => {
    now = '2026-12-02T00:00:00.000Z';
    store.roles.add(ALICE, HORATIO, 'owner', ADMIN);
    assert.deepEqual(shown(), ['owner', now, null]);
  });

  it('an end in the past is refused, and changes nothing', () => {
    const { seq } = store.audit.head();
    const answer = store.roles.add(ALICE, HORATIO, 'owner', ADMIN, '2026-11-30T12:00:00.000Z');
    assert.ok(isRefusal(answer));
    assert.match(answer.message, /would be over already/);
    assert.equal(store.audit.head().seq, seq);
  });

  it('an import does not give again what has ended', () => {
    now = END;
    const wanted = [
      { customer: ALICE, keys: [], roles: [{ domain: HORATIO, role: 'owner' as const }], same: true },
    ];
    for (const swept of [false, true]) {
      if (swept) store.roles.removeOver();
      const result = store.imports.run(wanted, ADMIN, { apply: true, maxKeys: () => 9 });
      assert.deepEqual(
        result.customers[0]?.roles.map(({ state }) => state),
        ['removed'],
      );
    }
  });
});
