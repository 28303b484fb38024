import assert from 'node:assert/strict';
import { reachCases } from '../acceptance/reach.js';
import { run } from '../support/house.js';
import { lab } from './lab/hooks.js';
import { realWorld } from './lab/real-world.js';

describe('what customers must not reach, on a real Xen', () => {
  reachCases(realWorld());

  it('the link’s login gets the socket and nothing else: no shell, no other port, no other socket', async () => {
    const config = ['-F', lab().dom0.sshConfig];
    const shell = await run('ssh', [...config, '-T', 'link', '--', 'id'], '');
    assert.notEqual(shell.status, 0);
    assert.doesNotMatch(shell.stdout, /uid=/);
    const tcp = await run('ssh', [...config, '-W', '127.0.0.1:22', 'link'], '');
    assert.notEqual(tcp.status, 0);
    assert.doesNotMatch(tcp.stdout, /SSH-2/);
  });
});
