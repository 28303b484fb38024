import assert from 'node:assert/strict';
import { readKeyFile } from '../../../server/cli/import/key-file.js';
import { SoftAuthenticator } from '../../support/soft-authenticator.js';

const RULES = { rsaMinimumBits: 2048, menus: [], dropFrom: false, now: new Date('2026-11-29T12:00:00Z') };

describe('import: keys on security keys', () => {
  for (const kind of ['ed25519', 'ecdsa'] as const) {
    const { line, fingerprint, type } = new SoftAuthenticator(kind, 'ssh:work');

    it(`are taken over like others, with their end: ${type}`, () => {
      const text = `${line} alice@home\nrestrict,pty,expiry-time="20270101Z" ${line}\n`;
      const { keys, refused } = readKeyFile('authorized_keys', text, RULES);
      assert.deepEqual(refused, []);
      assert.deepEqual(
        keys.map(({ key, text: written, expiresAt }) => [key.fingerprint, key.type, written, expiresAt]),
        [
          [fingerprint, type, `${line} alice@home`, null],
          [fingerprint, type, line, '2027-01-01T00:00:00.000Z'],
        ],
      );
    });

    it(`are not taken over when an option would be lost, and the sentence says what to do: ${type}`, () => {
      const text = `no-touch-required ${line}\nverify-required ${line}\nNo-Touch-Required,verify-required ${line}\n`;
      const { keys, refused } = readKeyFile('authorized_keys', text, RULES);
      assert.deepEqual(keys, []);
      assert.deepEqual(
        refused.map(({ place, kind: what, sentence }) => [place.line, what, sentence.split(':')[0]]),
        [
          [1, 'problem', 'its no-touch-required is not supported'],
          [2, 'problem', 'its verify-required is not taken over with a key'],
          [3, 'problem', 'its no-touch-required is not supported'],
        ],
      );
    });
  }

  it('have these options alone: sshd does not look at them before a plain key', () => {
    const plain =
      'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0HaBk0vZ0cqTSWm1sUy2iq9V3wFqBz5oF7C3r0tFYd alice@home';
    const { keys, refused } = readKeyFile('f', `no-touch-required,verify-required ${plain}\n`, RULES);
    assert.deepEqual([keys.length, refused], [1, []]);
  });

  it('for a web site are refused, as is one cut short', () => {
    const { line } = new SoftAuthenticator('ed25519', 'example.com');
    const cut = new SoftAuthenticator('ecdsa').line.slice(0, -8);
    const { keys, refused } = readKeyFile('f', `${line}\n${cut}\n`, RULES);
    assert.equal(keys.length, 0);
    assert.match(refused[0]?.sentence ?? '', /another use than SSH/);
    assert.match(refused[1]?.sentence ?? '', /cut short or damaged/);
  });
});
