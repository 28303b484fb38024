import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostKey } from '../../../server/gate/ssh/host-key.js';

describe('gate/ssh: the host key', () => {
  let directory = '';
  let file = '';

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'postern-host-key-'));
    file = join(directory, 'host_key');
  });

  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
  const keygen = (...args: string[]): string => execFileSync('ssh-keygen', args, { encoding: 'utf8' });
  const refused = (message: string | RegExp): void => {
    assert.throws(() => HostKey.open(file), { name: 'HostKeyError', message });
  };

  it('is made once, with the right modes, as ssh-keygen would', () => {
    const umask = process.umask(0);
    try {
      HostKey.open(file);
    } finally {
      process.umask(umask);
    }
    assert.equal(mode(file), '600');
    assert.equal(mode(`${file}.pub`), '644');
    assert.deepEqual(readdirSync(directory).sort(), ['host_key', 'host_key.pub']);
    const [again, pem] = [HostKey.open(file), readFileSync(file)];
    assert.ok(readFileSync(file).equals(pem));
    assert.equal(keygen('-y', '-f', file).trim(), again.publicLine);
    assert.equal(readFileSync(`${file}.pub`, 'utf8').trim(), again.publicLine);
    assert.match(keygen('-l', '-f', file), new RegExp(`^256 ${again.fingerprint.replace(/\+/g, '\\+')} `));
  });

  it('may be one that ssh-keygen made', () => {
    keygen('-q', '-t', 'ed25519', '-N', '', '-C', 'by hand', '-f', file);
    assert.equal(HostKey.open(file).publicLine, readFileSync(`${file}.pub`, 'utf8').trim());
  });

  it('gives the lines for known_hosts and for DNS that ssh-keygen gives', () => {
    const key = HostKey.open(file);
    assert.ok(
      keygen('-r', 'gate.example.net', '-f', file).split('\n').includes(key.sshfpLine('gate.example.net')),
    );
    writeFileSync(join(directory, 'known'), `${key.knownHostsLine('gate.example.net', 2222)}\n`);
    assert.match(keygen('-F', '[gate.example.net]:2222', '-f', join(directory, 'known')), /ssh-ed25519/);
    assert.match(key.knownHostsLine('gate.example.net', 22), /^gate\.example\.net ssh-ed25519 /);
  });

  it('does not show its private half when it is logged', () => {
    const key = HostKey.open(file);
    const secret = readFileSync(file, 'utf8').split('\n')[2] ?? '';
    assert.ok(secret.length > 40);
    assert.ok(!JSON.stringify(key).includes(secret) && !JSON.stringify(key).includes('PRIVATE'));
  });

  for (const open of [0o640, 0o604, 0o660, 0o644]) {
    it(`is refused with mode ${open.toString(8)}, and left as it is`, () => {
      HostKey.open(file);
      chmodSync(file, open);
      refused(`The host key ${file} is open to others (mode 0${open.toString(8)}): run "chmod 600 ${file}".`);
      assert.equal(mode(file), open.toString(8));
    });
  }

  it('is refused when it is of another type, has a passphrase, is broken, public, or no file', () => {
    keygen('-q', '-t', 'ecdsa', '-N', '', '-f', file);
    refused(`The host key ${file} is of type ecdsa-sha2-nistp256: Postern uses ssh-ed25519 only.`);
    rmSync(file);
    keygen('-q', '-t', 'ed25519', '-N', 'secret', '-f', file);
    refused(/has a passphrase/);
    writeFileSync(file, 'rubbish', { mode: 0o600 });
    refused(/not a private key that can be read/);
    writeFileSync(file, readFileSync(`${file}.pub`));
    refused(`The host key ${file} holds only a public key.`);
    rmSync(file);
    file = directory;
    refused(`The host key ${directory} is not a file.`);
  });

  it('says so when it cannot be made', () => {
    file = join(directory, 'missing', 'host_key');
    refused(`Cannot make the host key ${file}: there is no such file or directory.`);
  });
});
