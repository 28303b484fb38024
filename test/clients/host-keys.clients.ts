import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRefusal } from '../../policy/refusal.js';
import { GateUnderTest } from '../support/gate-under-test.js';
import { run } from '../support/house.js';
import { SshClient } from '../support/ssh-client.js';
import { FORKY, opensshOf, TRIXIE } from './debian-openssh.js';
import { OpenSsh } from './openssh.js';

for (const program of [new OpenSsh(), opensshOf(TRIXIE), opensshOf(FORKY)]) {
  const { missing } = program;
  const about = missing ?? program.version();
  (missing === null ? describe : describe.skip)(`clients: host keys of ${program.name} (${about})`, () => {
    const client = new SshClient();
    const known = join(client.directory, 'known');
    let gate: GateUnderTest;

    before(async () => {
      gate = new GateUnderTest({ otherHostKeys: [client.key('rsa-host-key', 'rsa', 3072).file] });
      gate.customer('alice', [client.key('alice').blob]);
      await gate.listen();
    });
    after(async () => {
      client.dispose();
      await gate.dispose();
    });

    async function login(): Promise<void> {
      const to = {
        port: gate.port,
        login: 'alice',
        key: client.key('alice').file,
        knownHosts: known,
        hostKey: gate.hostKey.publicLine,
        home: client.directory,
      };
      const { file, args } = program.configured(to, ['UpdateHostKeys=yes'], 'whoami');
      const { status, stderr } = await run(file, args, '');
      assert.equal(status, 0, stderr);
      assert.doesNotMatch(stderr, /warning/i);
    }

    const learned = (): readonly string[] =>
      readFileSync(known, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split(' ').slice(1, 3).join(' '))
        .toSorted();
    const lines = (keys: GateUnderTest['hostKeys']['offered']): readonly string[] =>
      keys.map(({ type, blob }) => `${type} ${blob.toString('base64')}`).toSorted();

    it('learns the RSA key and the next key by their proofs, and forgets the retired one', async () => {
      writeFileSync(known, `${gate.hostKey.knownHostsLine('127.0.0.1', gate.port)}\n`);
      for (const step of ['begin', 'finish'] as const) {
        const rotation = gate.hostKeys.rotation(null);
        assert.ok(!isRefusal(rotation));
        const made = await rotation[step]();
        assert.ok(!isRefusal(made));
        made.carryOut();
        gate.hostKeys.reload();
        await login();
        assert.deepEqual(learned(), lines(gate.hostKeys.announced));
        assert.equal(learned().length, step === 'begin' ? 3 : 2);
      }
      await login();
    });
  });
}
