import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { GateUnderTest } from '../../support/gate-under-test.js';
import { SshClient, type SshTarget } from '../../support/ssh-client.js';

/** Mallory has a valid key and OpenSSH, and looks for a way through the gate to the hosts behind it. */
describe('attacks by forwarding, with the OpenSSH client', () => {
  const gate = new GateUnderTest();
  const client = new SshClient();
  let inside: Server;
  let port = 0;
  let reached = 0;

  const mallory = (flags: string[] = [], options: string[] = []): SshTarget => ({
    port: gate.port,
    login: 'mallory',
    key: client.key('mallory'),
    flags,
    options,
  });

  before(async () => {
    await gate.listen(client);
    gate.customer('mallory', [client.key('mallory').blob]);
    inside = createServer((socket) => {
      reached += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => inside.listen(0, '127.0.0.1', resolve));
    ({ port } = inside.address() as AddressInfo);
  });

  after(async () => {
    client.dispose();
    inside.close();
    await gate.dispose();
  });

  afterEach(() => {
    assert.equal(reached, 0, 'nothing behind the gate was reached');
  });

  it('-W: refused', async () => {
    const { status, stderr } = await client.run(mallory(['-W', `127.0.0.1:${port}`]));
    assert.equal(status, 255);
    assert.match(stderr, /administratively prohibited|stdio forwarding failed/);
  });

  it('-L, to a port and to a socket: whoever connects is turned away', async () => {
    const local = join(client.directory, 'local.sock');
    for (const forward of [`-L${local}:127.0.0.1:${port}`, `-L${local}:/run/postern/dom0.sock`]) {
      const ssh = client.start(mallory(['-v', forward, '-o', 'StreamLocalBindUnlink=yes', '-N']));
      let said = '';
      ssh.stderr?.on('data', (data: Buffer) => (said += data.toString()));
      await new Promise<void>((resolve) => {
        ssh.stderr?.on('data', () => {
          if (said.includes('Entering interactive session')) resolve();
        });
      });
      const through = connect(local);
      through.on('error', () => undefined);
      await once(through, 'close');
      assert.match(said, /administratively prohibited/);
      ssh.kill();
      await once(ssh, 'exit');
    }
  });

  it('-R, of a port and of a socket: refused', async () => {
    const remote = join(client.directory, 'remote.sock');
    for (const forward of [
      `-R0:127.0.0.1:${port}`,
      `-R127.0.0.1:0:127.0.0.1:${port}`,
      `-R${remote}:127.0.0.1:${port}`,
    ]) {
      const { status, stderr } = await client.run(mallory([forward], ['ExitOnForwardFailure=yes']), [
        'whoami',
      ]);
      assert.equal(status, 255, forward);
      assert.match(stderr, /remote .*forward.* failed/i);
    }
    assert.ok(!existsSync(remote));
  });

  it('-A: the session works, and the gate never asks the agent', async () => {
    const { stdout, stderr } = await client.run(mallory(['-A', '-v']), ['whoami']);
    assert.equal(stdout, 'mallory -\n');
    assert.ok(!stderr.includes('auth-agent@openssh.com rchan'));
  });

  it('sftp, scp old and new, any subsystem: refused', async () => {
    const file = join(client.directory, 'config');
    const url = (path: string): string => `mallory@127.0.0.1:${path}`;
    const sftp = await client.program('sftp', mallory(), ['-b', '/dev/null', url('/')]);
    assert.notEqual(sftp.status, 0);
    assert.match(sftp.stderr, /subsystem request failed/);
    const up = await client.program('scp', mallory(), [file, url('/tmp/postern-attack')]);
    assert.notEqual(up.status, 0);
    const down = await client.program('scp', mallory(), [
      url('/etc/passwd'),
      join(client.directory, 'stolen'),
    ]);
    assert.notEqual(down.status, 0);
    assert.ok(!existsSync('/tmp/postern-attack') && !existsSync(join(client.directory, 'stolen')));
    const other = await client.run(mallory(['-s']), ['netconf']);
    assert.equal(other.status, 255);
    assert.match(other.stderr, /subsystem request failed/);
  });
});
