import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { ed25519KeyPairFiles } from '../../../server/gate/ssh/ed25519-key-pair.js';
import { ed25519Pair, type Ed25519Pair } from '../../../server/gate/ssh/raw-keys.js';

describe('gate/ssh: a new Ed25519 key pair', () => {
  /** Keys whose public or private half begins with a zero, which ssh2 drops, and other keys. */
  function keys(): Ed25519Pair[] {
    const found = new Map<string, Ed25519Pair>();
    while (found.size < 3) {
      const pair = ed25519Pair();
      const { publicKey, seed } = pair;
      found.set(publicKey[0] === 0 ? 'public' : seed[0] === 0 ? 'private' : 'neither', pair);
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
