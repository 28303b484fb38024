import assert from 'node:assert/strict';
import { GateUnderTest } from '../../support/gate-under-test.js';
import { SshClient } from '../../support/ssh-client.js';

describe('login with the OpenSSH client', () => {
  const client = new SshClient();
  const gate = new GateUnderTest();

  before(async () => {
    await gate.listen(client);
    gate.accounts.add('alice', client.key('alice'));
  });

  after(async () => {
    client.dispose();
    await gate.dispose();
  });

  it('runs a command and passes its output and exit status', async () => {
    const target = { port: gate.port, login: 'alice', key: client.key('alice') };
    assert.deepEqual(await client.run(target, ['whoami']), { status: 0, stdout: 'alice -\n', stderr: '' });
    assert.deepEqual(await client.run(target, ['fail', '5']), {
      status: 5,
      stdout: '',
      stderr: 'it failed\n',
    });
  });

  it('opens a shell on a terminal, with its name and size, and follows its size', async () => {
    const terminal = client.terminal({ port: gate.port, login: 'alice', key: client.key('alice') });
    await terminal.sees('hello alice xterm-256color 80x24');
    terminal.resize(100, 40);
    await terminal.sees('now 100x40');
    terminal.type('\x04');
    assert.equal(await terminal.ends(), 0);
  });
});
