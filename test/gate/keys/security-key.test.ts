import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isRefusal } from '../../../policy/refusal.js';
import { isAssertedBy, readAssertion } from '../../../server/gate/keys/assertion.js';
import { readStrings } from '../../../server/gate/keys/ssh-fields.js';
import { parsePublicKey } from '../../../server/gate/keys/public-key.js';
import { readSecurityKey } from '../../../server/gate/keys/security-key.js';
import { point } from '../../../server/gate/ssh/raw-keys.js';
import { encode } from '../../support/raw-ssh.js';
import { mpints, PRESENT, SoftAuthenticator, VERIFIED } from '../../support/soft-authenticator.js';

const ED25519 = 'sk-ssh-ed25519@openssh.com';
const ECDSA = 'sk-ecdsa-sha2-nistp256@openssh.com';
const SIGNED = Buffer.from('the bytes that the client signs');
const authenticators = [new SoftAuthenticator('ed25519'), new SoftAuthenticator('ecdsa', 'ssh:work')];

function blob(...fields: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(fields.map((field) => encode(field)));
}

/** The bytes with some of them changed, cut, doubled or added. */
function mutated(bytes: Buffer): fc.Arbitrary<Buffer> {
  const at = fc.nat(bytes.length);
  return fc.oneof(
    fc
      .tuple(fc.nat(bytes.length - 1), fc.nat(255))
      .map(([where, byte]) => Buffer.from(bytes.map((old, index) => (index === where ? byte : old)))),
    at.map((end) => bytes.subarray(0, end)),
    fc.tuple(at, fc.uint8Array({ minLength: 1, maxLength: 5 })).map(([where, more]) => {
      return Buffer.concat([bytes.subarray(0, where), more, bytes.subarray(where)]);
    }),
    fc.tuple(at, at).map(([one, two]) => Buffer.concat([bytes.subarray(0, one), bytes.subarray(two)])),
  );
}

const anyBytes = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

describe('gate: the public key of a security key', () => {
  for (const { type, blob: whole, line, application, fingerprint } of authenticators) {
    it(`is read: ${type}`, () => {
      const key = parsePublicKey(`${line} alice@home`);
      assert.ok(!isRefusal(key));
      assert.deepEqual(
        [key.type, key.fingerprint, key.bits, key.comment],
        [type, fingerprint, 256, 'alice@home'],
      );
      assert.ok(key.blob.equals(whole));
      assert.equal(readSecurityKey(whole)?.application, application);
    });
  }

  const p256 = point('nistp256');
  const offCurve = Buffer.from(p256);
  offCurve[64] = (offCurve[64] ?? 0) ^ 1;
  const compressed = Buffer.concat([Buffer.from([2]), p256.subarray(1, 33)]);
  const raw = Buffer.alloc(32, 9);
  const damaged: readonly (readonly [what: string, type: string, blob: Buffer])[] = [
    ['no application', ED25519, blob(ED25519, raw)],
    ['an empty application', ED25519, blob(ED25519, raw, '')],
    ['a field behind the application', ED25519, blob(ED25519, raw, 'ssh:', '')],
    ['a byte behind the application', ED25519, Buffer.concat([blob(ED25519, raw, 'ssh:'), Buffer.from('x')])],
    ['a short key', ED25519, blob(ED25519, raw.subarray(1), 'ssh:')],
    ['a long key', ED25519, blob(ED25519, Buffer.concat([raw, raw]), 'ssh:')],
    ['a control character in the application', ED25519, blob(ED25519, raw, 'ssh:\u001b[2J')],
    ['a NUL in the application', ED25519, blob(ED25519, raw, 'ssh:\0')],
    ['a blank in the application', ED25519, blob(ED25519, raw, 'ssh: x')],
    ['more than 128 characters of application', ED25519, blob(ED25519, raw, `ssh:${'x'.repeat(125)}`)],
    ['the blob of the other type', ED25519, authenticators[1]?.blob ?? raw],
    ['the blob of a plain key', ED25519, blob('ssh-ed25519', raw)],
    ['another curve', ECDSA, blob(ECDSA, 'nistp384', p256, 'ssh:')],
    ['a point of another curve', ECDSA, blob(ECDSA, 'nistp256', point('nistp384'), 'ssh:')],
    ['a point off the curve', ECDSA, blob(ECDSA, 'nistp256', offCurve, 'ssh:')],
    ['a compressed point', ECDSA, blob(ECDSA, 'nistp256', compressed, 'ssh:')],
    ['the point at infinity', ECDSA, blob(ECDSA, 'nistp256', Buffer.from([0]), 'ssh:')],
    [
      'a point of zeros',
      ECDSA,
      blob(ECDSA, 'nistp256', Buffer.concat([Buffer.from([4]), raw.fill(0), raw]), 'ssh:'),
    ],
    ...[2, 3, 5, 6, 7].map((form) => {
      const other = Buffer.concat([Buffer.from([form]), p256.subarray(1)]);
      return [`a point in the form ${form}`, ECDSA, blob(ECDSA, 'nistp256', other, 'ssh:')] as const;
    }),
    ['no curve', ECDSA, blob(ECDSA, p256, 'ssh:')],
  ];
  for (const [what, type, bytes] of damaged) {
    it(`is refused with ${what}`, () => {
      const key = parsePublicKey(`${type} ${bytes.toString('base64')}`);
      assert.ok(isRefusal(key), 'it was taken');
      assert.match(key.message, /cut short or damaged|another use than SSH/);
    });
  }

  it('is refused when it was made for a web site, and the sentence says so', () => {
    for (const application of ['https://example.com', 'example.com', 'SSH:', 'ssh', 'xssh:']) {
      const key = parsePublicKey(new SoftAuthenticator('ed25519', application).line);
      assert.ok(isRefusal(key), application);
      assert.match(key.message, /^this key was made for another use than SSH/);
    }
  });

  it('is refused with a sentence for other kinds of security keys', () => {
    for (const type of ['sk-ssh-rsa@openssh.com', 'webauthn-sk-ecdsa-sha2-nistp256@openssh.com']) {
      const key = parsePublicKey(`${type} AAAA`);
      assert.ok(isRefusal(key));
      assert.match(key.message, /kind of security key is not taken/);
    }
  });

  it('is taken in one form only, and nothing makes the reader throw', () => {
    for (const { blob: whole } of authenticators)
      fc.assert(
        fc.property(fc.oneof(mutated(whole), anyBytes), (bytes) => {
          const key = readSecurityKey(bytes);
          if (key === null) return;
          const fields = readStrings(bytes) ?? assert.fail();
          assert.equal(fields.length, key.type === ED25519 ? 3 : 4);
          assert.ok(blob(...fields).equals(bytes));
          assert.match(key.application, /^ssh:/);
        }),
      );
  });
});

describe('gate: the signature of a security key', () => {
  for (const key of authenticators) {
    describe(key.type, () => {
      it('tells flags and counter, and is its owner’s', () => {
        const whole = key.sign(SIGNED, { flags: PRESENT | VERIFIED | 0x80, counter: 0xfffffffe });
        const read = readAssertion(whole) ?? assert.fail();
        assert.deepEqual(
          [read.present, read.verified, read.flags, read.counter],
          [true, true, 0x85, 0xfffffffe],
        );
        assert.ok(isAssertedBy(key.blob, read, SIGNED));
        const none = readAssertion(key.sign(SIGNED, { flags: 0xfa })) ?? assert.fail();
        assert.deepEqual([none.present, none.verified], [false, false]);
      });

      it('is nobody’s with any one bit of it changed', () => {
        const whole = key.sign(SIGNED);
        for (let bit = 0; bit < whole.length * 8; bit += 1) {
          const changed = Buffer.from(whole);
          changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          const read = readAssertion(changed);
          assert.ok(read === null || !isAssertedBy(key.blob, read, SIGNED), `bit ${bit}`);
        }
      });

      it('is not for other bytes, nor of another key of the same type', () => {
        const read = readAssertion(key.sign(SIGNED)) ?? assert.fail();
        assert.ok(!isAssertedBy(key.blob, read, Buffer.concat([SIGNED, Buffer.alloc(1)])));
        assert.ok(!isAssertedBy(key.blob, read, Buffer.alloc(0)));
        const kind = key.type === ED25519 ? 'ed25519' : 'ecdsa';
        assert.ok(!isAssertedBy(new SoftAuthenticator(kind, key.application).blob, read, SIGNED));
        assert.ok(!isAssertedBy(Buffer.alloc(0), read, SIGNED));
      });

      it('is read in one form only, and nothing makes the reader throw', () => {
        fc.assert(
          fc.property(fc.oneof(mutated(key.sign(SIGNED)), anyBytes), (bytes) => {
            const read = readAssertion(bytes);
            if (read === null) return;
            const { type, signature, flags, counter } = read;
            const halves = [signature.subarray(0, 32), signature.subarray(32)].map((half) =>
              BigInt(`0x${half.toString('hex')}`),
            );
            const bare = type === ED25519 ? signature : mpints(...halves);
            assert.ok(Buffer.concat([blob(type, bare), Buffer.from([flags]), encode(counter)]).equals(bytes));
            isAssertedBy(key.blob, read, SIGNED);
          }),
        );
      });
    });
  }

  const order = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
  const numbers: readonly (readonly [what: string, bare: Buffer])[] = [
    ['one number', mpints(5n)],
    ['three numbers', mpints(5n, 5n, 5n)],
    ['a zero before a number', blob(Buffer.from([0, 5]), Buffer.from([5]))],
    ['two zeros before a number', blob(Buffer.from([0, 0, 0x85]), Buffer.from([5]))],
    ['a negative number', blob(Buffer.from([0x85]), Buffer.from([5]))],
    ['no bytes for a number', blob(Buffer.alloc(0), Buffer.from([5]))],
    ['a number as zero byte', blob(Buffer.from([0]), Buffer.from([5]))],
    ['33 bytes', mpints(1n << 256n, 5n)],
    ['ASN.1', Buffer.from('3006020105020105', 'hex')],
  ];
  for (const [what, bare] of numbers) {
    it(`of ECDSA is not read with ${what}`, () => {
      assert.equal(readAssertion(Buffer.concat([blob(ECDSA, bare), Buffer.alloc(5)])), null);
    });
  }

  it('of ECDSA is nobody’s with r or s out of range', () => {
    const [, key] = authenticators;
    for (const [r, s] of [
      [order, 1n],
      [1n, order],
      [order + 1n, order + 1n],
      [(1n << 256n) - 1n, 1n],
    ] as const) {
      const whole = Buffer.concat([blob(ECDSA, mpints(r, s)), Buffer.from([1]), encode(7)]);
      const read = readAssertion(whole) ?? assert.fail();
      assert.ok(!isAssertedBy(key?.blob ?? Buffer.alloc(0), read, SIGNED));
    }
  });
});
