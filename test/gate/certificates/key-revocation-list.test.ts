import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { KeyRevocationList } from '../../../server/gate/certificates/key-revocation-list.js';
import { RevokedKeyLines } from '../../../server/gate/certificates/revoked-key-lines.js';
import { makeCertificate, makeKey, TYPE, uint64 } from '../../support/made-certificate.js';
import { propertyRuns } from '../../support/property-runs.js';
import { encode } from '../../support/raw-ssh.js';

const LAST = 2n ** 64n - 1n;

function header(version = 1): Buffer {
  const numbers = Buffer.concat([uint64(1n), uint64(0n), uint64(0n)]);
  return Buffer.concat([
    Buffer.from('SSHKRL\n\0'),
    encode(version),
    numbers,
    encode(''),
    encode('a comment'),
  ]);
}

function section(type: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type]), encode(content)]);
}

function krl(...sections: readonly Buffer[]): Buffer {
  return Buffer.concat([header(), ...sections]);
}

describe('a list of revoked keys', () => {
  const authority = makeKey();
  const other = makeKey();
  const key = makeKey();
  const certificates = (ca: Buffer, ...parts: readonly Buffer[]): Buffer =>
    section(1, Buffer.concat([encode(ca), encode(''), ...parts]));
  const certificate = (
    serial: bigint,
    keyId = 'laptop',
    by = authority,
  ): Parameters<KeyRevocationList['revokesCertificate']>[0] => ({
    key,
    authority: by,
    serial,
    keyId,
  });
  const list = (...sections: readonly Buffer[]): KeyRevocationList => {
    const read = KeyRevocationList.read(krl(...sections));
    assert.ok(read !== null, 'it can be read');
    return read;
  };

  it('revokes nothing when it is empty', () => {
    assert.equal(list().revokesKey(key.blob), false);
    assert.equal(list().revokesCertificate(certificate(1n)), false);
  });

  it('revokes serials: one by one, by a range, by bits, up to 64 bits', () => {
    const found = list(
      certificates(
        authority.blob,
        section(0x20, Buffer.concat([uint64(3n), uint64(LAST)])),
        section(0x21, Buffer.concat([uint64(100n), uint64(200n)])),
        section(0x22, Buffer.concat([uint64(1_000n), encode(Buffer.from([0x01, 0x01]))])),
      ),
    );
    const revoked = [3n, LAST, 100n, 150n, 200n, 1_000n, 1_008n];
    const not = [2n, 4n, 99n, 201n, 999n, 1_001n, 1_007n, 1_009n, LAST - 1n];
    for (const serial of revoked)
      assert.equal(found.revokesCertificate(certificate(serial)), true, `${serial}`);
    for (const serial of not) assert.equal(found.revokesCertificate(certificate(serial)), false, `${serial}`);
    assert.equal(found.revokesCertificate(certificate(3n, 'laptop', other)), false, 'of another CA');
  });

  it('revokes key ids, byte by byte', () => {
    const found = list(
      certificates(authority.blob, section(0x23, Buffer.concat([encode('laptop'), encode('a')]))),
    );
    assert.equal(found.revokesCertificate(certificate(0n, 'laptop')), true);
    assert.equal(found.revokesCertificate(certificate(0n, 'Laptop')), false);
    assert.equal(found.revokesCertificate(certificate(0n, 'lapto')), false);
  });

  it('never revokes serial 0 by its number, as OpenSSH', () => {
    const found = list(certificates(authority.blob, section(0x21, Buffer.concat([uint64(0n), uint64(5n)]))));
    assert.equal(found.revokesCertificate(certificate(0n)), false);
    assert.equal(found.revokesCertificate(certificate(1n)), true);
  });

  it('revokes for every CA when it names none, and adds up several sections of one CA', () => {
    const found = list(
      certificates(Buffer.alloc(0), section(0x20, uint64(5n))),
      certificates(authority.blob, section(0x20, uint64(6n))),
      certificates(authority.blob, section(0x20, uint64(7n))),
    );
    assert.equal(found.revokesCertificate(certificate(5n, '', other)), true);
    assert.equal(found.revokesCertificate(certificate(6n)), true);
    assert.equal(found.revokesCertificate(certificate(7n)), true);
  });

  const named: readonly (readonly [what: string, type: number, name: (blob: Buffer) => Buffer])[] = [
    ['itself', 2, (blob) => blob],
    ['its SHA-1', 3, (blob) => createHash('sha1').update(blob).digest()],
    ['its SHA-256', 5, (blob) => createHash('sha256').update(blob).digest()],
  ];
  for (const [what, type, name] of named) {
    it(`revokes a key by ${what}: alone, inside a certificate, and as its CA`, () => {
      const inside = list(section(type, encode(name(key.blob))));
      assert.equal(inside.revokesKey(key.blob), true);
      assert.equal(inside.revokesKey(other.blob), false);
      assert.equal(inside.revokesCertificate(certificate(1n)), true);
      const signing = list(section(type, encode(name(authority.blob))));
      assert.equal(signing.revokesCertificate(certificate(1n)), true);
      assert.equal(signing.revokesCertificate(certificate(1n, '', other)), false);
    });
  }

  it('ignores what it may ignore: signatures at the end, and extensions that are not critical', () => {
    const extension = (critical: number): Buffer =>
      Buffer.concat([encode('new@example.com'), Buffer.from([critical]), encode('?')]);
    const signature = Buffer.concat([section(4, authority.blob), encode('signature')]);
    assert.ok(KeyRevocationList.read(krl(section(255, extension(0)), signature, signature)));
    assert.ok(KeyRevocationList.read(krl(certificates(authority.blob, section(0x39, extension(0))))));
    assert.equal(KeyRevocationList.read(krl(section(255, extension(1)))), null);
    assert.equal(
      KeyRevocationList.read(krl(certificates(authority.blob, section(0x39, extension(1))))),
      null,
    );
    assert.equal(KeyRevocationList.read(krl(signature, section(2, encode(key.blob)))), null);
  });

  const broken: readonly (readonly [what: string, bytes: Buffer])[] = [
    ['another version of the format', header(2)],
    ['a header that is cut short', header().subarray(0, 30)],
    ['an unknown section', krl(section(9, Buffer.alloc(0)))],
    ['an unknown part', krl(certificates(authority.blob, section(0x24, Buffer.alloc(0))))],
    ['half a serial', krl(certificates(authority.blob, section(0x20, Buffer.alloc(12))))],
    [
      'a range that runs back',
      krl(certificates(authority.blob, section(0x21, Buffer.concat([uint64(9n), uint64(8n)])))),
    ],
    ['a range with more behind it', krl(certificates(authority.blob, section(0x21, Buffer.alloc(24))))],
    [
      'bits beyond 64 bits',
      krl(
        certificates(authority.blob, section(0x22, Buffer.concat([uint64(LAST), encode(Buffer.from([2]))]))),
      ),
    ],
    [
      'a negative number of bits',
      krl(
        certificates(authority.blob, section(0x22, Buffer.concat([uint64(1n), encode(Buffer.from([0x80]))]))),
      ),
    ],
    ['a hash of another length', krl(section(5, encode(Buffer.alloc(31))))],
    ['an empty key', krl(section(2, encode('')))],
    ['a section that says to be longer', Buffer.concat([krl(), Buffer.from([2, 0, 0, 1, 0])])],
  ];
  for (const [what, bytes] of broken) {
    it(`refuses ${what}`, () => {
      assert.equal(KeyRevocationList.read(bytes), null);
    });
  }

  it('never throws, and never takes a list that was cut short inside a section', () => {
    const bytes = krl(
      certificates(authority.blob, section(0x20, uint64(3n)), section(0x23, encode('laptop'))),
      section(2, encode(key.blob)),
    );
    const ends = [header().length, header().length + 5 + bytes.readUInt32BE(header().length + 1)];
    for (let length = 0; length < bytes.length; length += 1)
      assert.equal(
        KeyRevocationList.read(bytes.subarray(0, length)) !== null,
        ends.includes(length),
        `${length}`,
      );
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
        const changed = Buffer.from(bytes);
        changed[at] = byte;
        KeyRevocationList.read(changed)?.revokesCertificate(certificate(3n));
      }),
      propertyRuns('a KRL with one byte changed', 400, 20_000),
    );
  });

  describe('of public keys, one a line', () => {
    const lines = (text: string): RevokedKeyLines | number => RevokedKeyLines.read(Buffer.from(text));
    const good = (text: string): RevokedKeyLines => {
      const found = lines(text);
      assert.ok(typeof found !== 'number', 'it can be read');
      return found;
    };

    it('revokes the keys, alone, inside a certificate and as a CA', () => {
      const found = good(`# a comment\n\n  ${key.line} alice@laptop with words\r\n`);
      assert.equal(found.revokesKey(key.blob), true);
      assert.equal(found.revokesKey(other.blob), false);
      assert.equal(found.revokesCertificate(certificate(1n)), true);
      assert.equal(good(authority.line).revokesCertificate(certificate(1n)), true);
      assert.equal(good(other.line).revokesCertificate(certificate(1n)), false);
    });

    it('takes a certificate for the key inside', () => {
      const found = good(`${TYPE} ${makeCertificate(authority, key).toString('base64')}`);
      assert.equal(found.revokesKey(key.blob), true);
      assert.equal(found.revokesKey(authority.blob), false);
    });

    it('revokes nothing when it is empty', () => {
      assert.equal(good('').revokesKey(key.blob), false);
    });

    const bad: readonly (readonly [what: string, line: string])[] = [
      ['words', 'these are words'],
      ['a key cut short', key.line.slice(0, -8)],
      ['a key of another type', key.line.replace('ssh-ed25519', 'ssh-rsa')],
      ['a private key', '-----BEGIN OPENSSH PRIVATE KEY-----'],
      ['a fingerprint', key.fingerprint],
      ['options before the key', `cert-authority ${key.line}`],
      ['a type without a key', 'ssh-ed25519'],
    ];
    for (const [what, line] of bad) {
      it(`says in which line there is ${what} and no key`, () => {
        assert.equal(lines(`${other.line}\n${line}\n`), 2);
      });
    }
  });
});
