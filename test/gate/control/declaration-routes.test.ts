import assert from 'node:assert/strict';
import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { DeclarationsApplied } from '../../../server/gate/control/declaration-answers.js';
import { parsePublicKey } from '../../../server/gate/keys/public-key.js';
import type { PublicKey } from '../../../server/gate/keys/public-key.js';
import { ControlFixture } from '../../support/control-fixture.js';
import { applied, publicKeyLine, sentences } from '../../support/declared.js';
import {
  ADMIN,
  customerActor,
  customerName,
  domainName,
  parameterName,
} from '../../support/temporary-store.js';

const ALICE = customerName('alice');
const BOB = customerName('bob');
const HORATIO = domainName('horatio');
const FILE = '/etc/postern/customers.d/a.yaml';
const KEY = publicKeyLine('alice@home');
const OTHER = publicKeyLine('alice@work');

function fingerprintOf(line: string): PublicKey['fingerprint'] {
  return (parsePublicKey(line) as PublicKey).fingerprint;
}

/** One file in which alice has a key and is owner of horatio, among others. */
const TEXT = `
customers:
  alice:
    keys: ["${KEY}"]
    roles: {horatio: owner}
  bob:
    roles: {horatio: {role: watcher, until: 2099-01-01}}
domains:
  horatio: {parameters: {suite: trixie}}
cas:
  site: {key: "${publicKeyLine('ca')}", everybody: true}
`;

describe('gate: declared customers', () => {
  let gate: ControlFixture;

  beforeEach(async () => {
    gate = new ControlFixture();
    await gate.server.listen();
  });
  afterEach(() => gate.remove());

  const head = (): number => gate.store.audit.head().seq;
  const verbs = ({ changes }: DeclarationsApplied): readonly string[] =>
    changes.map(({ verb, subject }) => `${verb} ${subject.of}`);

  async function refusal(asked: Promise<object>): Promise<Refusal> {
    const answer = await asked;
    return isRefusal(answer) ? answer : assert.fail(JSON.stringify(answer));
  }

  it('are made as the file says, with the name of the admin and of the file', async () => {
    const answer = await applied(gate, { [FILE]: TEXT });
    assert.deepEqual(verbs(answer), [
      'add customer',
      'add key',
      'add role',
      'add customer',
      'add role',
      'add parameter',
      'add authority',
    ]);
    const { customers, keys, roles, parameters, authorities, audit } = gate.store;
    assert.equal(customers.find(ALICE)?.declared, FILE);
    assert.deepEqual(
      keys.list(ALICE).map(({ fingerprint, declared, own }) => [fingerprint, declared, own]),
      [[fingerprintOf(KEY), FILE, false]],
    );
    assert.equal(roles.find(BOB, HORATIO)?.until, '2099-01-01T00:00:00.000Z');
    assert.equal(parameters.of(HORATIO)[0]?.value, 'trixie');
    assert.equal(authorities.list()[0]?.everybody, true);
    const rows = audit.tail().map(({ event }) => event);
    for (const event of rows.slice(0, -1)) {
      assert.ok('actor' in event && 'file' in event, event.kind);
      assert.deepEqual([event.actor, event.file], [{ admin: 'ada' }, FILE]);
    }
    assert.deepEqual(rows.at(-1), {
      kind: 'declarations.applied',
      actor: { admin: 'ada' },
      source: 'test',
      changes: 7,
      declared: 0,
      released: 0,
    });
  });

  it('the second time nothing is written', async () => {
    await applied(gate, { [FILE]: TEXT });
    const before = head();
    const answer = await applied(gate, { [FILE]: TEXT }, { prune: true });
    assert.deepEqual([answer.changes, answer.applied, sentences(answer)], [[], false, []]);
    assert.equal(head(), before);
  });

  it('a look writes nothing, and tells the same', async () => {
    const before = head();
    const look = await applied(gate, { [FILE]: TEXT }, { apply: false });
    assert.equal(head(), before);
    assert.deepEqual(gate.store.customers.list(), []);
    const done = await applied(gate, { [FILE]: TEXT });
    assert.deepEqual(look.changes, done.changes);
  });

  it('all or nothing: one key that is none, and nobody is changed', async () => {
    const answer = await applied(gate, {
      [FILE]: `customers: {alice: {keys: ["${KEY}"]}, bob: {keys: ["ssh-dss AAAA"]}}`,
    });
    assert.match(sentences(answer).join(), /^DSA keys are too weak/);
    assert.deepEqual([answer.applied, gate.store.customers.list()], [false, []]);
  });

  it('refuses more keys than a customer may have, and a login that is the name of a server', async () => {
    const lines = Array.from({ length: 4 }, () => `"${publicKeyLine()}"`).join(', ');
    const many = await applied(gate, { [FILE]: `customers: {alice: {keys: [${lines}]}}` });
    assert.match(sentences(many).join(), /there are 3 keys already/);
    const taken = await applied(gate, { [FILE]: 'customers: {alice: {roles: {bob: owner}}, bob: {}}' });
    assert.match(sentences(taken).join(), /bob/);
    assert.deepEqual(gate.store.customers.list(), []);
  });

  it('refuses the same key twice in one customer; two customers may have the same', async () => {
    const twice = await applied(gate, { [FILE]: `customers: {alice: {keys: ["${KEY}", "${KEY} again"]}}` });
    assert.match(sentences(twice).join(), /stands here twice/);
    const shared = `customers: {alice: {keys: ["${KEY}"]}, bob: {keys: ["${KEY}"]}}`;
    const answer = await applied(gate, { [FILE]: shared });
    assert.equal(answer.applied, true);
    assert.deepEqual(sentences(answer), ['bob has the same key as alice: each can log in with it']);
  });

  it('what hands made as the file says is the file’s from then on, and nobody gains or loses anything', async () => {
    const { store } = gate;
    store.customers.add(ALICE, ADMIN);
    store.roles.add(ALICE, HORATIO, 'owner', ADMIN);
    const { since } = store.roles.find(ALICE, HORATIO) ?? assert.fail();
    const answer = await applied(gate, { [FILE]: 'customers: {alice: {roles: {horatio: owner}}}' });
    assert.deepEqual(verbs(answer), ['declare customer', 'declare role']);
    assert.deepEqual(
      [store.roles.find(ALICE, HORATIO)?.since, store.roles.find(ALICE, HORATIO)?.declared],
      [since, FILE],
    );
    assert.equal(store.audit.tail().at(-1)?.event.kind, 'declarations.applied');
  });

  it('asks whether it is the same person when a hand’s customer has other keys', async () => {
    await gate.client().ask('POST', '/customers', { customer: 'alice' });
    await gate.client().ask('POST', '/customers/alice/keys', { key: OTHER });
    const answer = await applied(gate, { [FILE]: `customers: {alice: {keys: ["${KEY}"]}}` });
    assert.deepEqual(verbs(answer), ['declare customer', 'add key']);
    assert.match(sentences(answer).join(), /alice was made by hand and had none of these keys/);
  });

  it('what hands made otherwise stays, with a note, until --take', async () => {
    const { store } = gate;
    store.customers.add(ALICE, ADMIN);
    store.roles.add(ALICE, HORATIO, 'owner', ADMIN);
    const file = { [FILE]: 'customers: {alice: {roles: {horatio: watcher}}}' };
    const answer = await applied(gate, file);
    assert.match(sentences(answer).join(), /the role of alice on horatio is by hand: owner, and stays so/);
    assert.equal(store.roles.find(ALICE, HORATIO)?.role, 'owner');
    await applied(gate, file, { take: true });
    assert.deepEqual(
      [store.roles.find(ALICE, HORATIO)?.role, store.roles.find(ALICE, HORATIO)?.declared],
      ['watcher', FILE],
    );
  });

  describe('are not changed by hand', () => {
    beforeEach(() => applied(gate, { [FILE]: TEXT }));

    const hands: readonly (readonly [
      what: string,
      method: 'PUT' | 'POST' | 'DELETE',
      path: string,
      body?: object,
    ])[] = [
      ['the customer removed', 'DELETE', '/customers/alice'],
      ['the customer renamed', 'POST', '/customers/alice/rename', { to: 'alicia' }],
      ['a key added', 'POST', '/customers/alice/keys', { key: OTHER }],
      [
        'a key removed',
        'DELETE',
        `/customers/alice/keys/${encodeURIComponent(fingerprintOf(KEY))}`,
        { allowLast: true },
      ],
      [
        'a key’s end',
        'PUT',
        `/customers/alice/keys/${encodeURIComponent(fingerprintOf(KEY))}/expiry`,
        { at: '2099-01-01' },
      ],
      ['a role changed', 'PUT', '/roles', { customer: 'alice', domain: 'horatio', role: 'watcher' }],
      ['a role given', 'PUT', '/roles', { customer: 'alice', domain: 'ophelia', role: 'owner' }],
      ['a role taken away', 'DELETE', '/roles', { customer: 'alice', domain: 'horatio' }],
      ['a parameter set', 'PUT', '/domains/horatio/parameters', { parameters: { suite: 'bookworm' } }],
      ['a parameter unset', 'DELETE', '/domains/horatio/parameters', { names: ['suite'] }],
      ['a CA removed', 'DELETE', '/authorities/site'],
    ];
    for (const [what, method, path, body = {}] of hands)
      it(`${what}: refused with the name of the file, and done with --take`, async () => {
        const before = head();
        const no = await refusal(gate.client().ask(method, path, body));
        assert.equal(no.code, 'declared');
        assert.ok(no.message.includes(FILE), no.message);
        assert.equal(head(), before);
        const yes = await gate.client().ask(method, path, { ...body, take: true });
        assert.ok(!isRefusal(yes));
        assert.ok(head() > before);
      });

    it('a row that a hand took is the hand’s: an apply leaves it as it is', async () => {
      await gate
        .client()
        .ask('PUT', '/roles', { customer: 'alice', domain: 'horatio', role: 'watcher', take: true });
      assert.equal(gate.store.roles.find(ALICE, HORATIO)?.declared, null);
      const answer = await applied(gate, { [FILE]: TEXT }, { prune: true });
      assert.deepEqual(answer.changes, []);
      assert.match(sentences(answer).join(), /is by hand: watcher/);
      assert.equal(gate.store.roles.find(ALICE, HORATIO)?.role, 'watcher');
    });

    const removed: readonly (readonly [what: string, path: string, body: object, is: () => boolean])[] = [
      [
        'a key',
        `/customers/alice/keys/${encodeURIComponent(fingerprintOf(KEY))}`,
        { allowLast: true },
        () => gate.store.keys.list(ALICE).length > 0,
      ],
      [
        'a role',
        '/roles',
        { customer: 'alice', domain: 'horatio' },
        () => gate.store.roles.of(ALICE).length > 0,
      ],
      ['a customer', '/customers/alice', {}, () => gate.store.customers.find(ALICE) !== undefined],
      ['a CA', '/authorities/site', {}, () => gate.store.authorities.list().length > 0],
      [
        'a parameter',
        '/domains/horatio/parameters',
        { names: ['suite'] },
        () => gate.store.parameters.of(HORATIO).length > 0,
      ],
    ];
    for (const [what, path, body, isThere] of removed)
      it(`${what} that a hand removed is not given again by the next apply, but by --take`, async () => {
        await gate.client().ask('DELETE', path, { ...body, take: true });
        assert.equal(isThere(), false);
        const answer = await applied(gate, { [FILE]: TEXT });
        assert.deepEqual(answer.changes, []);
        assert.match(sentences(answer).join(), /by hand at .*--take does it/);
        assert.equal(isThere(), false);
        await applied(gate, { [FILE]: TEXT }, { take: true });
        assert.equal(isThere(), true);
      });

    it('a key that a hand removed before a renaming is not given again under the new name', async () => {
      const path = `/customers/alice/keys/${encodeURIComponent(fingerprintOf(KEY))}`;
      await gate.client().ask('DELETE', path, { allowLast: true, take: true });
      await gate.client().ask('POST', '/customers/alice/rename', { to: 'alicia', take: true });
      const answer = await applied(gate, { [FILE]: `customers: {alicia: {keys: ["${KEY}"]}}` });
      assert.match(sentences(answer).join(), /removed by hand/);
      assert.deepEqual(gate.store.keys.list(customerName('alicia')), []);
    });

    it('a customer whom a hand renamed keeps keys and roles at every prune', async () => {
      await gate.client().ask('POST', '/customers/alice/rename', { to: 'alicia', take: true });
      const alicia = customerName('alicia');
      const held = (): readonly unknown[] => [
        gate.store.keys.list(alicia).map(({ fingerprint, declared }) => [fingerprint, declared]),
        gate.store.roles.of(alicia).map(({ domain, declared }) => [domain, declared]),
      ];
      const answer = await applied(gate, { [FILE]: TEXT }, { prune: true, many: true });
      assert.deepEqual(answer.changes, []);
      assert.deepEqual(held(), [[[fingerprintOf(KEY), null]], [[HORATIO, null]]]);
      await applied(gate, { [FILE]: TEXT.replace('alice:', 'alicia:') });
      assert.deepEqual(held(), [[[fingerprintOf(KEY), FILE]], [[HORATIO, FILE]]]);
    });

    const leaving: readonly (readonly [
      how: string,
      method: 'DELETE' | 'POST',
      path: string,
      body: object,
    ])[] = [
      ['removed', 'DELETE', '/customers/alice', {}],
      ['renamed', 'POST', '/customers/alice/rename', { to: 'alicia' }],
    ];
    for (const [how, method, path, body] of leaving)
      it(`a hand’s customer with the name of one whom a hand ${how} gets nothing of the file, but by --take`, async () => {
        await gate.client().ask(method, path, { ...body, take: true });
        await gate.client().ask('POST', '/customers', { customer: 'alice' });
        await gate.client().ask('POST', '/customers/alice/keys', { key: OTHER });
        const answer = await applied(gate, { [FILE]: TEXT }, { prune: true, many: true });
        assert.deepEqual(answer.changes, []);
        assert.match(sentences(answer).join(), new RegExp(`alice was ${how} .*by hand at .*--take does it`));
        assert.deepEqual(
          gate.store.keys.list(ALICE).map(({ fingerprint }) => fingerprint),
          [fingerprintOf(OTHER)],
        );
        assert.deepEqual(gate.store.roles.of(ALICE), []);
        await applied(gate, { [FILE]: TEXT }, { take: true });
        assert.equal(gate.store.roles.find(ALICE, HORATIO)?.role, 'owner');
      });

    for (const isMadeAgain of [false, true])
      it(`a CA of the file does not speak for a customer whom a hand removed${isMadeAgain ? ' and made again' : ''}`, async () => {
        const text = TEXT.replace('everybody: true', 'customers: [alice, bob]');
        await applied(gate, { [FILE]: text }, { take: true });
        await gate.client().ask('DELETE', '/customers/alice', { take: true });
        if (isMadeAgain) await gate.client().ask('POST', '/customers', { customer: 'alice' });
        const answer = await applied(gate, {
          [FILE]: text.replace('roles: {horatio: {role', 'suspended: true\n    roles: {horatio: {role'),
        });
        assert.deepEqual(verbs(answer), ['suspend customer'], 'the rest is done');
        assert.match(sentences(answer).join(), /so the CA site does not speak for them/);
        assert.deepEqual(gate.store.authorities.list()[0]?.customers, ['bob']);
        await applied(gate, { [FILE]: text }, { take: true });
        assert.deepEqual(gate.store.authorities.list()[0]?.customers, ['alice', 'bob']);
      });

    it('a customer who came back to the name is the same one', async () => {
      await gate.client().ask('POST', '/customers/alice/rename', { to: 'alicia', take: true });
      await gate.client().ask('POST', '/customers/alicia/rename', { to: 'alice' });
      const answer = await applied(gate, { [FILE]: TEXT.replace('horatio: owner', 'ophelia: owner') });
      assert.deepEqual(verbs(answer), ['declare customer', 'declare key', 'add role']);
    });

    it('what the file took away and says again is given again', async () => {
      const without = TEXT.replace(/ {4}roles: \{horatio: owner\}\n/, '');
      await applied(gate, { [FILE]: without }, { prune: true, many: true });
      assert.deepEqual(gate.store.roles.of(ALICE), []);
      await applied(gate, { [FILE]: TEXT });
      assert.equal(gate.store.roles.find(ALICE, HORATIO)?.role, 'owner');
    });

    it('mass commands leave declared keys alone', async () => {
      const at = new Date(Date.now() + 60_000).toISOString();
      const later = new Date(Date.now() + 3_600_000).toISOString();
      await gate.client().ask('POST', '/keys/expire', { addedBefore: later, at, allowLast: true });
      assert.equal(gate.store.keys.list(ALICE)[0]?.expiresAt, null);
    });

    it('an import gives a declared customer nothing', async () => {
      const wanted = { customer: 'alice', keys: [{ key: OTHER }], roles: [], same: true };
      const answer = await gate.client().ask('POST', '/import', { customers: [wanted], apply: true });
      assert.match(JSON.stringify(answer), /alice is declared by /);
      assert.equal(gate.store.keys.list(ALICE).length, 1);
    });

    it('suspending by hand works always, and stays until a hand ends it', async () => {
      await gate.client().ask('POST', '/customers/alice/suspend', {});
      const answer = await applied(gate, { [FILE]: TEXT });
      assert.match(sentences(answer).join(), /alice is suspended by hand, and stays so/);
      assert.notEqual(gate.store.customers.find(ALICE)?.suspendedAt, null);
      assert.ok(!isRefusal(await gate.client().ask('POST', '/customers/alice/resume', {})));
    });

    it('suspending by hand counts also for one whom the file has suspended', async () => {
      const suspended = TEXT.replace('alice:\n', 'alice:\n    suspended: true\n');
      await applied(gate, { [FILE]: suspended });
      await gate.client().ask('POST', '/customers/alice/suspend', { reason: 'abuse' });
      const answer = await applied(gate, { [FILE]: TEXT });
      assert.match(sentences(answer).join(), /alice is suspended by hand, and stays so/);
      assert.notEqual(gate.store.customers.find(ALICE)?.suspendedAt, null);
    });

    it('a suspension of the file ends with the file, not by hand', async () => {
      const suspended = TEXT.replace('alice:\n', 'alice:\n    suspended: true\n');
      assert.deepEqual(verbs(await applied(gate, { [FILE]: suspended })), ['suspend customer']);
      assert.equal(
        (await refusal(gate.client().ask('POST', '/customers/alice/resume', {}))).code,
        'declared',
      );
      assert.deepEqual(verbs(await applied(gate, { [FILE]: TEXT })), ['resume customer']);
      assert.equal(gate.store.customers.find(ALICE)?.suspendedAt, null);
    });
  });

  describe('keys that customers added themselves', () => {
    const own = (): void => {
      const { fingerprint, type, blob, comment } = parsePublicKey(OTHER) as PublicKey;
      const actor = customerActor(ALICE, fingerprintOf(KEY));
      const added = gate.store.keys.add({ customer: ALICE, fingerprint, type, blob, comment }, actor, 9);
      assert.ok(!isRefusal(added));
    };
    const owns = (): boolean =>
      gate.store.keys.list(ALICE).some(({ fingerprint }) => fingerprint === fingerprintOf(OTHER));

    beforeEach(async () => {
      await applied(gate, { [FILE]: TEXT });
      own();
    });

    it('survive an apply and a prune', async () => {
      const answer = await applied(gate, { [FILE]: TEXT }, { prune: true, many: true });
      assert.deepEqual(answer.changes, []);
      assert.ok(owns());
    });

    it('survive also when a file named them for a while', async () => {
      const both = TEXT.replace(`["${KEY}"]`, `["${KEY}", "${OTHER}"]`);
      assert.deepEqual(verbs(await applied(gate, { [FILE]: both })), ['declare key']);
      const answer = await applied(gate, { [FILE]: TEXT }, { prune: true });
      assert.deepEqual(verbs(answer), ['release key']);
      const key = gate.store.keys.list(ALICE).find(({ fingerprint }) => fingerprint === fingerprintOf(OTHER));
      assert.deepEqual([key?.declared, key?.own], [null, true]);
    });

    it('keep no file from being applied, however many there are', async () => {
      const actor = customerActor(ALICE, fingerprintOf(KEY));
      const more = (): PublicKey => parsePublicKey(publicKeyLine()) as PublicKey;
      const add = (): unknown => gate.store.keys.add({ customer: ALICE, ...more() }, actor, 3);
      add();
      assert.ok(isRefusal(add()), 'the customer has as many as they may');
      const text = TEXT.replace(`["${KEY}"]`, `["${KEY}", "${publicKeyLine('shop')}"]`).replace(
        'bob:\n',
        'bob:\n    suspended: true\n',
      );
      assert.deepEqual(verbs(await applied(gate, { [FILE]: text })), ['add key', 'suspend customer']);
      const owned = text.replace('keys: [', `keys: [{key: "${publicKeyLine()}", own: true}, `);
      const answer = await applied(gate, { [FILE]: owned.replace('suspended: true', 'suspended: false') });
      assert.deepEqual(verbs(answer), ['resume customer']);
      assert.match(
        sentences(answer).join(),
        /the key SHA256:\S+ of alice is not added: there are 4 keys already/,
      );
    });

    it('are not given again once the customer removed them, not even with --take', async () => {
      const actor = customerActor(ALICE, fingerprintOf(KEY));
      gate.store.keys.remove(ALICE, fingerprintOf(OTHER), actor, { allowLast: false });
      const marked = TEXT.replace(`["${KEY}"]`, `["${KEY}", {key: "${OTHER}", own: true}]`);
      const answer = await applied(gate, { [FILE]: marked }, { take: true });
      assert.match(sentences(answer).join(), /was removed by hand/);
      assert.ok(!owns());
    });
  });

  describe('pruned', () => {
    const many = (count: number): string =>
      `customers:\n${Array.from({ length: count }, (_, at) => `  c${at}: {roles: {d${at}: owner}}\n`).join('')}`;

    it('without --prune nothing is removed, and what is in no file any more is named', async () => {
      await applied(gate, { [FILE]: many(20) });
      const answer = await applied(gate, { [FILE]: many(18) });
      assert.deepEqual([answer.changes, answer.stale], [[], ['c18', 'c19']]);
      assert.equal(gate.store.customers.list().length, 20);
    });

    it('a tenth goes, more than a tenth only with --yes', async () => {
      await applied(gate, { [FILE]: many(20) });
      assert.equal((await applied(gate, { [FILE]: many(18) }, { prune: true })).applied, true);
      const before = head();
      const answer = await applied(gate, { [FILE]: many(16) }, { prune: true });
      assert.match(answer.excess ?? '', /2 of 18 declared customers.* more than a tenth/);
      assert.deepEqual([answer.applied, head()], [false, before]);
      assert.equal((await applied(gate, { [FILE]: many(16) }, { prune: true, many: true })).applied, true);
      assert.equal(gate.store.customers.list().length, 16);
    });

    it('rows of hands and of other files stay', async () => {
      gate.store.customers.add(BOB, ADMIN);
      await applied(gate, { '/other/b.yaml': 'customers: {carol: {}}' });
      await applied(gate, { [FILE]: many(1) });
      await applied(gate, { [FILE]: '' }, { prune: true, many: true });
      assert.deepEqual(
        gate.store.customers.list().map(({ name }) => name),
        ['bob', 'carol'],
      );
    });

    it('a file that is gone from the directory counts, a file of another directory does not', async () => {
      await applied(gate, { '/etc/c/a.yaml': many(1), '/etc/c/b.yaml': 'customers: {carol: {}}' });
      await applied(gate, { '/etc/other/b.yaml': 'customers: {dora: {}}' });
      const options = { prune: true, many: true, directory: '/etc/c' };
      const answer = await applied(gate, { '/etc/c/a.yaml': many(1) }, options);
      assert.deepEqual(verbs(answer), ['remove customer']);
      assert.equal(gate.store.customers.find(customerName('carol')), undefined);
      assert.notEqual(gate.store.customers.find(customerName('dora')), undefined);
    });

    it('a customer who moves to another file of the directory keeps everything', async () => {
      await applied(gate, { '/etc/c/a.yaml': TEXT });
      const { since } = gate.store.roles.find(ALICE, HORATIO) ?? assert.fail();
      const options = { prune: true, directory: '/etc/c' };
      const answer = await applied(gate, { '/etc/c/z.yaml': TEXT }, options);
      assert.ok(answer.changes.every(({ verb }) => verb === 'declare'));
      assert.equal(gate.store.roles.find(ALICE, HORATIO)?.since, since);
    });

    it('sessions end whose customer, key or CA has gone', async () => {
      await applied(gate, { [FILE]: `${many(1)}  alice: {}\n` });
      gate.addSession('s1', 'alice');
      gate.addSession('s2', 'c0');
      const answer = await applied(gate, { [FILE]: many(1) }, { prune: true, many: true });
      assert.equal(answer.sessionsEnded, 1);
      assert.deepEqual(
        gate.told.map(([id]) => id),
        ['s1'],
      );
    });
  });

  describe('of two sources', () => {
    it('a customer of one file is not changed by another; the same again is nothing', async () => {
      await applied(gate, { [FILE]: TEXT });
      const same = await applied(gate, { '/other.yaml': TEXT });
      assert.deepEqual([same.changes, sentences(same)], [[], []]);
      for (const other of [
        `customers: {alice: {keys: ["${OTHER}"]}}`,
        'customers: {alice: {roles: {horatio: watcher}}}',
        'customers: {alice: {roles: {ophelia: owner}}}',
        'customers: {alice: {suspended: true}}',
        'domains: {horatio: {parameters: {suite: bookworm}}}',
        `cas: {site: {key: "${OTHER}", everybody: true}}`,
      ]) {
        const before = head();
        const answer = await applied(gate, { '/other.yaml': other });
        assert.match(sentences(answer).join(), /is declared by \/etc\/postern\/customers\.d\/a\.yaml/, other);
        assert.equal(head(), before);
      }
    });

    it('two at once: one after the other, and nothing twice', async () => {
      const answers = await Promise.all([1, 2, 3].map(() => applied(gate, { [FILE]: TEXT })));
      assert.equal(answers.filter((one) => one.applied).length, 1);
      assert.equal(gate.store.customers.list().length, 2);
    });
  });

  describe('within limits', () => {
    const limits = { onlyCustomers: 'shop-*', onlyDomains: 'shop-*' };

    it('a customer, a server or a CA outside of them is refused, and nothing is done', async () => {
      for (const text of [
        `customers: {alice: {keys: ["${KEY}"]}}`,
        'customers: {shop-1: {roles: {horatio: owner}}}',
        'domains: {horatio: {parameters: {suite: trixie}}}',
        `cas: {mine: {key: "${KEY}", everybody: true}}`,
        `cas: {mine: {key: "${KEY}", customers: [shop-1]}}`,
      ]) {
        const answer = await applied(gate, { billing: text }, limits);
        assert.match(sentences(answer).join(), /outside of what may be declared here/, text);
        assert.equal(head(), 0);
      }
    });

    it('a customer whom hands made gets no key: it would reach what hands gave them', async () => {
      const { store } = gate;
      const shop = customerName('shop-1');
      store.customers.add(shop, ADMIN);
      store.roles.add(shop, HORATIO, 'owner', ADMIN);
      const before = head();
      const file = { billing: `customers: {shop-1: {keys: ["${KEY}"]}}` };
      const answer = await applied(gate, file, limits);
      assert.match(sentences(answer).join(), /shop-1 was made by hand: apply it once without/);
      assert.equal(head(), before);
      await applied(gate, { billing: 'customers: {shop-1: {}}' });
      assert.equal(
        (await applied(gate, file, limits)).applied,
        true,
        'an admin has given the customer to it',
      );
    });

    it('what they allow is done, and a prune removes nothing outside of them', async () => {
      await applied(gate, { billing: 'customers: {shop-1: {roles: {shop-a: owner}}, alice: {}}' });
      await applied(gate, { billing: '' }, { ...limits, prune: true, many: true });
      assert.deepEqual(
        gate.store.customers.list().map(({ name }) => name),
        ['alice'],
      );
    });
  });

  it('a role whose time is over is nothing; a later end in the file gives it again', async () => {
    const at = (until: string): string =>
      `customers: {alice: {roles: {horatio: {role: owner, until: ${until}}}}}`;
    await applied(gate, { [FILE]: at('2020-01-01') });
    assert.deepEqual(gate.store.roles.of(ALICE), []);
    await applied(gate, { [FILE]: at('2099-01-01') });
    assert.notEqual(gate.store.roles.find(ALICE, HORATIO), undefined);
    const over = await applied(gate, { [FILE]: at('2020-01-01') });
    assert.deepEqual(verbs(over), ['remove role']);
    await applied(gate, { [FILE]: at('2098-01-01') });
    assert.equal(gate.store.roles.find(ALICE, HORATIO)?.until, '2098-01-01T00:00:00.000Z');
  });

  it('a role on a name that was given up does not come back by an apply, whoever has the name now', async () => {
    const { store } = gate;
    const text =
      'customers: {alice: {roles: {horatio: owner}}}\ndomains: {horatio: {parameters: {suite: trixie}}}';
    store.domains.seen([HORATIO]);
    await applied(gate, { [FILE]: text });
    store.domains.gone(HORATIO);
    store.domains.seen([HORATIO]);
    for (const take of [false, true]) {
      const answer = await applied(
        gate,
        { [FILE]: text.replace('owner', take ? 'watcher' : 'owner') },
        { take },
      );
      assert.deepEqual(answer.changes, []);
      assert.match(sentences(answer).join(), /before the name was given up.*postern domain adopt horatio/);
      assert.equal(store.roles.find(ALICE, HORATIO)?.counts, false);
      assert.deepEqual(store.parameters.values(HORATIO), {});
    }
    const next = await applied(gate, { [FILE]: 'customers: {alice: {}, bob: {roles: {horatio: owner}}}' });
    assert.deepEqual(verbs(next), ['add customer', 'add role']);
    assert.equal(store.roles.find(BOB, HORATIO)?.counts, true, 'a new role counts, as by hand');
  });

  it('a parameter of a profile is checked as by hand', async () => {
    const known = await applied(gate, { [FILE]: 'domains: {horatio: {parameters: {suite: trixie}}}' });
    assert.equal(known.applied, true);
    assert.equal(gate.store.parameters.values(HORATIO)[parameterName('suite')], 'trixie');
  });
});
