import assert from 'node:assert/strict';
import { isRefusal } from '../../../policy/refusal.js';
import type { Policy } from '../../../policy/policy.js';
import { NOTHING_REVOKED } from '../../../server/gate/certificates/revocation-list.js';
import { Authenticator } from '../../../server/gate/ssh/authenticate.js';
import type { LoginAnswer } from '../../../server/gate/ssh/authenticate.js';
import { CertificateLogin } from '../../../server/gate/ssh/certificate-login.js';
import { CertifiedAccounts } from '../../../server/gate/ssh/certified-accounts.js';
import { RuledAccounts } from '../../../server/gate/ssh/ruled-accounts.js';
import { SignatureCheck } from '../../../server/gate/ssh/signature-check.js';
import type { NewAuthority } from '../../../server/store/authorities.js';
import type { AuthorityName } from '../../../policy/names.js';
import {
  makeCertificate,
  makeKey,
  makeRsaKey,
  makeSecurityKey,
  NO_DATA,
  text,
  TYPE,
} from '../../support/made-certificate.js';
import type { CertificateParts, MadeKey, RsaAlgorithm } from '../../support/made-certificate.js';
import { NO_KEY_RULE, policy } from '../../support/policy-values.js';
import { encode } from '../../support/raw-ssh.js';
import { PRESENT, SoftAuthenticator, VERIFIED } from '../../support/soft-authenticator.js';
import type { Changes } from '../../support/soft-authenticator.js';
import { ADMIN, customerName, domainName, TemporaryStore } from '../../support/temporary-store.js';

const NOW = Date.parse('2026-11-29T12:00:00.000Z');
const SECONDS = BigInt(NOW / 1000);

describe('gate/ssh: who logs in by a certificate', () => {
  const statements: string[] = [];
  const temporary = new TemporaryStore({ trace: (sql) => statements.push(sql) });
  const { store } = temporary;
  const site = makeKey();
  const ofAlice = makeKey();
  const shared = makeKey();
  const ofStaff = makeKey();
  const stranger = makeKey();
  const key = makeKey();
  const check = new SignatureCheck();
  let inForce: Policy | null = null;
  let problem: string | null = null;
  let revoked = NOTHING_REVOKED;
  const parts = {
    logins: store.logins,
    holders: store.holders,
    policy: () => inForce,
    clock: () => new Date(NOW),
  };
  const certificates = new CertificateLogin(check, store.keyUse, {
    accounts: new CertifiedAccounts({
      ...parts,
      authorities: store.authorities,
      revoked: {
        revokesKey: (blob) => revoked.revokesKey(blob),
        revokesCertificate: (certificate) => revoked.revokesCertificate(certificate),
      },
    }),
    limits: { rsaMinimumBits: 2048 },
    revokedKeys: {
      refresh: () => false,
      get problem() {
        return problem;
      },
    },
    clock: () => NOW,
  });
  const authenticator = new Authenticator(new RuledAccounts(parts), check, store.keyUse, certificates);

  const trust = (name: string, ca: MadeKey, scope: Partial<NewAuthority>): void => {
    const { fingerprint, blob } = ca;
    const named = name as AuthorityName;
    const added = store.authorities.add(
      {
        name: named,
        fingerprint,
        type: 'ssh-ed25519',
        blob,
        everybody: false,
        customers: [],
        groups: [],
        ...scope,
      },
      ADMIN,
    );
    assert.ok(!isRefusal(added));
  };

  before(() => {
    for (const name of ['alice', 'bob', 'carol']) store.customers.add(customerName(name), ADMIN);
    store.domains.seen([domainName('horatio'), domainName('yorick'), domainName('ophelia')]);
    store.roles.add(customerName('alice'), domainName('horatio'), 'owner', ADMIN);
    store.roles.add(customerName('alice'), domainName('ophelia'), 'owner', ADMIN);
    store.roles.add(customerName('bob'), domainName('ophelia'), 'watcher', ADMIN);
    store.roles.add(customerName('bob'), domainName('yorick'), 'owner', ADMIN);
    trust('site', site, { everybody: true });
    trust('alice-ca', ofAlice, { customers: [customerName('alice')] });
    trust('shared-ca', shared, { customers: [customerName('alice'), customerName('bob')] });
    trust('staff-ca', ofStaff, { groups: ['staff'] });
  });

  after(() => {
    temporary.remove();
  });

  beforeEach(() => {
    inForce = null;
    problem = null;
    revoked = NOTHING_REVOKED;
  });

  interface Try {
    readonly login?: string;
    readonly ca?: MadeKey;
    readonly parts?: Partial<CertificateParts>;
    readonly source?: string | null;
    readonly algorithm?: string;
    readonly by?: MadeKey;
    readonly blob?: Buffer;
    readonly probe?: boolean;
  }

  const attempt = (given: Try = {}): LoginAnswer => {
    const { login = 'alice', ca = site, source = '192.0.2.7', algorithm = TYPE, by = key } = given;
    const blob = given.blob ?? makeCertificate(ca, key, given.parts);
    const signed = Buffer.concat([encode('session'), encode(login), encode(blob)]);
    const whole = by.sign(signed);
    const signature = given.probe === true ? null : { bytes: whole, whole, signed };
    return authenticator.answer({
      login,
      method: 'publickey',
      ...(source === null ? {} : { source }),
      key: { algorithm, blob, signature },
    });
  };
  const outcome = (given: Try = {}): string => {
    const answer = attempt(given);
    if (answer.kind === 'accepted')
      return `${answer.found.customer}${answer.found.domain === null ? '' : ` on ${answer.found.domain}`}`;
    return answer.kind === 'refused' ? answer.because : answer.kind;
  };

  it('lets the customer in whom the certificate names, and knows by what', () => {
    const answer = attempt({ parts: { serial: 2n ** 64n - 1n } });
    assert.ok(answer.kind === 'accepted');
    const { found } = answer;
    assert.equal(found.customer, 'alice');
    assert.equal(found.key.fingerprint, key.fingerprint);
    assert.equal(found.certificate?.authorityName, 'site');
    assert.equal(found.certificate.authority, site.fingerprint);
    assert.equal(found.certificate.confinedTo, null);
    assert.deepEqual(store.keys.list(customerName('alice')), [], 'it leaves no key');
  });

  const principals: readonly (readonly [what: string, given: Try, outcome: string])[] = [
    ['one of several principals', { parts: { principals: ['x', 'alice'] } }, 'alice'],
    ['no principal', { parts: { principals: [] } }, 'certificate-not-for-login'],
    ['an empty principal', { parts: { principals: [''] } }, 'certificate-not-for-login'],
    [
      'an empty principal and an empty login',
      { login: '', parts: { principals: [''] } },
      'certificate-not-for-login',
    ],
    ["another customer's principal", { login: 'bob' }, 'certificate-not-for-login'],
    ['a principal in capitals', { parts: { principals: ['ALICE'] } }, 'certificate-not-for-login'],
    ['a pattern', { parts: { principals: ['*', 'ali*'] } }, 'certificate-not-for-login'],
    [
      'a login that nobody has',
      { login: 'nobody', parts: { principals: ['nobody'] } },
      'certificate-not-for-login',
    ],
    ["a domain's login, with the customer's principal", { login: 'horatio' }, 'alice on horatio'],
    [
      "a domain's login, with a customer's principal who has no role on it",
      { login: 'yorick' },
      'certificate-not-for-login',
    ],
    [
      "a domain's principal by the CA of one customer",
      { login: 'horatio', ca: ofAlice, parts: { principals: ['horatio'] } },
      'alice on horatio',
    ],
    [
      "a domain's principal does not open the customer's login",
      { ca: ofAlice, parts: { principals: ['horatio'] } },
      'certificate-not-for-login',
    ],
    [
      "a domain's principal does not open another domain",
      { login: 'ophelia', ca: ofAlice, parts: { principals: ['horatio'] } },
      'certificate-not-for-login',
    ],
    [
      "a domain's principal by a CA of everybody",
      { login: 'horatio', parts: { principals: ['horatio'] } },
      'certificate-not-for-login',
    ],
    [
      "a domain's principal by a CA of two",
      { login: 'horatio', ca: shared, parts: { principals: ['horatio'] } },
      'certificate-not-for-login',
    ],
    [
      "a domain's principal of another customer's domain",
      { login: 'yorick', ca: ofAlice, parts: { principals: ['yorick'] } },
      'certificate-not-for-login',
    ],
    [
      'two customers who both fit',
      { login: 'ophelia', ca: shared, parts: { principals: ['alice', 'bob'] } },
      'certificate-not-for-login',
    ],
    [
      'one of two customers on a domain',
      { login: 'ophelia', ca: shared, parts: { principals: ['bob'] } },
      'bob on ophelia',
    ],
    [
      'two customers, of whom the CA may speak for one',
      { login: 'ophelia', ca: ofAlice, parts: { principals: ['alice', 'bob'] } },
      'alice on ophelia',
    ],
  ];
  for (const [what, given, expected] of principals) {
    it(`${what}: ${expected}`, () => {
      assert.equal(outcome(given), expected);
    });
  }

  const refusals: readonly (readonly [what: string, given: Try, outcome: string])[] = [
    [
      'the CA of another customer',
      { login: 'bob', ca: ofAlice, parts: { principals: ['bob'] } },
      'certificate-not-for-login',
    ],
    ['an unknown CA', { ca: stranger }, 'certificate-authority-unknown'],
    ['a certificate that its own key signed', { ca: key }, 'certificate-authority-unknown'],
    [
      "the CA's key, signed by another",
      { parts: { sign: (bytes) => stranger.sign(bytes) } },
      'certificate-forged',
    ],
    [
      'a signature over other bytes',
      { parts: { sign: (bytes) => site.sign(bytes.subarray(1)) } },
      'certificate-forged',
    ],
    ['no signature', { parts: { sign: () => NO_DATA } }, 'certificate-algorithm-not-offered'],
    [
      'a signature with bytes behind it',
      { parts: { sign: (bytes) => Buffer.concat([site.sign(bytes), NO_DATA, encode('')]) } },
      'certificate-algorithm-not-offered',
    ],
    [
      'RSA with SHA-1',
      { parts: { sign: () => Buffer.concat([encode('ssh-rsa'), encode('x')]) } },
      'certificate-algorithm-not-offered',
    ],
    [
      "another algorithm than the CA's key is of",
      { parts: { sign: () => Buffer.concat([encode('rsa-sha2-512'), encode('x')]) } },
      'certificate-forged',
    ],
    ['a client without the key', { by: stranger }, 'wrong-signature'],
    ["the CA's own signature in the place of the client's", { by: site }, 'wrong-signature'],
    [
      'another algorithm than the certificate is of',
      { algorithm: 'ecdsa-sha2-nistp256-cert-v01@openssh.com' },
      'certificate-unreadable',
    ],
    ['SHA-1 certificates', { algorithm: 'ssh-rsa-cert-v01@openssh.com' }, 'algorithm-not-offered'],
    ['a certificate by the name of a plain key', { algorithm: 'ssh-ed25519' }, 'unknown-login-or-key'],
    ['a plain key by the name of a certificate', { blob: key.blob }, 'certificate-unreadable'],
    ['the plain key inside', { blob: key.blob, algorithm: 'ssh-ed25519' }, 'unknown-login-or-key'],
    ["the CA's own key", { blob: site.blob, algorithm: 'ssh-ed25519', by: site }, 'unknown-login-or-key'],
    ['a host certificate', { parts: { kind: 2 } }, 'certificate-not-for-users'],
    ['a time that has not come', { parts: { validAfter: SECONDS + 1n } }, 'certificate-not-valid-yet'],
    ['its first moment', { parts: { validAfter: SECONDS } }, 'alice'],
    ['a time that is over', { parts: { validBefore: SECONDS - 1n } }, 'certificate-expired'],
    ['its end, at the moment', { parts: { validBefore: SECONDS } }, 'certificate-expired'],
    ['its last second', { parts: { validBefore: SECONDS + 1n } }, 'alice'],
    [
      'a time that begins after its end',
      { parts: { validAfter: SECONDS + 9n, validBefore: SECONDS - 9n } },
      'certificate-not-valid-yet',
    ],
    [
      'a beginning in the year 584 billion',
      { parts: { validAfter: 2n ** 64n - 1n } },
      'certificate-not-valid-yet',
    ],
    ['an end at 0', { parts: { validBefore: 0n } }, 'certificate-expired'],
    ['an unknown critical option', { parts: { critical: [['new', NO_DATA]] } }, 'certificate-option-unknown'],
    [
      'a broken option',
      { parts: { critical: [['force-command', NO_DATA]] } },
      'certificate-option-unreadable',
    ],
    [
      'verify-required, with a key that verifies nobody',
      { parts: { critical: [['verify-required', NO_DATA]] } },
      'user-not-verified',
    ],
    [
      'a login of 65 characters',
      { login: 'a'.repeat(65), parts: { principals: ['a'.repeat(65), ''] } },
      'certificate-not-for-login',
    ],
  ];
  for (const [what, given, expected] of refusals) {
    it(`${what}: ${expected}`, () => {
      assert.equal(outcome(given), expected);
      assert.equal(outcome(), 'alice', 'the honest one still works');
    });
  }

  const from = (list: string): Partial<CertificateParts> => ({ critical: [['source-address', text(list)]] });
  const sources: readonly (readonly [list: string, source: string | null, fits: boolean])[] = [
    ['192.0.2.0/24', '192.0.2.7', true],
    ['198.51.100.1,192.0.2.7', '192.0.2.7', true],
    ['192.0.2.0/29', '192.0.2.8', false],
    ['192.0.2.7', null, false],
    ['192.0.2.7', '2001:db8::7', false],
    ['2001:db8::/32', '2001:db8:1::7', true],
    ['2001:db8::/32', '2001:db9::7', false],
    ['0.0.0.0/0', '2001:db8::7', false],
    ['::/0', '192.0.2.7', false],
    ['::/0', '2001:db8::7', true],
    ['::ffff:192.0.2.0/120', '192.0.2.7', true],
    ['192.0.2.0/24', '::ffff:192.0.2.7', true],
    ['::ffff:192.0.2.0/120', '198.51.100.7', false],
  ];
  for (const [list, source, fits] of sources) {
    it(`source-address ${list} and a client at ${source ?? 'an unknown address'}: ${fits ? 'fits' : 'does not fit'}`, () => {
      assert.equal(outcome({ source, parts: from(list) }), fits ? 'alice' : 'certificate-not-for-source');
    });
  }

  it('trusts the CA of a group for those who are in the group now', () => {
    const given = { ca: ofStaff };
    assert.equal(outcome(given), 'certificate-not-for-login', 'without a policy nobody is in a group');
    inForce = policy({ groups: { staff: [customerName('alice')] } });
    assert.equal(outcome(given), 'alice');
    assert.equal(
      outcome({ ...given, login: 'bob', parts: { principals: ['bob'] } }),
      'certificate-not-for-login',
    );
    inForce = policy({ groups: { others: [customerName('alice')] } });
    assert.equal(outcome(given), 'certificate-not-for-login');
  });

  it("holds the policy's rules for keys, for the key inside and for the CA's", () => {
    const everybody = { customers: [], groups: [], roles: [] };
    inForce = policy({ keyRules: [{ ...NO_KEY_RULE, subjects: everybody, types: ['ecdsa-sha2-nistp256'] }] });
    assert.equal(outcome(), 'key-not-allowed');
    inForce = policy({ keyRules: [{ ...NO_KEY_RULE, subjects: everybody, types: ['ssh-ed25519'] }] });
    assert.equal(outcome(), 'alice');
    inForce = policy({ keyRules: [{ ...NO_KEY_RULE, subjects: everybody, maxAgeSeconds: 3600 }] });
    assert.equal(outcome(), 'key-not-allowed', 'since 1970 is too long');
    assert.equal(outcome({ parts: { validAfter: SECONDS - 60n } }), 'alice');
  });

  it('refuses the suspended, the revoked, and everybody while the list cannot be read', () => {
    store.customers.suspend(customerName('carol'), null, ADMIN);
    assert.equal(outcome({ login: 'carol', parts: { principals: ['carol'] } }), 'customer-suspended');
    revoked = { revokesKey: () => false, revokesCertificate: ({ serial }) => serial === 66n };
    assert.equal(outcome({ parts: { serial: 66n } }), 'certificate-revoked');
    assert.equal(outcome({ parts: { serial: 67n } }), 'alice');
    problem = 'it is cut short';
    assert.equal(outcome({ parts: { serial: 67n } }), 'revoked-keys-unreadable');
  });

  it('tells a prober nothing about names: a genuine certificate is asked to sign, no other is', () => {
    for (const login of ['alice', 'bob', 'nobody', 'horatio', ''])
      assert.equal(outcome({ login, probe: true }), 'sign-please', login);
    const notGenuine: readonly Try[] = [
      { ca: stranger },
      { parts: { sign: (bytes) => stranger.sign(bytes) } },
      { parts: { kind: 2 } },
      { blob: key.blob },
    ];
    for (const given of notGenuine)
      for (const login of ['alice', 'nobody']) {
        const answer = attempt({ ...given, login, probe: true });
        assert.ok(answer.kind === 'refused' && !answer.isTry, login);
      }
  });

  it('costs the same reads and verifications whoever is asked for', () => {
    const cost = (given: Try): string => {
      const [reads, verified] = [statements.length, check.count];
      attempt(given);
      return `${statements.length - reads} reads, ${check.count - verified} verifications`;
    };
    const honest = cost({});
    const others: readonly Try[] = [
      { login: 'nobody' },
      { login: 'bob' },
      { login: 'yorick' },
      { ca: stranger },
      { ca: stranger, login: 'nobody' },
      { ca: ofAlice, login: 'bob' },
      { parts: { sign: (bytes) => stranger.sign(bytes) } },
      { by: stranger },
    ];
    for (const given of others) assert.equal(cost(given), honest);
    assert.match(honest, /, 2 verifications$/);
    assert.match(cost({ probe: true }), /, 1 verifications$/);
    assert.equal(cost({ probe: true, login: 'nobody', ca: stranger }), cost({ probe: true }));
  });

  it('names CA, key id and serial of a genuine certificate in a refusal, printable, and of no other', () => {
    const keyId = 'lap\u001b[31mtop\u202e' + 'x'.repeat(200);
    const expired = attempt({ parts: { validBefore: 1n, keyId, serial: 2n ** 63n } });
    assert.ok(expired.kind === 'refused');
    assert.equal(expired.certificate?.authority, site.fingerprint);
    assert.equal(expired.certificate.authorityName, 'site');
    assert.equal(expired.certificate.serial, '9223372036854775808');
    assert.match(expired.certificate.keyId, /^lap\^\[\[31mtop<U\+202E>x+…$/);
    assert.ok(expired.certificate.keyId.length <= 128);
    const forged = attempt({ parts: { sign: (bytes) => stranger.sign(bytes) } });
    assert.ok(forged.kind === 'refused' && forged.certificate === undefined);
  });

  it('does not turn a CA of two into the CA of one when a customer goes', () => {
    const pair = makeKey();
    store.customers.add(customerName('dave'), ADMIN);
    trust('pair-ca', pair, { customers: [customerName('dave'), customerName('bob')] });
    const given = { login: 'yorick', ca: pair, parts: { principals: ['yorick'] } };
    assert.equal(outcome(given), 'certificate-not-for-login');
    store.customers.remove(customerName('dave'), ADMIN);
    assert.equal(outcome(given), 'certificate-not-for-login');
  });

  it('takes from an RSA key the hash that the request names, and no other', () => {
    const rsa = makeRsaKey();
    const type = 'ssh-rsa-cert-v01@openssh.com';
    const over = (asked: RsaAlgorithm, signed: RsaAlgorithm): Try => {
      const by = rsa(signed);
      return { algorithm: `${asked}-cert-v01@openssh.com`, by, blob: makeCertificate(site, by, { type }) };
    };
    for (const asked of ['rsa-sha2-256', 'rsa-sha2-512'] as const)
      for (const signed of ['rsa-sha2-256', 'rsa-sha2-512'] as const)
        assert.equal(outcome(over(asked, signed)), asked === signed ? 'alice' : 'wrong-signature');
  });

  describe('over a security key', () => {
    const SK = 'sk-ssh-ed25519-cert-v01@openssh.com';
    const authenticator = new SoftAuthenticator('ed25519');
    const over = (changes: Changes = {}, of: Partial<CertificateParts> = {}, one = authenticator): Try => {
      const touched = makeSecurityKey(one, changes);
      const type = one.type.replace('@openssh.com', '-cert-v01@openssh.com');
      return { algorithm: type, by: touched, blob: makeCertificate(site, touched, { type, ...of }) };
    };
    const verify = { critical: [['verify-required', NO_DATA]] } as const;
    const both = PRESENT | VERIFIED;

    const cases: readonly (readonly [what: string, given: Try, outcome: string])[] = [
      ['touched', over(), 'alice'],
      ['of the other kind', over({}, {}, new SoftAuthenticator('ecdsa')), 'alice'],
      ['not touched', over({ flags: 0 }), 'user-not-present'],
      [
        'not touched, where the certificate permits it',
        over({ flags: 0 }, { extensions: [['no-touch-required', NO_DATA]] }),
        'user-not-present',
      ],
      ['verify-required and not verified', over({}, verify), 'user-not-verified'],
      ['verify-required and verified', over({ flags: both }, verify), 'alice'],
      [
        'verify-required and the flag changed after signing',
        over({ sent: { flags: both } }, verify),
        'wrong-signature',
      ],
      ['signed for another application', over({ application: 'ssh:other' }), 'wrong-signature'],
      [
        "another authenticator's signature",
        { ...over(), by: makeSecurityKey(new SoftAuthenticator('ed25519')) },
        'wrong-signature',
      ],
      [
        'a key for web sites',
        over({}, {}, new SoftAuthenticator('ed25519', 'https://example.com')),
        'certificate-key-not-taken',
      ],
    ];
    for (const [what, given, expected] of cases) {
      it(`${what}: ${expected}`, () => {
        assert.equal(outcome(given), expected);
      });
    }

    it('says whether its user was verified, and the policy can require it', () => {
      const answer = attempt(over({ flags: both }));
      assert.ok(answer.kind === 'accepted' && answer.verified);
      const everybody = { customers: [], groups: [], roles: [] };
      inForce = policy({ keyRules: [{ ...NO_KEY_RULE, subjects: everybody, verified: true }] });
      assert.equal(outcome(over({ flags: both })), 'alice');
      assert.equal(outcome(over()), 'user-not-verified');
      assert.equal(outcome(), 'key-not-allowed', 'a key that verifies nobody');
    });

    it('holds the counter of the key where it is registered as well', () => {
      const registered = new SoftAuthenticator('ed25519');
      const fingerprint = makeSecurityKey(registered).fingerprint;
      const { type, blob } = registered;
      const row = { customer: customerName('alice'), fingerprint, type, blob, comment: '' };
      assert.ok(!isRefusal(store.keys.add(row, ADMIN, 10)));
      assert.equal(outcome(over({ counter: 5 }, {}, registered)), 'alice');
      assert.equal(outcome(over({ counter: 5 }, {}, registered)), 'counter-went-back');
      assert.equal(outcome(over({ counter: 6 }, {}, registered)), 'alice');
    });

    it('may be the key of a CA', () => {
      const ca = makeSecurityKey(new SoftAuthenticator('ecdsa'));
      trust('sk-ca', ca, { everybody: true });
      assert.equal(outcome({ ca }), 'alice');
      const everybody = { customers: [], groups: [], roles: [] };
      inForce = policy({ keyRules: [{ ...NO_KEY_RULE, subjects: everybody, types: ['ssh-ed25519'] }] });
      assert.equal(outcome({ ca }), 'key-not-allowed', "the rules for keys hold for the CA's key");
      assert.equal(outcome(), 'alice');
      inForce = null;
      const sign = (bytes: Buffer): Buffer => makeSecurityKey(new SoftAuthenticator('ecdsa')).sign(bytes);
      assert.equal(outcome({ ca, parts: { sign } }), 'certificate-forged');
    });

    it('is refused under the name of the plain key, and the reverse', () => {
      assert.equal(outcome({ ...over(), algorithm: authenticator.type }), 'unknown-login-or-key');
      assert.equal(outcome({ ...over(), blob: authenticator.blob, algorithm: SK }), 'certificate-unreadable');
    });
  });

  it('lets nobody in by a CA that was removed', () => {
    const gone = makeKey();
    trust('gone-ca', gone, { everybody: true });
    assert.equal(outcome({ ca: gone }), 'alice');
    store.authorities.remove('gone-ca' as AuthorityName, ADMIN);
    assert.equal(outcome({ ca: gone }), 'certificate-authority-unknown');
  });
});
