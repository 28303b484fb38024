import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { isRefusal } from '../../../policy/refusal.js';
import type { AuthorityName } from '../../../policy/names.js';
import { readAskedKey } from '../../../server/gate/control/asked-key.js';
import type { ExplainedLogin } from '../../../server/gate/control/login-answers.js';
import { loginWorld } from '../../../server/gate/control/login-world.js';
import type { LoginWorld } from '../../../server/gate/control/login-world.js';
import { explainedLogin, refusedLogins } from '../../../server/gate/control/refused-logins.js';
import { SshFields } from '../../../server/gate/keys/ssh-fields.js';
import { Authenticator } from '../../../server/gate/ssh/authenticate.js';
import { CertificateLogin } from '../../../server/gate/ssh/certificate-login.js';
import { LoginTries } from '../../../server/gate/ssh/login-tries.js';
import { SignatureCheck } from '../../../server/gate/ssh/signature-check.js';
import type { NewAuthority } from '../../../server/store/authorities.js';
import { GateUnderTest } from '../../support/gate-under-test.js';
import {
  FOREVER,
  makeCertificate,
  makeKey,
  makeRsaKey,
  makeSecurityKey,
  NO_DATA,
  text,
  TYPE,
  type CertificateParts,
  type MadeKey,
} from '../../support/made-certificate.js';
import { NO_KEY_RULE, policy } from '../../support/policy-values.js';
import { propertyRuns } from '../../support/property-runs.js';
import { encode } from '../../support/raw-ssh.js';
import { PRESENT, SoftAuthenticator, VERIFIED } from '../../support/soft-authenticator.js';
import { ADMIN, customerName, domainName } from '../../support/temporary-store.js';

const EVERYBODY = { customers: [], groups: [], roles: [] };
const PLACE = { file: '20-keys.yaml', line: 7, column: 3 };
const HOUR = 3600n;
const NOW = BigInt(Math.floor(Date.now() / 1000));
const RSA_TYPE = 'ssh-rsa-cert-v01@openssh.com';

describe('gate/control: explain-login with a certificate', () => {
  const directory = mkdtempSync(join(tmpdir(), 'postern-explain-'));
  const revokedKeysFile = join(directory, 'revoked');
  let gate: GateUnderTest;
  const [site, ofAlice, ofStaff, stranger, key, removed, revokedKey] = Array.from({ length: 7 }, makeKey) as [
    MadeKey,
    MadeKey,
    MadeKey,
    MadeKey,
    MadeKey,
    MadeKey,
    MadeKey,
  ];
  const rsa = makeRsaKey();
  const device = new SoftAuthenticator('ed25519');

  const trust = (name: string, ca: MadeKey, scope: Partial<NewAuthority>): void => {
    const { fingerprint, blob } = ca;
    const type = new SshFields(blob).string().toString();
    const own = { name: name as AuthorityName, fingerprint, type, blob };
    const added = gate.store.authorities.add(
      { ...own, everybody: false, customers: [], groups: [], ...scope },
      ADMIN,
    );
    assert.ok(!isRefusal(added));
  };

  before(() => {
    writeFileSync(revokedKeysFile, '');
    gate = new GateUnderTest({ revokedKeysFile });
    gate.customer('alice', [removed.blob], ['horatio', 'ophelia']);
    gate.customer('bob', [], ['yorick']);
    gate.store.roles.add(customerName('bob'), domainName('ophelia'), 'watcher', ADMIN);
    gate.store.keys.remove(customerName('alice'), removed.fingerprint, ADMIN, { allowLast: true });
    gate.customer('mallory', []);
    gate.suspend('mallory');
    gate.customer('old', []);
    gate.store.customers.remove(customerName('old'), ADMIN);
    gate.customer('old', []);
    trust('site', site, { everybody: true });
    trust('alice-ca', ofAlice, { customers: [customerName('alice')] });
    trust('staff-ca', ofStaff, { groups: ['staff'] });
    trust('rsa-ca', rsa('rsa-sha2-512'), { everybody: true });
  });

  afterEach(() => {
    gate.policy = null;
    writeFileSync(revokedKeysFile, '');
  });

  after(async () => {
    await gate.dispose();
    rmSync(directory, { recursive: true });
  });

  interface Case {
    readonly login?: string;
    readonly ca?: MadeKey;
    readonly by?: MadeKey;
    readonly type?: string;
    readonly parts?: Partial<CertificateParts>;
    /** Where it comes from; without, from where the certificate is good. */
    readonly source?: string;
  }

  const made = ({ ca = site, by = key, type = TYPE, parts }: Case): { type: string; blob: Buffer } => ({
    type,
    blob: makeCertificate(ca, by, { type, ...parts }),
  });

  /** The gate that runs, or none. */
  const world = (isRunning: boolean): LoginWorld => {
    const keys = { perCustomer: 9, rsaMinimumBits: 2048 };
    const settings = { keys, certificates: { revokedKeys: revokedKeysFile } };
    return loginWorld(gate.store, settings, gate.policy, isRunning ? gate.gate : null);
  };

  /** In the gate that runs, or as without one. */
  const explain = (asked: Case, isRunning = true): ExplainedLogin => {
    const { type, blob } = made(asked);
    const found = readAskedKey(`${type} ${blob.toString('base64')} a comment\n`, { rsaMinimumBits: 2048 });
    assert.ok(!isRefusal(found));
    return explainedLogin(world(isRunning), null, asked.login ?? 'alice', found, asked.source ?? null);
  };

  const check = new SignatureCheck();
  const counters = { advanceCounter: (): null => null };

  /** A login with real signatures, of both. @returns the reason; null when it is let in */
  const attempt = (asked: Case, source = '192.0.2.7'): string | null => {
    const { login = 'alice', by = key } = asked;
    const { type, blob } = made(asked);
    const parts = gate.gate.certificates ?? assert.fail();
    const certified = new CertificateLogin(check, counters, parts);
    const authenticator = new LoginTries(new Authenticator(gate.gate.accounts, check, counters, certified));
    const signed = Buffer.concat([encode('session'), encode(login), encode(blob)]);
    const whole = by.sign(signed);
    const algorithm = type.replace('ssh-rsa-', 'rsa-sha2-512-');
    const signature = { bytes: whole, whole, signed };
    const answer = authenticator.answer({
      login,
      method: 'publickey',
      source: asked.source ?? source,
      key: { algorithm, blob, signature },
    });
    return answer.kind === 'refused' ? answer.because : null;
  };

  const touched = makeSecurityKey(device, { flags: PRESENT | VERIFIED });
  const SK_TYPE = 'sk-ssh-ed25519-cert-v01@openssh.com';
  const sources = text('192.0.2.0/24,2001:db8::/32');
  const OPEN: readonly (readonly [what: string, asked: Case, says: RegExp])[] = [
    [
      'an honest one',
      {},
      /^alice with ssh-ed25519-cert-v01@openssh\.com SHA256:\S+, certificate "laptop", serial 1, of the CA site, would be let in\.\n$/,
    ],
    ["a domain's login", { login: 'horatio' }, /would be let in as the customer alice\.\n$/],
    [
      "a domain's principal of a CA for one",
      { login: 'horatio', ca: ofAlice, parts: { principals: ['horatio'] } },
      /of the CA alice-ca, would be let in as the customer alice\./,
    ],
    [
      'an RSA key, and the CA of one',
      { ca: rsa('rsa-sha2-512'), by: rsa('rsa-sha2-512'), type: RSA_TYPE },
      /let in\.\n/,
    ],
    [
      'an end',
      { parts: { validBefore: NOW + HOUR } },
      /let in, until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z\.\n$/,
    ],
    [
      'addresses',
      { parts: { critical: [['source-address', sources]] } },
      /let in, if the client is at 192\.0\.2\.0\/24, 2001:db8::\/32\.\n$/,
    ],
    [
      'addresses, from one of them',
      { source: '2001:db8::5', parts: { critical: [['source-address', sources]] } },
      /let in\.\n$/,
    ],
    [
      'a command',
      { parts: { critical: [['force-command', text('horatio console')]] } },
      /let in, for the command "horatio console" alone\.\n$/,
    ],
    [
      'verify-required on a security key',
      { by: touched, type: SK_TYPE, parts: { critical: [['verify-required', NO_DATA]] } },
      /let in, if the security key verifies its user \(verify-required of the certificate\)\.\n$/,
    ],
  ];
  for (const [what, asked, says] of OPEN)
    it(`foretells ${what}, as the gate decides, and as without a gate`, () => {
      assert.equal(attempt(asked), null);
      for (const isRunning of [true, false]) {
        const told = explain(asked, isRunning);
        assert.ok(told.accepted, told.text);
        assert.match(told.text, says);
      }
    });

  const CLOSED: readonly (readonly [
    what: string,
    asked: Case,
    because: string,
    why: RegExp,
    mend: RegExp,
  ])[] = [
    [
      'the CA is not trusted',
      { ca: stranger },
      'certificate-authority-unknown',
      /^its CA SHA256:\S+ is not added here/,
      /postern ca add/,
    ],
    [
      'the CA has not signed it',
      { parts: { sign: (bytes) => stranger.sign(bytes) } },
      'certificate-forged',
      /names your CA site, which has not signed it/,
      /ask the customer/,
    ],
    [
      'the CA is for somebody else',
      { login: 'bob', ca: ofAlice, parts: { principals: ['bob'] } },
      'certificate-not-for-login',
      /^the CA alice-ca does not speak for bob$/,
      /postern ca list/,
    ],
    [
      'the CA is for a group of others',
      { ca: ofStaff },
      'certificate-not-for-login',
      /^the CA staff-ca does not speak for alice$/,
      /postern ca/,
    ],
    [
      'it is expired',
      { parts: { validBefore: 1_700_000_000n } },
      'certificate-expired',
      /was over on 2023-11-14T22:13:20\.000Z$/,
      /sign a new one/,
    ],
    [
      'it begins later',
      { parts: { validAfter: 4_000_000_000n } },
      'certificate-not-valid-yet',
      /begins on 2096-10-02T07:06:40\.000Z$/,
      /clocks/,
    ],
    [
      'it has other principals',
      { parts: { principals: ['carol', '\x1b[2J'] } },
      'certificate-not-for-login',
      /^the principals of the certificate are carol, \^\[\[2J, and none is alice$/,
      /-n alice/,
    ],
    [
      'it has none',
      { parts: { principals: [] } },
      'certificate-not-for-login',
      /no principals, so it is good for nobody/,
      /-n alice/,
    ],
    [
      'there is no such customer',
      { login: 'nobody', parts: { principals: ['nobody'] } },
      'certificate-not-for-login',
      /no customer nobody, and no domain/,
      /postern customer add/,
    ],
    [
      'it names a domain, by a CA of many',
      { login: 'horatio', parts: { principals: ['horatio'] } },
      'certificate-not-for-login',
      /names the domain horatio, and the CA site was not added for one customer alone/,
      /-n alice/,
    ],
    [
      'two customers of a domain are meant',
      { login: 'ophelia', parts: { principals: ['alice', 'bob'] } },
      'certificate-not-for-login',
      /good for alice and bob, who all have a role on it/,
      /customer's name instead/,
    ],
    [
      "it is from before the customer's time",
      { login: 'old', parts: { principals: ['old'], validAfter: 1n } },
      'certificate-not-for-login',
      /begins on 1970-01-01T00:00:01\.000Z, and old has the name, which was somebody else's, since/,
      /begins later/,
    ],
    [
      'an option is unknown',
      { parts: { critical: [['fly@example.com', NO_DATA]] } },
      'certificate-option-unknown',
      /has the critical option fly@example\.com, which the gate does not know/,
      /without that option/,
    ],
    [
      'an option cannot be read',
      { parts: { critical: [['source-address', text('192.0.2.1/24')]] } },
      'certificate-option-unreadable',
      /cannot be read/,
      /without that option/,
    ],
    [
      'it comes from elsewhere',
      { source: '203.0.113.9', parts: { critical: [['source-address', sources]] } },
      'certificate-not-for-source',
      /good from 192\.0\.2\.0\/24, 2001:db8::\/32 only/,
      /for that address/,
    ],
    [
      'its key cannot verify anybody',
      { parts: { critical: [['verify-required', NO_DATA]] } },
      'user-not-verified',
      /asks for a security key that verifies its user \(verify-required\), and its key is of type ssh-ed25519/,
      /-O verify-required/,
    ],
    [
      'its key was removed',
      { by: removed },
      'certificate-revoked',
      /key inside was removed from alice, and a certificate does not bring it back/,
      /postern key add alice/,
    ],
    [
      'the customer is suspended',
      { login: 'mallory', parts: { principals: ['mallory'] } },
      'customer-suspended',
      /mallory is suspended/,
      /postern customer resume mallory/,
    ],
    ['it is of a host', { parts: { kind: 2 } }, 'certificate-not-for-users', /of a host/, /without -h/],
    [
      'it has bytes behind it',
      { parts: { trailing: Buffer.alloc(1) } },
      'certificate-unreadable',
      /damaged/,
      /anew/,
    ],
    [
      'its key is itself a certificate',
      { parts: { signatureKey: makeCertificate(site, key) } },
      'certificate-key-not-taken',
      /kind or size/,
      /another key/,
    ],
    [
      'the CA signed with SHA-1',
      {
        ca: rsa('rsa-sha2-512'),
        parts: {
          sign: (bytes) => {
            const fields = new SshFields(rsa('rsa-sha2-256').sign(bytes));
            fields.string();
            return Buffer.concat([encode('ssh-rsa'), encode(fields.string())]);
          },
        },
      },
      'certificate-algorithm-not-offered',
      /signed with ssh-rsa \(SHA-1\)/,
      /rsa-sha2-512/,
    ],
    [
      'its kind is not offered',
      { type: 'ssh-dss-cert-v01@openssh.com' },
      'algorithm-not-offered',
      /signs with ssh-dss-cert-v01@openssh\.com, which the gate does not take/,
      /another type/,
    ],
  ];
  for (const [what, asked, because, why, mend] of CLOSED)
    it(`foretells that ${what}, as the gate decides, and as without a gate`, () => {
      assert.equal(attempt(asked), because);
      for (const isRunning of [true, false]) {
        const told = explain(asked, isRunning);
        assert.equal(told.because, because, told.text);
        assert.equal(told.accepted, false);
        assert.match(told.why ?? '', why);
        assert.match(told.mend ?? '', mend);
      }
    });

  it('foretells what a list of revoked keys says, and a list that cannot be read', () => {
    writeFileSync(revokedKeysFile, `${revokedKey.line}\n`);
    for (const isRunning of [true, false]) {
      const told = explain({ by: revokedKey }, isRunning);
      assert.equal(told.because, attempt({ by: revokedKey }));
      assert.equal(told.because, 'certificate-revoked');
      assert.match(told.why ?? '', /the file of revoked keys names the certificate, its key or its CA/);
      assert.equal(explain({}, isRunning).because, null);
    }
    writeFileSync(revokedKeysFile, 'no key\n');
    for (const isRunning of [true, false]) {
      const told = explain({}, isRunning);
      assert.equal(told.because, attempt({}));
      assert.equal(told.because, 'revoked-keys-unreadable');
      assert.match(told.why ?? '', /no certificate counts: it is no KRL, and its line 1 is no public key/);
    }
  });

  it('says of a registered key, too, that the list of revoked keys names it', () => {
    gate.customer('carol', [revokedKey.blob], ['cordelia']);
    const asked = readAskedKey(revokedKey.line, { rsaMinimumBits: 2048 });
    assert.ok(!isRefusal(asked));
    const told = (isRunning: boolean, login: string): ExplainedLogin =>
      explainedLogin(world(isRunning), null, login, asked, null);
    for (const isRunning of [true, false]) {
      assert.equal(told(isRunning, 'carol').because, null);
      writeFileSync(revokedKeysFile, `${revokedKey.line}\n`);
      for (const login of ['carol', 'cordelia']) {
        const { because, why } = told(isRunning, login);
        assert.deepEqual(
          [because, why],
          ['unknown-login-or-key', 'the file of revoked keys names this key of carol'],
        );
      }
      writeFileSync(revokedKeysFile, '');
    }
  });

  it("names the policy's rule that does not allow the key inside, or the CA's", () => {
    const ruled = (rule: Partial<typeof NO_KEY_RULE>): void => {
      gate.policy = policy({ keyRules: [{ ...NO_KEY_RULE, subjects: EVERYBODY, place: PLACE, ...rule }] });
    };
    ruled({ types: ['sk-ssh-ed25519@openssh.com'] });
    const inside = explain({});
    assert.deepEqual([inside.because, inside.rule], [attempt({}), '20-keys.yaml:7']);
    assert.match(inside.mend ?? '', /keys of the type ssh-ed25519 are not taken/);
    const asked = { by: touched, type: SK_TYPE };
    const ofCa = explain(asked);
    assert.deepEqual([ofCa.because, ofCa.rule], [attempt(asked), '20-keys.yaml:7']);
    assert.equal(ofCa.because, 'key-not-allowed');
    assert.match(ofCa.mend ?? '', /of the CA's key: keys of the type ssh-ed25519/);
    ruled({ verified: true });
    const careful = explain(asked);
    assert.equal(careful.because, attempt(asked));
    assert.match(
      careful.text,
      /let in, if the security key verifies its user \(keys: at 20-keys\.yaml:7\)\.\n$/,
    );
  });

  it('refuses a certificate that is cut short, or of which the type lies, in a sentence', () => {
    const { blob } = made({});
    for (const line of [
      `${TYPE} ${blob.toString('base64').slice(0, -9)}`,
      `${RSA_TYPE} ${blob.toString('base64')}`,
      `${TYPE} `,
      TYPE,
      `${TYPE} AAAA`,
    ]) {
      const found = readAskedKey(line, { rsaMinimumBits: 2048 });
      if (isRefusal(found)) assert.match(found.message, /cut short or damaged/);
      else assert.equal(found.certificate, 'unreadable');
    }
  });

  it('tells of a refused certificate by whom it was signed, and never that it would be let in now', async () => {
    const event = {
      kind: 'login.refused',
      source: '198.51.100.9',
      connection: 'feedbeef',
      login: 'alice',
      fingerprint: key.fingerprint,
      reason: 'certificate-expired',
      certificate: {
        authority: site.fingerprint,
        authorityName: 'site' as AuthorityName,
        keyId: 'laptop',
        serial: '7',
      },
    } as const;
    gate.store.audit.append(event);
    gate.customer('twin', [key.blob]);
    const { refused, text: told } = await refusedLogins(world(true), [], '198.51.100.9', 9);
    assert.match(
      told,
      /\n {2}alice with \S+ SHA256:\S+, certificate "laptop", serial 7, of the CA site: the certificate's time is over\.\n {4}-> sign a new one/,
    );
    assert.equal(refused[0]?.tries[0]?.acceptedNow, false);
    assert.equal(refused[0].tries[0].certificate?.serial, '7');
  });

  it('decides as the gate does about any certificate', () => {
    const one = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
    const option = one<readonly [string, Buffer]>(
      ['force-command', text('list')],
      ['force-command', NO_DATA],
      ['source-address', text('192.0.2.0/24')],
      ['source-address', text('198.51.100.0/24')],
      ['verify-required', NO_DATA],
      ['x', NO_DATA],
    );
    const any = fc.record({
      login: one('alice', 'bob', 'old', 'mallory', 'horatio', 'ophelia', 'nobody', ''),
      ca: one(site, ofAlice, ofStaff, stranger, rsa('rsa-sha2-512')),
      signer: one(site, ofAlice, null, null, null),
      by: one(
        { by: key, type: TYPE },
        { by: removed, type: TYPE },
        { by: rsa('rsa-sha2-512'), type: RSA_TYPE },
        { by: touched, type: SK_TYPE },
      ),
      principals: fc.uniqueArray(one('alice', 'bob', 'old', 'mallory', 'horatio', 'ophelia', '', 'x'), {
        maxLength: 3,
      }),
      validAfter: one(0n, 1n, NOW - HOUR, NOW - HOUR, NOW + HOUR, FOREVER),
      validBefore: one(0n, NOW - HOUR, NOW + HOUR, FOREVER, FOREVER),
      critical: fc.uniqueArray(option, { maxLength: 2, selector: ([name]) => name }),
      kind: one(1, 1, 1, 1, 2, 0),
    });
    fc.assert(
      fc.property(any, ({ login, ca, signer, by, principals, validAfter, validBefore, critical, kind }) => {
        const sorted = critical.toSorted(([a], [b]) => (a < b ? -1 : 1));
        const parts = { principals, validAfter, validBefore, critical: sorted, kind };
        const sign = signer === null ? {} : { sign: (bytes: Buffer) => signer.sign(bytes) };
        const asked = { login, ca, ...by, parts: { ...parts, ...sign }, source: '192.0.2.7' };
        const told = explain(asked);
        assert.equal(told.because, attempt(asked), told.text);
        assert.equal(told.text.split('\n').length, told.because === null ? 2 : 3, told.text);
      }),
      propertyRuns('explain-login with certificates', 300, 5000),
    );
  });
});
