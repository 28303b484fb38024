import assert from 'node:assert/strict';
import type { ParsedKey } from 'ssh2';
import { isRefusal } from '../../../policy/refusal.js';
import { Administration } from '../../../server/gate/control/administration.js';
import type { ExplainedLogin, RefusedLogins } from '../../../server/gate/control/login-answers.js';
import { loginWorld } from '../../../server/gate/control/login-world.js';
import type { LoginWorld } from '../../../server/gate/control/login-world.js';
import { explainedLogin, refusedLogins } from '../../../server/gate/control/refused-logins.js';
import { fingerprintOf } from '../../../server/gate/keys/public-key.js';
import { ControlFixture } from '../../support/control-fixture.js';
import { eventually } from '../../support/eventually.js';
import { GateUnderTest } from '../../support/gate-under-test.js';
import { NO_KEY_RULE, policy } from '../../support/policy-values.js';
import { RawSsh } from '../../support/raw-ssh.js';
import { SoftAuthenticator } from '../../support/soft-authenticator.js';
import { signingKey } from '../../support/signing-key.js';
import { ADMIN, customerName, domainName, TemporaryStore } from '../../support/temporary-store.js';
import type { Fingerprint } from '../../../policy/names.js';
import type { RefusedConnection } from '../../../server/gate/ssh/refused-connections.js';

const NO_LIST = { keys: { perCustomer: 9, rsaMinimumBits: 2048 }, certificates: { revokedKeys: null } };
const PLACE = { file: '20-keys.yaml', line: 7, column: 3 };

describe('gate/control: explain-login', () => {
  let gate: GateUnderTest;
  let attempts = 0;
  const keys = Object.fromEntries(
    ['alice', 'bob', 'shared', 'late', 'mallory', 'weak', 'nobody'].map((name) => [
      name,
      signingKey(name === 'weak' ? 'rsa' : 'ed25519'),
    ]),
  ) as Record<'alice' | 'bob' | 'shared' | 'late' | 'mallory' | 'weak' | 'nobody', ParsedKey>;
  const blob = (name: keyof typeof keys): Buffer => keys[name].getPublicSSH();
  const print = (name: keyof typeof keys): string => fingerprintOf(blob(name));

  before(async () => {
    gate = new GateUnderTest({ login: { tries: 9 } });
    await gate.listen();
    gate.customer('alice', [blob('alice'), blob('shared')], ['horatio']);
    gate.customer('bob', [blob('bob'), blob('shared')], ['yorick']);
    gate.store.roles.add(customerName('bob'), domainName('horatio'), 'watcher', ADMIN);
    gate.customer('late', [blob('late')]);
    gate.expireKeys('late');
    gate.customer('mallory', [blob('mallory')]);
    gate.suspend('mallory');
    gate.customer('weak', [blob('weak')]);
    const everybody = { customers: [], groups: [], roles: [] };
    gate.policy = policy({
      keyRules: [{ ...NO_KEY_RULE, subjects: everybody, rsaBits: 3072, place: PLACE }],
    });
  });

  after(() => gate.dispose());

  const administration = (): Administration =>
    Administration.ofDatabase(
      gate.store,
      {
        state: '/x',
        keys: { perCustomer: 9, rsaMinimumBits: 2048 },
        certificates: { revokedKeys: null },
        recordings: { directory: '/x', days: 1, totalMiB: 1 },
      },
      [],
      () => gate.policy ?? assert.fail(),
      () => assert.fail(),
      () => assert.fail(),
    );
  const ask = (method: 'GET' | 'POST', path: string, given: Record<string, unknown>): Promise<object> =>
    administration().answer({ method, path, given, actor: ADMIN, signal: new AbortController().signal });
  const world = (): LoginWorld => loginWorld(gate.store, NO_LIST, gate.policy, gate.gate);
  const explain = async (login: string, name: keyof typeof keys): Promise<ExplainedLogin> => {
    const key = `${keys[name].type} ${blob(name).toString('base64')}`;
    const answer = await ask('POST', '/logins/explain', { login, key });
    assert.ok(!isRefusal(answer), JSON.stringify(answer));
    return answer as ExplainedLogin;
  };

  /** Logs in as a client does. @returns the reason of the gate; null when it was let in */
  async function attempt(login: string, name: keyof typeof keys): Promise<string | null> {
    attempts += 1;
    const ident = `Test_${attempts}`;
    const raw = await RawSsh.connect(gate.port, { ident });
    const key = keys[name];
    const algorithm = key.type === 'ssh-rsa' ? 'rsa-sha2-512' : key.type;
    const signed = raw.toSign(login, algorithm, blob(name));
    const signature = key.sign(signed, key.type === 'ssh-rsa' ? 'sha512' : undefined);
    const reply = await raw.sign(login, algorithm, blob(name), signature as Buffer);
    raw.end();
    if (reply === 'success') return null;
    const { tries } = await eventually('the refusal', () =>
      gate.front.refusedConnections.list().find(({ client }) => client === ident),
    );
    return tries.at(-1)?.because ?? 'nothing';
  }

  const CASES = [
    ['alice', 'alice', null, null, null],
    ['horatio', 'alice', null, null, null],
    [
      'alice',
      'nobody',
      'unknown-login-or-key',
      /there is a customer alice, but no customer has this key/,
      /postern key add alice FILE/,
    ],
    [
      'alice',
      'bob',
      'unknown-login-or-key',
      /a customer alice, but the key is registered for bob/,
      /log in as bob/,
    ],
    [
      'root',
      'bob',
      'unknown-login-or-key',
      /no customer root, no domain of that name .* registered for bob/,
      /the login name is the customer's: bob/,
    ],
    [
      'root',
      'nobody',
      'unknown-login-or-key',
      /no customer root, no domain .* no customer has this key/,
      /postern customer add/,
    ],
    [
      'horatio',
      'shared',
      'unknown-login-or-key',
      /horatio is a domain, and alice and bob have both a role on it and this key/,
      /the customer's name instead/,
    ],
    [
      'yorick',
      'alice',
      'unknown-login-or-key',
      /yorick is a domain of bob, but the key is registered for alice/,
      /postern role add CUSTOMER yorick/,
    ],
    [
      'late',
      'late',
      'key-expired',
      /the time of the key was over on 2020-01-01T00:00:00\.000Z/,
      /postern key expire late SHA256:\S+ never/,
    ],
    [
      'mallory',
      'mallory',
      'customer-suspended',
      /the customer mallory is suspended/,
      /postern customer resume mallory/,
    ],
    [
      'weak',
      'weak',
      'key-not-allowed',
      /does not allow the bits of the key, by keys: at 20-keys\.yaml:7/,
      /change the rule, or the customer's key: this RSA key has 2048 bits, and 3072 is the least/,
    ],
    ['\x1b[2J', 'nobody', 'unknown-login-or-key', /no customer \^\[\[2J, /, /postern customer add/],
  ] as const;

  for (const [login, name, because, why, mend] of CASES)
    it(`foretells ${JSON.stringify(login)} with the key ${name}: ${because ?? 'let in'}, as the gate decides`, async () => {
      const told = await explain(login, name);
      assert.equal(told.because, await attempt(login, name));
      assert.equal(told.because, because);
      assert.equal(told.accepted, because === null);
      if (why === null) {
        assert.match(told.text, / would be let in( as the customer alice)?\.\n$/);
      } else {
        assert.match(told.why ?? '', why);
        assert.match(told.mend ?? '', mend);
        assert.match(told.text, /would be refused: .*\.\n {2}-> /);
      }
      assert.equal(told.rule, because === 'key-not-allowed' ? '20-keys.yaml:7' : null);
    });

  it('takes a fingerprint for the key, and refuses what is neither', async () => {
    const told = (await ask('POST', '/logins/explain', {
      login: 'alice',
      key: print('alice'),
    })) as ExplainedLogin;
    assert.deepEqual([told.accepted, told.type], [true, 'ssh-ed25519']);
    for (const [key, sentence] of [
      ['SHA256:x', /is not a fingerprint/],
      ['nonsense', /./],
      ['ssh-ed25519 AAAA', /cut short or damaged/],
    ] as const) {
      const no = await ask('POST', '/logins/explain', { login: 'alice', key });
      assert.ok(isRefusal(no));
      assert.match(no.detail, sentence);
    }
  });

  it('changes nothing: no row, no use of a key, no try', async () => {
    const before = [
      gate.store.audit.head().seq,
      JSON.stringify(gate.store.keys.all()),
      gate.front.refusedConnections.list().length,
    ];
    for (const [login, name] of CASES) await explain(login, name);
    assert.deepEqual(
      [
        gate.store.audit.head().seq,
        JSON.stringify(gate.store.keys.all()),
        gate.front.refusedConnections.list().length,
      ],
      before,
    );
  });

  for (const [name, kind] of [
    ['ed', 'ed25519'],
    ['ec', 'ecdsa'],
  ] as const)
    it(`foretells a login with a security key of type ${kind}, and notes no counter`, async () => {
      const own = new SoftAuthenticator(kind);
      gate.customer(name, [own.blob]);
      const before = gate.policy;
      const key = `${own.type} ${own.blob.toString('base64')}`;
      const told = async (): Promise<ExplainedLogin> =>
        (await ask('POST', '/logins/explain', { login: name, key })) as ExplainedLogin;
      try {
        assert.match((await told()).text, / would be let in\.\n$/);
        const everybody = { customers: [], groups: [], roles: [] };
        const rule = { ...NO_KEY_RULE, subjects: everybody, verified: true, place: PLACE };
        gate.policy = policy({ keyRules: [rule] });
        gate.statements.splice(0);
        const { accepted, text } = await told();
        assert.ok(accepted);
        assert.match(text, /let in, if the security key verifies its user \(keys: at 20-keys\.yaml:7\)\.\n$/);
        assert.deepEqual(
          gate.statements.filter((sql) => !/^SELECT/i.test(sql.trim())),
          [],
        );
        const plain = await explain('alice', 'alice');
        assert.equal(plain.because, await attempt('alice', 'alice'));
        assert.match(plain.why ?? '', /does not allow the type of the key, by keys: at 20-keys\.yaml:7/);
      } finally {
        gate.policy = before;
      }
    });

  it('tells the refused ones by fingerprint, by customer, by address, with what is so now', async () => {
    const of = (who: string | null, last = 99): Promise<RefusedLogins> =>
      refusedLogins(world(), gate.front.refusedConnections.list(), who, last);
    await attempt('alice', 'nobody');
    await attempt('root', 'bob');
    await attempt('late', 'late');
    assert.equal((await of(print('nobody'), 1)).refused[0]?.tries.at(-1)?.fingerprint, print('nobody'));
    assert.ok(
      (await of('bob')).refused.some(({ tries }) => tries.some(({ login }) => login === 'root')),
      'by their key',
    );
    assert.ok(
      (await of('127.0.0.1')).refused.length > 0 && (await of('::ffff:127.0.0.1')).refused.length > 0,
    );
    assert.deepEqual((await of('192.0.2.99')).refused, []);
    assert.deepEqual((await of('somebody')).refused, []);
    const late = await of('late', 1);
    assert.match(
      late.text,
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC {2}127\.0\.0\.1, Test_\d+, connection [0-9a-f]{8}.*\n {2}late with ssh-ed25519 SHA256:\S+: the time of the key was over on [^\n]*\.\n {4}-> postern key expire late /,
    );
    gate.store.keys.setExpiry(
      customerName('late'),
      late.refused[0]?.tries[0]?.fingerprint ?? assert.fail(),
      null,
      ADMIN,
    );
    assert.match((await of('late', 1)).text, /\n {4}-> nothing: it would be let in now\n$/);
  });

  it("asks the running gate's own accounts, which may know of more than the store", () => {
    const accounts = { find: () => null };
    const key = { fingerprint: fingerprintOf(blob('alice')), blob: blob('alice'), type: 'ssh-ed25519' };
    const told = explainedLogin({ ...world(), accounts }, null, 'alice', key, null);
    assert.equal(told.because, 'unknown-login-or-key');
    assert.match(told.text, /the key is registered for alice, and yet the gate does not take it\.\n/);
  });

  it('tells older ones from the audit log, which never says whether a customer exists', async () => {
    const event = {
      kind: 'login.refused',
      source: '198.51.100.9',
      connection: 'feedbeef',
      login: 'alice',
    } as const;
    gate.store.audit.append({
      ...event,
      fingerprint: fingerprintOf(blob('bob')),
      reason: 'login-or-key-refused (and 3 more not recorded)',
    });
    const { refused, text } = await refusedLogins(world(), [], '198.51.100.9', 9);
    assert.equal(refused[0]?.from, 'audit');
    assert.match(
      text,
      /connection feedbeef, from the audit log\n {2}alice with ssh-ed25519 \S+: there is a customer alice, but the key is registered for bob\./,
    );
  });
});

describe('gate/control: explain-login with many keys', () => {
  it('never reads all keys, looks each tried key up once, and lets others have their turn', async () => {
    const statements: string[] = [];
    const temporary = new TemporaryStore({ trace: (sql) => statements.push(sql) });
    try {
      const { store } = temporary;
      const tried = (connection: number): RefusedConnection => ({
        at: new Date(0),
        source: '192.0.2.1',
        connection: `${connection}`,
        client: null,
        because: 'login-refused',
        detail: null,
        tries: Array.from({ length: 10 }, (_, index) => ({
          login: 'alice',
          method: 'publickey',
          algorithm: 'ssh-ed25519',
          fingerprint: `SHA256:${connection}-${index}` as Fingerprint,
          because: 'unknown-login-or-key',
          signed: false,
          certificate: null,
        })),
        times: 1,
      });
      const connections = Array.from({ length: 200 }, (_, index) => tried(index));
      const told = refusedLogins(loginWorld(store, NO_LIST, policy({}), null), connections, null, 200);
      let turns = 0;
      const count = setInterval(() => {
        turns += 1;
      }, 0);
      try {
        assert.equal((await told).refused.length, 200);
      } finally {
        clearInterval(count);
      }
      assert.ok(turns > 2, `${turns} turns`);
      const ofAll = statements.filter((sql) => /FROM customer JOIN key/.test(sql) && !/WHERE/.test(sql));
      assert.deepEqual(ofAll, []);
      const lookUps = statements.filter((sql) =>
        /FROM key JOIN customer .* WHERE key\.fingerprint = /.test(sql),
      );
      assert.equal(lookUps.length, 200 * 10);
    } finally {
      temporary.remove();
    }
  });
});

describe('gate/control: explain-login on a running gate', () => {
  it('knows that a source is penalised', async () => {
    const gate = new ControlFixture();
    try {
      const key = signingKey('ed25519');
      const { store } = gate;
      const [customer, fingerprint] = [customerName('alice'), fingerprintOf(key.getPublicSSH())];
      store.customers.add(customer, ADMIN);
      store.keys.add(
        { customer, fingerprint, type: key.type, blob: key.getPublicSSH(), comment: '' },
        ADMIN,
        9,
      );
      const told = (await Administration.ofRunningGate(store, gate.settings, gate).answer({
        method: 'POST',
        path: '/logins/explain',
        given: { login: 'alice', key: fingerprint, source: '192.0.2.66' },
        actor: ADMIN,
        signal: new AbortController().signal,
      })) as ExplainedLogin;
      assert.deepEqual([told.accepted, told.because], [false, null]);
      assert.match(told.text, /would be let in\.\nBut connections from 192\.0\.2\.66 are closed at once now/);
    } finally {
      await gate.remove();
    }
  });
});
