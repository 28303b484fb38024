import assert from 'node:assert/strict';
import { isRefusal } from '../../../policy/refusal.js';
import type { AuthorityName } from '../../../policy/names.js';
import { SshFields } from '../../../server/gate/keys/ssh-fields.js';
import { Authenticator } from '../../../server/gate/ssh/authenticate.js';
import { CertificateLogin } from '../../../server/gate/ssh/certificate-login.js';
import { SignatureCheck } from '../../../server/gate/ssh/signature-check.js';
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
import { encode } from '../../support/raw-ssh.js';
import { PRESENT, SoftAuthenticator, VERIFIED } from '../../support/soft-authenticator.js';
import { ADMIN } from '../../support/temporary-store.js';

const RSA = 'ssh-rsa-cert-v01@openssh.com';
const SK = 'sk-ssh-ed25519-cert-v01@openssh.com';
const SK_ECDSA = 'sk-ecdsa-sha2-nistp256-cert-v01@openssh.com';
const LOGIN = 'root';
const SOURCE = '127.0.0.1';

interface Case {
  readonly parts?: Partial<CertificateParts>;
  readonly ca?: MadeKey;
  readonly by?: MadeKey;
  readonly type?: string;
  readonly algorithm?: string;
  readonly signer?: MadeKey;
  readonly blob?: Buffer;
}

/**
 * What sshd of OpenSSH 10.6p1 (`TrustedUserCAKeys`) answered to the same certificates over the network, and what the
 * gate is to answer. `strict`: sshd lets them in and the gate does not; `wide` is the other way round.
 */
type Verdict = 'in' | 'out' | 'strict' | 'wide';

describe('gate/ssh: certificates that sshd was shown', () => {
  const gate = new GateUnderTest();
  const [ca, key, other] = [makeKey(), makeKey(), makeKey()];
  const rsa = makeRsaKey();
  const [skCa, skEcdsaCa] = [new SoftAuthenticator('ed25519'), new SoftAuthenticator('ecdsa')];
  const [device, ecdsaDevice] = [new SoftAuthenticator('ed25519'), new SoftAuthenticator('ecdsa')];
  const check = new SignatureCheck();
  const now = BigInt(Math.floor(Date.now() / 1000));

  before(() => {
    gate.customer(LOGIN, []);
    const trusted = [ca, rsa('rsa-sha2-512'), makeSecurityKey(skCa), makeSecurityKey(skEcdsaCa)];
    for (const [at, { blob, fingerprint }] of trusted.entries()) {
      const type = new SshFields(blob).string().toString();
      const own = { name: `ca-${at}` as AuthorityName, fingerprint, type, blob };
      const scope = { everybody: true, customers: [], groups: [] };
      assert.ok(!isRefusal(gate.store.authorities.add({ ...own, ...scope }, ADMIN)));
    }
  });
  after(() => gate.dispose());

  function letsIn({ parts, by = key, type = TYPE, signer = by, ...given }: Case): boolean {
    const certificate = makeCertificate(given.ca ?? ca, by, { type, principals: [LOGIN], ...parts });
    const { algorithm = type, blob = certificate } = given;
    const counters = { advanceCounter: (): null => null };
    const certified = new CertificateLogin(check, counters, gate.gate.certificates ?? assert.fail());
    const signed = Buffer.concat([encode('session'), encode(LOGIN), encode(blob)]);
    const whole = signer.sign(signed);
    const bytes = Buffer.from(new SshFields(whole.subarray(4 + whole.readUInt32BE(0))).string());
    const signature = { bytes, whole, signed };
    const answer = new Authenticator(gate.accounts, check, counters, certified).answer({
      login: LOGIN,
      method: 'publickey',
      source: SOURCE,
      key: { algorithm, blob, signature },
    });
    return answer.kind === 'accepted';
  }

  /** A signature by the RSA CA that says it is of another algorithm. */
  const labelled =
    (algorithm: 'rsa-sha2-256' | 'rsa-sha2-512', label: string) =>
    (bytes: Buffer): Buffer => {
      const fields = new SshFields(rsa(algorithm).sign(bytes));
      fields.string();
      return Buffer.concat([encode(label), encode(fields.string())]);
    };
  const many = (count: number): string[] => Array.from({ length: count }, (_, at) => `p${at}`);
  const from = (networks: string): Case => ({ parts: { critical: [['source-address', text(networks)]] } });
  const forced = (data: Buffer): Case => ({ parts: { critical: [['force-command', data]] } });
  const rsaCa = { signatureKey: rsa('rsa-sha2-512').blob };
  const verify: Case['parts'] = { critical: [['verify-required', NO_DATA]] };
  const pty = ['permit-pty', NO_DATA] as const;

  const CASES: readonly (readonly [verdict: Verdict, what: string, given: Case])[] = [
    ['in', 'an honest one', {}],
    ['out', 'no principals', { parts: { principals: [] } }],
    ['out', 'an empty principal', { parts: { principals: [''] } }],
    ['in', 'an empty principal and the right one', { parts: { principals: ['', LOGIN] } }],
    ['in', 'the principal twice', { parts: { principals: [LOGIN, LOGIN] } }],
    ['out', 'a longer principal', { parts: { principals: [`${LOGIN}y`] } }],
    ['out', 'a principal with a NUL', { parts: { principals: [`${LOGIN}\0x`] } }],
    ['in', '256 principals', { parts: { principals: [...many(255), LOGIN] } }],
    ['out', '257 principals', { parts: { principals: [...many(256), LOGIN] } }],
    ['in', 'a principal of 5,000 bytes', { parts: { principals: ['x'.repeat(5000), LOGIN] } }],
    ['in', 'an empty key id', { parts: { keyId: '' } }],
    ['in', 'a key id of 10,000 bytes', { parts: { keyId: 'k'.repeat(10_000) } }],
    ['out', 'a key id with a NUL', { parts: { keyId: 'a\0b' } }],
    ['in', 'the serial 0', { parts: { serial: 0n } }],
    ['in', 'the last serial', { parts: { serial: FOREVER } }],
    ['out', 'an end at 0', { parts: { validBefore: 0n } }],
    ['out', 'a beginning in the future', { parts: { validAfter: now + 1000n } }],
    ['out', 'an end a second ago', { parts: { validBefore: now - 1n } }],
    ['out', 'an end before its beginning', { parts: { validAfter: now + 5n, validBefore: now - 5n } }],
    ['out', 'the last beginning', { parts: { validAfter: FOREVER } }],
    ['in', 'the last end but for ever', { parts: { validBefore: FOREVER - 1n } }],
    ['in', 'an end at 2^63', { parts: { validBefore: 2n ** 63n } }],
    ['in', 'an end in the year 10,000', { parts: { validBefore: 253_402_300_800n } }],
    ['out', 'the kind 0', { parts: { kind: 0 } }],
    ['out', "a host's", { parts: { kind: 2 } }],
    ['out', 'the kind 3', { parts: { kind: 3 } }],
    ['out', 'the last kind', { parts: { kind: 2 ** 32 - 1 } }],
    ['out', 'a byte behind its end', { parts: { trailing: Buffer.alloc(1) } }],
    ['in', 'something in the reserved field', { parts: { reserved: Buffer.from('something') } }],
    ['in', 'an empty nonce', { parts: { nonce: NO_DATA } }],
    ['in', 'a long nonce', { parts: { nonce: Buffer.alloc(1000, 1) } }],
    ['out', 'an unknown critical option', { parts: { critical: [['x@y', NO_DATA]] } }],
    ['in', 'an unknown extension', { parts: { extensions: [['x@y', NO_DATA]] } }],
    ['in', 'an unknown extension with data', { parts: { extensions: [['x@y', text('hello')]] } }],
    ['out', 'a known extension with data', { parts: { extensions: [['permit-pty', text('x')]] } }],
    ['strict', 'extensions out of order', { parts: { extensions: [['permit-user-rc', NO_DATA], pty] } }],
    ['strict', 'an extension twice', { parts: { extensions: [pty, pty] } }],
    [
      'strict',
      'critical options out of order',
      {
        parts: {
          critical: [
            ['source-address', text(SOURCE)],
            ['force-command', text('list')],
          ],
        },
      },
    ],
    [
      'out',
      'a critical option twice',
      {
        parts: {
          critical: [
            ['force-command', text('a')],
            ['force-command', text('b')],
          ],
        },
      },
    ],
    ['in', 'a command', forced(text('list'))],
    ['in', 'an empty command', forced(text(''))],
    ['out', 'a command that is no string', forced(NO_DATA)],
    ['out', 'a command with a byte behind it', forced(Buffer.concat([text('a'), Buffer.alloc(1)]))],
    ['out', 'a command with a NUL', forced(text('a\0b'))],
    ['in', 'its network', from('127.0.0.0/8')],
    ['in', 'its address', from(SOURCE)],
    ['out', 'another network', from('10.0.0.0/8')],
    ['out', 'an empty list of networks', from('')],
    ['out', 'networks that are no string', { parts: { critical: [['source-address', NO_DATA]] } }],
    ['out', 'bits behind the mask', from('127.0.0.1/8')],
    ['out', 'a negation', from('!10.0.0.0/8,127.0.0.0/8')],
    ['out', 'a pattern', from('127.*')],
    ['in', 'a list of networks', from('10.0.0.0/8,127.0.0.1/32')],
    ['out', 'a list with blanks', from('10.0.0.0/8, 127.0.0.1/32')],
    ['out', 'a comma at the end', from('127.0.0.1/32,')],
    ['in', 'all of IPv4', from('0.0.0.0/0')],
    ['out', 'all of IPv6', from('::/0')],
    ['wide', 'its address as IPv6 maps it', from('::ffff:127.0.0.1')],
    ['wide', 'its network as IPv6 maps it', from('::ffff:127.0.0.0/104')],
    ['out', 'no address', from('foo')],
    ['strict', 'an address with a zero before a number', from('127.0.0.01')],
    ['strict', 'a short address', from('127.1')],
    ['out', 'a mask that is too long', from('127.0.0.1/33')],
    ['strict', 'a mask with a zero before it', from('127.0.0.1/032')],
    ['strict', 'verify-required over a key that cannot verify', { parts: verify }],
    ['out', 'verify-required with data', { parts: { critical: [['verify-required', text('x')]] } }],
    ['in', 'no extension', { parts: { extensions: [] } }],
    ['out', 'a CA that nobody trusts', { ca: other }],
    ['out', "another's signature", { parts: { sign: (bytes) => other.sign(bytes) } }],
    [
      'out',
      'a byte behind the signature',
      { parts: { sign: (bytes) => Buffer.concat([ca.sign(bytes), Buffer.alloc(1)]) } },
    ],
    ['out', 'no signature', { parts: { sign: () => NO_DATA } }],
    [
      'out',
      'a CA that is a certificate',
      {
        parts: {
          signatureKey: makeCertificate(ca, other, { principals: [LOGIN] }),
          sign: (bytes) => other.sign(bytes),
        },
      },
    ],
    ['in', 'an RSA CA with SHA-512', { ca: rsa('rsa-sha2-512') }],
    ['in', 'an RSA CA with SHA-256', { ca: rsa('rsa-sha2-256') }],
    ['out', 'an RSA CA that says SHA-1', { parts: { ...rsaCa, sign: labelled('rsa-sha2-256', 'ssh-rsa') } }],
    [
      'out',
      'an RSA CA that says the name of a certificate',
      { parts: { ...rsaCa, sign: labelled('rsa-sha2-512', 'rsa-sha2-512-cert-v01@openssh.com') } },
    ],
    ['in', 'a CA on a security key', { ca: makeSecurityKey(skCa) }],
    ['in', 'a CA on an ECDSA security key', { ca: makeSecurityKey(skEcdsaCa) }],
    ['in', 'a CA on a security key, not touched', { ca: makeSecurityKey(skCa, { flags: 0 }) }],
    ['in', 'a security key', { by: makeSecurityKey(device), type: SK }],
    ['in', 'an ECDSA security key', { by: makeSecurityKey(ecdsaDevice), type: SK_ECDSA }],
    ['out', 'a security key, not touched', { by: makeSecurityKey(device, { flags: 0 }), type: SK }],
    [
      'strict',
      'a security key, not touched, which the certificate permits',
      {
        by: makeSecurityKey(device, { flags: 0 }),
        type: SK,
        parts: { extensions: [['no-touch-required', NO_DATA]] },
      },
    ],
    ['out', 'verify-required, not verified', { by: makeSecurityKey(device), type: SK, parts: verify }],
    [
      'in',
      'verify-required, verified',
      { by: makeSecurityKey(device, { flags: PRESENT | VERIFIED }), type: SK, parts: verify },
    ],
    [
      'out',
      'verify-required, verified and not touched',
      { by: makeSecurityKey(device, { flags: VERIFIED }), type: SK, parts: verify },
    ],
    [
      'out',
      'a security key under another application',
      {
        by: makeSecurityKey(device),
        type: SK,
        parts: {
          keyFields: Buffer.concat([
            device.blob.subarray(4 + device.type.length, -4 - device.application.length),
            encode('ssh:other'),
          ]),
        },
      },
    ],
    ['out', "the name of RSA over an Ed25519 key's fields", { type: RSA }],
    [
      'in',
      'an RSA key with SHA-512',
      { by: rsa('rsa-sha2-512'), type: RSA, algorithm: 'rsa-sha2-512-cert-v01@openssh.com' },
    ],
    [
      'in',
      'an RSA key with SHA-256',
      { by: rsa('rsa-sha2-256'), type: RSA, algorithm: 'rsa-sha2-256-cert-v01@openssh.com' },
    ],
    [
      'out',
      'an RSA key with another hash than announced',
      { by: rsa('rsa-sha2-256'), type: RSA, algorithm: 'rsa-sha2-512-cert-v01@openssh.com' },
    ],
    ['out', 'an RSA key that announces SHA-1', { by: rsa('rsa-sha2-256'), type: RSA, algorithm: RSA }],
    ['out', 'a signature by another key', { signer: other }],
    ['out', 'the key alone', { blob: key.blob, algorithm: 'ssh-ed25519' }],
    ['out', 'the certificate as if it were a key', { algorithm: 'ssh-ed25519' }],
  ];

  for (const [verdict, what, given] of CASES)
    it(`${verdict === 'in' || verdict === 'wide' ? 'takes' : 'refuses'} ${what}${verdict === 'in' || verdict === 'out' ? ', as sshd' : ', unlike sshd'}`, () => {
      assert.equal(letsIn(given), verdict === 'in' || verdict === 'wide');
    });
});
