import assert from 'node:assert/strict';
import { bootLoaderCases } from '../acceptance/boot-loaders.js';
import { settlesAs } from '../acceptance/states.js';
import { lab } from './lab/hooks.js';
import { realWorld } from './lab/real-world.js';

describe('rescue of servers with boot loaders, on a real Xen', () => {
  bootLoaderCases(realWorld());

  it('PyGRUB runs without root’s rights: it cannot read a disk that only root may; a directory that only root may enter does not hinder it', async () => {
    await lab().dom0.must('chmod 0600 /srv/xen/disks/rosencrantz.img');
    const { status, stderr } = await lab().ssh('alice', 'rosencrantz start --wait');
    assert.equal(status, 1, stderr);
    assert.match(stderr, /bootloader failed/);
    assert.doesNotMatch(stderr, /\/var|\/srv/);
    await settlesAs(lab(), 'rosencrantz', ['off']);
    await lab().dom0.must('chmod 0644 /srv/xen/disks/rosencrantz.img && chmod 0700 /srv/xen/disks');
    const mended = await lab().ssh('alice', 'rosencrantz start --wait');
    assert.equal(mended.status, 0, mended.stderr);
  });
});
