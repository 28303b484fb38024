import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRefusal } from '../../../policy/refusal.js';
import { GateUnderTest } from '../../support/gate-under-test.js';
import { SshClient } from '../../support/ssh-client.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

describe('gate/ssh: the OpenSSH client learns host keys', () => {
  const client = new SshClient();
  const directory = new TemporaryDirectory();
  let gate: GateUnderTest;

  before(async () => {
    const otherHostKeys = (['rsa', 'ecdsa'] as const).map((type) => {
      const file = directory.file(type);
      const bits = type === 'rsa' ? ['-b', '3072'] : [];
      execFileSync('ssh-keygen', ['-q', '-t', type, ...bits, '-N', '', '-C', '', '-f', file]);
      return file;
    });
    gate = new GateUnderTest({ otherHostKeys });
    await gate.listen(client);
    gate.customer('alice', [client.key('alice').blob]);
  });

  after(async () => {
    client.dispose();
    await gate.dispose();
    directory.dispose();
  });

  const login = async (...options: string[]): Promise<string> => {
    const target = { port: gate.port, login: 'alice', key: client.key('alice') };
    const { stdout, stderr } = await client.run({ ...target, options: [...options, 'UpdateHostKeys=yes'] }, [
      'whoami',
    ]);
    return stdout === 'alice -\n' ? 'in' : stderr;
  };
  const known = (): readonly string[] =>
    readFileSync(join(client.directory, 'known_hosts'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(' ').slice(1, 3).join(' '))
      .sort();
  const lines = (keys: GateUnderTest['hostKeys']['offered']): readonly string[] =>
    keys.map(({ type, blob }) => `${type} ${blob.toString('base64')}`).sort();
  const step = async (name: 'begin' | 'finish', type: string | null = null): Promise<void> => {
    const rotation = gate.hostKeys.rotation(type);
    assert.ok(!isRefusal(rotation));
    const made = await rotation[name]();
    assert.ok(!isRefusal(made));
    made.carryOut();
    gate.hostKeys.reload();
  };

  it('takes each type, RSA by SHA-2 only, and offers no ssh-rsa', async () => {
    client.trust(gate.hostKeys.offered.map((key) => key.knownHostsLine('127.0.0.1', gate.port)).join('\n'));
    for (const algorithm of ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-512', 'rsa-sha2-256'])
      assert.equal(await login(`HostKeyAlgorithms=${algorithm}`, 'UpdateHostKeys=no'), 'in', algorithm);
    assert.match(
      await login('HostKeyAlgorithms=ssh-rsa'),
      /no matching host key type found. Their offer: ssh-ed25519,/,
    );
  });

  // The proof of an RSA key depends on the key exchange, and the client checks it.
  for (const algorithm of ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-512', 'rsa-sha2-256'])
    it(`learns all of them with ${algorithm}, though it knew only one`, async () => {
      const used = gate.hostKeys.offered.find(
        ({ type }) => algorithm.startsWith(type) || (type === 'ssh-rsa' && algorithm.startsWith('rsa')),
      );
      client.trust(used?.knownHostsLine('127.0.0.1', gate.port) ?? '');
      // The client takes keys only of the types that it would use itself.
      const types = `${algorithm},ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-512`;
      assert.equal(await login(`HostKeyAlgorithms=${types}`), 'in');
      assert.deepEqual(known(), lines(gate.hostKeys.offered));
    });

  for (const type of [null, 'rsa', 'ecdsa'])
    it(`learns the next ${type ?? 'ed25519'} key, and drops the retired one, without a question`, async () => {
      client.trust(gate.hostKeys.offered.map((key) => key.knownHostsLine('127.0.0.1', gate.port)).join('\n'));
      await step('begin', type);
      assert.equal(await login(), 'in');
      assert.deepEqual(known(), lines(gate.hostKeys.announced));
      assert.equal(known().length, 4);
      await step('finish', type);
      assert.equal(await login(), 'in', 'after the rotation, with StrictHostKeyChecking=yes');
      assert.deepEqual(known(), lines(gate.hostKeys.offered));
      assert.equal(known().length, 3);
      assert.equal(await login(), 'in');
    });

  it('is warned of the new key when it did not come meanwhile', async () => {
    client.trust(gate.hostKey.knownHostsLine('127.0.0.1', gate.port));
    await step('begin');
    await step('finish');
    assert.match(await login('HostKeyAlgorithms=ssh-ed25519'), /REMOTE HOST IDENTIFICATION HAS CHANGED/);
  });
});
