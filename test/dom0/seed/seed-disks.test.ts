import assert from 'node:assert/strict';
import { SeedDisks } from '../../../server/dom0/seed/seed-disks.js';
import { LeapingHost } from '../../support/leaping-host.js';
import { MemoryDisk } from '../../support/memory-disk.js';
import { silentLogger } from '../../support/silent-logger.js';

describe('the seed disks of a half that has stopped', () => {
  it('are left alone, also when it would only begin to tidy then', () => {
    const lists: string[] = [];
    const disk = new MemoryDisk();
    const list = disk.list.bind(disk);
    disk.list = (path) => {
      lists.push(path);
      return list(path);
    };
    const disks = new SeedDisks({
      state: '/state',
      disk,
      image: { make: () => Promise.resolve(null) },
      toolstack: { longListAll: () => Promise.resolve([]) },
      host: new LeapingHost(),
      logger: silentLogger,
      absence: 1_000,
      isOpen: () => false,
    });
    disks.stop();
    // Files that are read late are no reason to begin after the end.
    disks.start();
    assert.deepEqual(lists, []);
  });
});
