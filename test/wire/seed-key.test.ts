import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { parseSeedKey, seedKeyLine } from '../../server/wire/seed-key.js';

function blob(...fields: readonly (string | Buffer)[]): string {
  const parts = fields.flatMap((field) => {
    const bytes = typeof field === 'string' ? Buffer.from(field, 'latin1') : field;
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return [length, bytes];
  });
  return Buffer.concat(parts).toString('base64');
}

const point = randomBytes(32);
const ED25519 = blob('ssh-ed25519', point);
const curve = Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 7)]);

describe('parseSeedKey', () => {
  it('reads every type that may log in, with the login of its customer', () => {
    const modulus = Buffer.alloc(257, 1);
    const good: readonly (readonly [string, string])[] = [
      ['ssh-ed25519', ED25519],
      ['ecdsa-sha2-nistp256', blob('ecdsa-sha2-nistp256', 'nistp256', curve)],
      ['ecdsa-sha2-nistp384', blob('ecdsa-sha2-nistp384', 'nistp384', curve)],
      ['ecdsa-sha2-nistp521', blob('ecdsa-sha2-nistp521', 'nistp521', curve)],
      ['sk-ssh-ed25519@openssh.com', blob('sk-ssh-ed25519@openssh.com', point, 'ssh:')],
      [
        'sk-ecdsa-sha2-nistp256@openssh.com',
        blob('sk-ecdsa-sha2-nistp256@openssh.com', 'nistp256', curve, 'ssh:work'),
      ],
      ['ssh-rsa', blob('ssh-rsa', '\u0001\u0000\u0001', modulus)],
    ];
    for (const [type, base64] of good) {
      const line = `${type} ${base64} alice`;
      const key = parseSeedKey(line);
      assert.deepEqual(key, { type, base64, customer: 'alice' }, type);
      assert.equal(seedKeyLine(key), line);
    }
  });

  it('takes nothing else from a gate that somebody has taken over', () => {
    const bad: Readonly<Record<string, string>> = {
      'an option': `command="rm" ssh-ed25519 ${ED25519} alice`,
      'an option instead of the name': `ssh-ed25519 ${ED25519} command="rm"`,
      'a second line': `ssh-ed25519 ${ED25519} alice\nssh-ed25519 ${ED25519} alice`,
      'a line end behind it': `ssh-ed25519 ${ED25519} alice\n`,
      'a line end before it': `\nssh-ed25519 ${ED25519} alice`,
      'a tab': `ssh-ed25519\t${ED25519}\talice`,
      'two blanks': `ssh-ed25519  ${ED25519} alice`,
      'no name': `ssh-ed25519 ${ED25519}`,
      'an empty name': `ssh-ed25519 ${ED25519} `,
      'a comment of more words': `ssh-ed25519 ${ED25519} alice at home`,
      'YAML in the name': `ssh-ed25519 ${ED25519} "x":[]`,
      'shell in the name': `ssh-ed25519 ${ED25519} $(reboot)`,
      'a name in capitals': `ssh-ed25519 ${ED25519} Alice`,
      'a certificate': `ssh-ed25519-cert-v01@openssh.com ${blob('ssh-ed25519-cert-v01@openssh.com', point)} alice`,
      'a certificate under a key type': `ssh-ed25519 ${blob('ssh-ed25519-cert-v01@openssh.com', point)} alice`,
      'another type inside': `ssh-rsa ${ED25519} alice`,
      'a DSA key': `ssh-dss ${blob('ssh-dss', point, point, point, point)} alice`,
      'a webauthn type': `webauthn-sk-ecdsa-sha2-nistp256@openssh.com ${blob('x', point)} alice`,
      'a key for a web site': `sk-ssh-ed25519@openssh.com ${blob('sk-ssh-ed25519@openssh.com', point, 'https://x')} alice`,
      'no base64': 'ssh-ed25519 !!!! alice',
      'an empty blob': 'ssh-ed25519  alice',
      'base64 with rests': `ssh-ed25519 ${ED25519}= alice`,
      base64url: `ssh-ed25519 ${Buffer.from(ED25519, 'base64').toString('base64url')}-_ alice`,
      'a blob cut short': `ssh-ed25519 ${ED25519.slice(0, -4)} alice`,
      'a blob with more behind': `ssh-ed25519 ${blob('ssh-ed25519', point, 'x')} alice`,
      'an empty field': `ssh-ed25519 ${blob('ssh-ed25519', '')} alice`,
      'a length beyond the blob': `ssh-ed25519 ${Buffer.from([255, 255, 255, 255, 1]).toString('base64')} alice`,
      'a key of 1 MB': `ssh-rsa ${blob('ssh-rsa', 'e', Buffer.alloc(1_000_000, 1))} alice`,
      nothing: '',
    };
    for (const [what, line] of Object.entries(bad)) assert.equal(parseSeedKey(line), undefined, what);
  });
});
