import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRefusal } from '../../../policy/refusal.js';
import { parsePublicKey } from '../../../server/gate/keys/public-key.js';
import type { PublicKey } from '../../../server/gate/keys/public-key.js';
import { ed25519Pair, point } from '../../../server/gate/ssh/raw-keys.js';
import { SoftAuthenticator } from '../../support/soft-authenticator.js';

function string(value: string | Buffer): Buffer {
  const body = Buffer.from(value as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

function line(type: string, ...fields: Buffer[]): string {
  return `${type} ${Buffer.concat([string(type), ...fields.map((field) => string(field))]).toString('base64')}`;
}

function rsa(bits: number): { n: Buffer; e: Buffer } {
  const { publicKey } = generateKeyPairSync('rsa', {
    modulusLength: bits,
    publicKeyEncoding: { type: 'pkcs1', format: 'der' },
    privateKeyEncoding: { type: 'pkcs1', format: 'der' },
  });
  // RFC 8017 A.1.1: the modulus, with a zero before its first bit, and the exponent in five bytes of DER.
  return { n: publicKey.subarray(-6 - bits / 8, -5), e: Buffer.from([1, 0, 1]) };
}

describe('gate: reading a public key', () => {
  const good = line('ssh-ed25519', ed25519Pair().publicKey);

  it('agrees with ssh-keygen on every type: fingerprint, size, comment', () => {
    const directory = mkdtempSync(join(tmpdir(), 'postern-key-'));
    try {
      for (const [type, bits] of [
        ['ed25519', 256],
        ['ecdsa', 256],
        ['ecdsa', 384],
        ['ecdsa', 521],
        ['rsa', 2048],
        ['rsa', 3072],
      ] as const) {
        const file = join(directory, `${type}${bits}`);
        execFileSync('ssh-keygen', [
          '-q',
          '-t',
          type,
          '-b',
          String(bits),
          '-N',
          '',
          '-C',
          'alice@home sweet',
          '-f',
          file,
        ]);
        const listed = execFileSync('ssh-keygen', ['-l', '-f', file], { encoding: 'utf8' });
        const key = parsePublicKey(readFileSync(`${file}.pub`, 'utf8')) as PublicKey;
        assert.equal(
          `${key.bits} ${key.fingerprint} ${key.comment}`,
          listed.trim().replace(/ \([A-Z0-9]+\)$/, ''),
          type,
        );
        const refused = parsePublicKey(readFileSync(file, 'utf8'));
        assert.ok(isRefusal(refused) && refused.message.includes('never paste'), 'the private half');
      }
      for (const kind of ['ed25519', 'ecdsa'] as const) {
        const file = join(directory, `${kind}-sk.pub`);
        const { line: text } = new SoftAuthenticator(kind, 'ssh:work');
        writeFileSync(file, `${text} alice@home sweet\n`);
        const listed = execFileSync('ssh-keygen', ['-l', '-f', file], { encoding: 'utf8' });
        const key = parsePublicKey(text) as PublicKey;
        const kindName = `(${kind.toUpperCase()}-SK)`;
        assert.equal(`${key.bits} ${key.fingerprint} alice@home sweet ${kindName}\n`, listed);
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('takes what people paste: blanks around, tabs between, a line end of Windows', () => {
    const [type, blob] = good.split(' ') as [string, string];
    for (const text of [`  ${good}\r\n`, `${type}\t${blob}  me@home `, `\n${good}\n\n`]) {
      const key = parsePublicKey(text);
      assert.ok(!isRefusal(key), text);
      assert.equal(key.blob.toString('base64'), blob);
    }
  });

  it('keeps of a comment only what a terminal shows', () => {
    const key = parsePublicKey(`${good} a\u202eb\u009bc\u{1f600}${'x'.repeat(500)}`) as PublicKey;
    assert.ok(key.comment.startsWith('abc\u{1f600}x'));
    assert.equal(Array.from(key.comment).length, 128);
  });

  const small = rsa(1024);
  const e1 = rsa(2048);
  const p256 = point('nistp256');
  const offCurve = Buffer.from(p256);
  offCurve[64] = (offCurve[64] ?? 0) ^ 1;
  const table: readonly [why: string, text: string, says: RegExp][] = [
    ['nothing', '  \n', /there is no key/],
    [
      'a PEM private key',
      '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----',
      /private key: never/,
    ],
    ['the first line of an OpenSSH private key', '-----BEGIN OPENSSH PRIVATE KEY-----', /private key: never/],
    ['a PuTTY private key', 'PuTTY-User-Key-File-3: ssh-ed25519', /private key: never/],
    ['PuTTYgen’s saved public key', '---- BEGIN SSH2 PUBLIC KEY ----\nAAAA', /PuTTYgen/],
    ['a PEM public key', '-----BEGIN PUBLIC KEY-----', /another format/],
    [
      'UTF-16 from Notepad',
      Buffer.from(`\ufeff${good}\r\n`, 'utf16le').toString('utf8'),
      /UTF-16.*save it as UTF-8/,
    ],
    [
      'UTF-16 of the other order',
      Buffer.from(`\ufeff${good}\n`, 'utf16le').swap16().toString('utf8'),
      /UTF-16.*save it as UTF-8/,
    ],
    [
      'a binary file',
      Buffer.from(Array.from({ length: 300 }, (_, at) => (at * 197) % 256)).toString('utf8'),
      /no text/,
    ],
    ['a commented key', `# ${good}`, /begins with a #.*take the # away/],
    ['a commented key without a blank', `#${good}`, /begins with a #/],
    ['a comment above a key', `# mine\n${good}`, /begins with a #/],
    ['a line over the longest', `${good} ${'x'.repeat(9000)}`, /too long for a public key: paste/],
    ['two keys', `${good}\n${good}`, /several lines/],
    ['a key wrapped by the terminal', `${good.slice(0, 40)}\n${good.slice(40)}`, /several lines/],
    ['options', `command="/bin/sh",no-pty ${good}`, /options before the key/],
    ['options with a space', `environment="A=b c" ${good} x`, /options before the key/],
    ['a certificate', `ssh-ed25519-cert-v01@openssh.com ${good.split(' ')[1] ?? ''}`, /certificates/],
    ['a security key that is none', `sk-ssh-ed25519@openssh.com ${good.split(' ')[1] ?? ''}`, /cut short/],
    ['DSA', 'ssh-dss AAAAB3NzaC1kc3MAAACB', /too weak/],
    ['an unknown type', 'ssh-ed448 AAAA', /not a public key that can log in/],
    ['a signature algorithm for a type', `rsa-sha2-256 ${good.split(' ')[1] ?? ''}`, /not a public key/],
    ['prose', 'please add my key', /not a public key/],
    ['no blob', 'ssh-ed25519', /cut short/],
    ['a cut blob', good.slice(0, -6), /cut short/],
    ['base64 of the other alphabet', good.replace('AAAA', '____'), /cut short/],
    ['a type that is not the blob’s', good.replace('ssh-ed25519', 'ssh-rsa'), /cut short/],
    ['bytes behind the key', line('ssh-ed25519', ed25519Pair().publicKey, Buffer.from('x')), /cut short/],
    ['a short ed25519 key', line('ssh-ed25519', ed25519Pair().publicKey.subarray(1)), /cut short/],
    [
      'a length that points beyond the blob',
      `ssh-ed25519 ${Buffer.from([255, 255, 255, 255, 0]).toString('base64')}`,
      /cut short/,
    ],
    ['a point off the curve', line('ecdsa-sha2-nistp256', Buffer.from('nistp256'), offCurve), /cut short/],
    [
      'another curve than the type’s',
      line('ecdsa-sha2-nistp256', Buffer.from('nistp384'), p256),
      /cut short/,
    ],
    [
      'a compressed point',
      line(
        'ecdsa-sha2-nistp256',
        Buffer.from('nistp256'),
        Buffer.concat([Buffer.from([2]), p256.subarray(1, 33)]),
      ),
      /cut short/,
    ],
    ['a weak RSA key', line('ssh-rsa', small.e, small.n), /1024 bits, and 2048 is the least/],
    ['an RSA exponent of 1', line('ssh-rsa', Buffer.from([1]), e1.n), /cut short/],
    [
      'an even RSA modulus',
      line('ssh-rsa', e1.e, Buffer.concat([e1.n.subarray(0, -1), Buffer.from([2])])),
      /cut short/,
    ],
    ['a negative RSA modulus', line('ssh-rsa', e1.e, e1.n.subarray(1)), /cut short/],
    ['a padded RSA modulus', line('ssh-rsa', e1.e, Buffer.concat([Buffer.from([0]), e1.n])), /cut short/],
    ['escape sequences', `${good} \u001b]0;owned\u0007`, /control characters/],
    ['too much', `${good} ${'x'.repeat(9000)}`, /too long/],
  ];

  for (const [why, text, says] of table) {
    it(`refuses ${why}`, () => {
      const refused = parsePublicKey(text);
      assert.ok(isRefusal(refused), 'it was taken');
      assert.equal(refused.code, 'key-invalid');
      assert.match(refused.message, says);
      assert.ok(!refused.message.includes('\u001b') && !refused.message.includes('\n'));
    });
  }

  it('goes by the least RSA size of the settings', () => {
    assert.ok(!isRefusal(parsePublicKey(line('ssh-rsa', e1.e, e1.n), { rsaMinimumBits: 2048 })));
    assert.ok(isRefusal(parsePublicKey(line('ssh-rsa', e1.e, e1.n), { rsaMinimumBits: 3072 })));
  });
});
