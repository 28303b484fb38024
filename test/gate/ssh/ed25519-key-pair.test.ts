import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { ed25519KeyPairFiles } from '../../../server/gate/ssh/ed25519-key-pair.js';

describe('gate/ssh: a new Ed25519 key pair', () => {
  /** Keys whose public or private half begins with a zero, which ssh2 drops, and some that do not. */
  function keys(): { x?: string; d?: string }[] {
    const found = new Map<string, { x?: string; d?: string }>();
    while (found.size < 3) {
      const key = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
      const zero = (half = ''): boolean => Buffer.from(half, 'base64url')[0] === 0;
      found.set(zero(key.x) ? 'public' : zero(key.d) ? 'private' : 'neither', key);
    }
    return [...found.values()];
  }

  it('is read by ssh-keygen and by ssh2, a leading zero or not, whatever the comment', () => {
    const directory = mkdtempSync(join(tmpdir(), 'postern-pair-'));
    try {
      for (const [n, key] of keys().entries()) {
        const comment = 'postern'.slice(0, 2 * n);
        const { privateFile, publicFile } = ed25519KeyPairFiles(key, comment);
        const file = join(directory, `key${n}`);
        writeFileSync(file, privateFile, { mode: 0o600 });
        assert.equal(execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' }), publicFile);
        const parsed = ssh2.utils.parseKey(privateFile);
        assert.ok(!(parsed instanceof Error));
        assert.equal(parsed.getPublicSSH().toString('base64'), publicFile.split(/\s/)[1]);
        assert.equal(parsed.verify('text', parsed.sign('text')), true);
      }
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
