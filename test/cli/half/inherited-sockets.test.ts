import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { writeSshConfig } from '../../../server/cli/demo/demo-ssh-config.js';
import { inheritedSockets } from '../../../server/cli/half/inherited-sockets.js';
import { HostKey } from '../../../server/gate/ssh/host-key.js';
import { House } from '../../support/house.js';
import { POSTERN } from '../../support/postern-command.js';

describe('sockets that systemd hands over', () => {
  it('are those of this process alone', () => {
    assert.deepEqual(inheritedSockets({ LISTEN_PID: '7', LISTEN_FDS: '2' }, 7), [3, 4]);
    assert.deepEqual(inheritedSockets({ LISTEN_PID: '8', LISTEN_FDS: '2' }, 7), []);
    assert.deepEqual(inheritedSockets({}, 7), []);
    for (const count of ['0', '-1', '1e9', '999', '', 'x'])
      assert.deepEqual(inheritedSockets({ LISTEN_PID: '7', LISTEN_FDS: count }, 7), [], count);
  });

  for (const workers of [1, 2])
    it(`serve who came before the gate was there, by ${workers} workers`, async () => {
      const house = await House.layOut({ gateSettings: `workers: ${workers}\n` });
      const { layout } = house;
      const held = createServer();
      held.listen(0, '127.0.0.1');
      await once(held, 'listening');
      const { port } = held.address() as AddressInfo;
      const { fd } = (held as unknown as { _handle: { fd: number } })._handle;
      HostKey.open(layout.hostKey);
      writeSshConfig(layout, ['alice', 'bob'], port, readFileSync(`${layout.hostKey}.pub`, 'utf8'));
      const log = openSync(house.log('gate'), 'a');
      // As systemd does: the process gets its own number.
      const command = `LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"`;
      const args = ['-c', command, process.execPath, POSTERN, 'gate', '--settings', layout.gateSettings];
      const gate = spawn('/bin/sh', args, { stdio: ['ignore', 'ignore', log, fd] });
      const ended = once(gate, 'exit');
      held.close();
      closeSync(log);
      try {
        const { status, stdout, stderr } = await house.ssh('alice', 'list');
        assert.equal(status, 0, stderr + readFileSync(house.log('gate'), 'utf8'));
        assert.match(stdout, /horatio/);
      } finally {
        gate.kill('SIGTERM');
        await ended;
        await house.stop();
      }
    });
});
