import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readCertificate } from '../../../server/gate/certificates/certificate.js';
import type { Certificate } from '../../../server/gate/certificates/certificate.js';
import { FOREVER, makeCertificate, makeKey, NO_DATA, text, TYPE } from '../../support/made-certificate.js';
import type { CertificateParts } from '../../support/made-certificate.js';
import { propertyRuns } from '../../support/property-runs.js';
import { encode } from '../../support/raw-ssh.js';

const LIMITS = { rsaMinimumBits: 2048 };

describe('reading a certificate', () => {
  const authority = makeKey();
  const key = makeKey();
  const make = (changed: Partial<CertificateParts> = {}): Buffer => makeCertificate(authority, key, changed);
  const read = (changed: Partial<CertificateParts> = {}): ReturnType<typeof readCertificate> =>
    readCertificate(make(changed), LIMITS);
  const whole = (changed: Partial<CertificateParts> = {}): Certificate => {
    const found = read(changed);
    assert.ok(typeof found !== 'string', 'it can be read');
    return found;
  };
  const optionsOf = (critical: CertificateParts['critical']): Certificate['options'] =>
    whole({ critical }).options;

  it('finds the key inside, the CA, serial, key id, principals and times', () => {
    const found = whole({
      serial: FOREVER,
      keyId: 'caf\u00e9',
      principals: ['alice', 'horatio'],
      validAfter: 1_000n,
      validBefore: 2_000n,
    });
    assert.equal(found.key.fingerprint, key.fingerprint);
    assert.deepEqual(found.key.blob, key.blob);
    assert.equal(found.authority.fingerprint, authority.fingerprint);
    assert.equal(found.serial, FOREVER, '64 bits are kept');
    assert.equal(Buffer.from(found.keyId, 'latin1').toString(), 'caf\u00e9');
    assert.deepEqual(found.principals, ['alice', 'horatio']);
    assert.deepEqual([found.validAfter, found.validBefore], [1_000_000, 2_000_000]);
    assert.deepEqual(found.options, {
      forceCommand: null,
      sources: null,
      verifyRequired: false,
      permitsPty: true,
    });
  });

  it('takes times that no clock tells, without turning round', () => {
    assert.equal(whole().validBefore, null, 'for ever');
    const far = whole({ validAfter: FOREVER, validBefore: FOREVER - 1n });
    assert.equal(new Date(far.validAfter).getUTCFullYear(), 9999);
    assert.equal(new Date(far.validBefore ?? 0).getUTCFullYear(), 9999);
  });

  const longest = Buffer.alloc(4, 0xff);
  const wrong: readonly (readonly [what: string, parts: Partial<CertificateParts>, fault: string])[] = [
    ['bytes behind the end', { trailing: Buffer.from([0]) }, 'unreadable'],
    ['a kind that is neither user nor host', { kind: 3 }, 'unreadable'],
    ['kind 0', { kind: 0 }, 'unreadable'],
    ["a host's certificate", { kind: 2 }, 'not-for-users'],
    ['a NUL in a principal', { principals: ['alice\0bob'] }, 'unreadable'],
    ['a NUL in the key id', { keyId: 'lap\0top' }, 'unreadable'],
    ['257 principals', { principals: Array.from({ length: 257 }, (_, n) => `c${n}`) }, 'unreadable'],
    ['another type than the key is of', { type: 'ecdsa-sha2-nistp256-cert-v01@openssh.com' }, 'unreadable'],
    ['a type of no certificate', { type: 'ssh-ed25519' }, 'unreadable'],
    ['a type that only looks like one', { type: 'toString' }, 'unreadable'],
    ['the old form', { type: 'ssh-rsa-cert-v00@openssh.com' }, 'unreadable'],
    ['a key that is cut short', { keyFields: encode(Buffer.alloc(31, 9)) }, 'key-not-taken'],
    ['a length beyond the end', { keyFields: longest }, 'unreadable'],
    ['a CA key that is a certificate', { signatureKey: make() }, 'key-not-taken'],
    [
      'a CA key with bytes behind it',
      { signatureKey: Buffer.concat([authority.blob, NO_DATA, encode('')]) },
      'key-not-taken',
    ],
    ['no CA key', { signatureKey: NO_DATA }, 'key-not-taken'],
    [
      'a CA key of DSA',
      { signatureKey: Buffer.concat(['ssh-dss', 'p', 'q', 'g', 'y'].map(encode)) },
      'key-not-taken',
    ],
    ['a small RSA key of the CA', { signatureKey: rsaBlob(1024) }, 'key-not-taken'],
    [
      'a CA key with a line end in its type',
      { signatureKey: Buffer.concat([encode('ssh-ed25519 AAAA\n'), authority.blob]) },
      'key-not-taken',
    ],
  ];
  for (const [what, parts, fault] of wrong) {
    it(`refuses ${what}`, () => {
      assert.equal(read(parts), fault);
      assert.equal(typeof read(), 'object', 'the honest one is taken');
    });
  }

  it('refuses every beginning of a certificate, and every longer one', () => {
    const bytes = make({ critical: [['force-command', text('list')]] });
    for (let length = 0; length < bytes.length; length += 1)
      assert.equal(typeof readCertificate(bytes.subarray(0, length), LIMITS), 'string', `${length} bytes`);
  });

  it('never throws, and never takes one with a byte changed for the same signed bytes', () => {
    const bytes = make();
    const honest = whole();
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ by;
        const found = readCertificate(changed, LIMITS);
        if (typeof found === 'string') return true;
        return !(found.signed.equals(honest.signed) && found.signature.equals(honest.signature));
      }),
      propertyRuns('a certificate with one byte changed', 400, 20_000),
    );
  });

  it('never throws at any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const behindType = Buffer.concat([encode(TYPE), bytes]);
        return typeof readCertificate(behindType, LIMITS) === 'string';
      }),
      propertyRuns('bytes that are no certificate', 300, 20_000),
    );
  });

  describe('options', () => {
    it('reads those that the gate knows', () => {
      const critical = [
        ['force-command', text('horatio console')],
        ['source-address', text('192.0.2.0/24,2001:db8::/32,::ffff:198.51.100.7')],
        ['verify-required', NO_DATA],
      ] as const;
      assert.deepEqual(whole({ critical, extensions: [['no-touch-required', NO_DATA]] }).options, {
        forceCommand: 'horatio console',
        sources: ['192.0.2.0/24', '2001:db8::/32', '198.51.100.7/32'],
        verifyRequired: true,
        permitsPty: false,
      });
    });

    it('ignores extensions that it does not know, with data or without', () => {
      const extensions = [
        ['login@github.com', text('alice')],
        ['permit-pty', NO_DATA],
      ] as const;
      assert.deepEqual(whole({ extensions }).options, { ...(whole().options as object), permitsPty: true });
    });

    const bad: readonly (readonly [what: string, critical: CertificateParts['critical'], fault: string])[] = [
      ['an unknown name', [['not-known', NO_DATA]], 'option-unknown'],
      [
        'an unknown name among known ones',
        [
          ['force-command', text('list')],
          ['x', NO_DATA],
        ],
        'option-unknown',
      ],
      ['an extension among the critical options', [['permit-pty', NO_DATA]], 'option-unknown'],
      ['an empty name', [['', NO_DATA]], 'option-unknown'],
      ['a name with other case', [['Force-Command', text('list')]], 'option-unknown'],
      [
        'the same name twice',
        [
          ['force-command', text('list')],
          ['force-command', text('help')],
        ],
        'option-unreadable',
      ],
      [
        'names out of order',
        [
          ['source-address', text('192.0.2.1')],
          ['force-command', text('list')],
        ],
        'option-unreadable',
      ],
      ['a command that is no string', [['force-command', Buffer.from('list')]], 'option-unreadable'],
      ['a command without its string', [['force-command', NO_DATA]], 'option-unreadable'],
      [
        'bytes behind the command',
        [['force-command', Buffer.concat([text('list'), text('help')])]],
        'option-unreadable',
      ],
      ['a command with a NUL', [['force-command', text('list\0')]], 'option-unreadable'],
      ['a command that is not UTF-8', [['force-command', text(Buffer.from([0xff]))]], 'option-unreadable'],
      ['a command of 9 KiB', [['force-command', text('x'.repeat(9 * 1024))]], 'option-unreadable'],
      ['no address', [['source-address', text('')]], 'option-unreadable'],
      ['an address that is none', [['source-address', text('192.0.2.1,somewhere')]], 'option-unreadable'],
      ['bits behind the mask', [['source-address', text('192.0.2.1/24')]], 'option-unreadable'],
      ['a mask that is too long', [['source-address', text('192.0.2.0/33')]], 'option-unreadable'],
      ['a negation', [['source-address', text('!192.0.2.1')]], 'option-unreadable'],
      ['a wildcard', [['source-address', text('192.0.2.*')]], 'option-unreadable'],
      ['a space behind the comma', [['source-address', text('192.0.2.1, 192.0.2.2')]], 'option-unreadable'],
      [
        '257 networks',
        [['source-address', text(Array(257).fill('192.0.2.1').join(','))]],
        'option-unreadable',
      ],
      ['data of verify-required', [['verify-required', text('yes')]], 'option-unreadable'],
    ];
    for (const [what, critical, fault] of bad) {
      it(`refuses ${what}`, () => {
        assert.equal(optionsOf(critical), fault);
      });
    }

    it('refuses extensions out of order, twice, or with data where none belongs', () => {
      const of = (extensions: CertificateParts['extensions']): unknown => whole({ extensions }).options;
      const pty = ['permit-pty', NO_DATA] as const;
      assert.equal(of([['permit-user-rc', NO_DATA], pty]), 'option-unreadable');
      assert.equal(of([pty, pty]), 'option-unreadable');
      assert.equal(of([['permit-pty', text('yes')]]), 'option-unreadable');
    });

    it('refuses a name without data', () => {
      const cut = make({ critical: [['force-command', text('list')]] });
      assert.equal(typeof readCertificate(cut, LIMITS), 'object');
      const halves = makeCertificate(authority, key, {
        critical: [['force-command', text('list')]],
        extensions: [],
      });
      // The list of critical options, with its last string taken out of it.
      const list = Buffer.concat([encode('force-command'), encode(text('list'))]);
      const at = halves.indexOf(list);
      const shortened = Buffer.concat([
        halves.subarray(0, at - 4),
        encode(encode('force-command')),
        halves.subarray(at + list.length),
      ]);
      const found = readCertificate(shortened, LIMITS);
      assert.ok(typeof found !== 'string');
      assert.equal(found.options, 'option-unreadable');
    });
  });
});

function rsaBlob(bits: number): Buffer {
  const modulus = Buffer.alloc(bits / 8, 0xff);
  const n = Buffer.concat([Buffer.from([0]), modulus]);
  return Buffer.concat([encode('ssh-rsa'), encode(Buffer.from([1, 0, 1])), encode(n)]);
}
