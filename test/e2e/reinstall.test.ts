import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSystemImage } from '../../server/simulator/system-image.js';
import { House } from '../support/house.js';

const POLICY = `rules:
  - allow: [all]
  - allow: [reinstall]
    customers: [alice]
    images: [debian-13]
`;

const IMAGE_MIB = 32;
const DISK_MIB = 36;
/** The image takes so long then that the half is surely killed in the middle. */
const SLOW = 'mibPerSecond: 1\n';

describe('a reinstallation', () => {
  let house: House;
  before(async () => {
    house = await House.start({
      policy: POLICY,
      domains: [{ name: 'horatio', rawDisk: DISK_MIB }],
      customers: { alice: { horatio: 'owner' } },
      profiles: ({ directory, xorriso }) => {
        const { file, sha256 } = writeSystemImage(join(directory, 'debian-13.raw'), IMAGE_MIB);
        return `seeds:
  command: ${xorriso}
images:
  debian-13:
    title: Debian 13 (trixie)
    file: ${file}
    sha256: ${sha256}
    seed: asker
reinstall:
  ${SLOW}`;
      },
    });
  });
  after(() => house.stop());

  it('goes from the menu to the login of the new system, also after the half was killed while it wrote', async () => {
    const begun = await house.ssh('alice', 'horatio start --wait');
    assert.equal(begun.status, 0, begun.stderr);
    const alice = house.terminal('alice');
    await alice.sees('Reinstall');
    alice.type('i');
    await alice.sees('All data on xvda (36 MiB) of horatio is lost for ever.');
    alice.type('1');
    await alice.sees('Type horatio to do it');
    alice.type('horatio\r');
    await alice.sees(/writing its disk.*\n.* MiB of 36 MiB, about .* left/);

    await house.endDom0('SIGKILL');
    const { dom0Settings } = house.layout;
    writeFileSync(dom0Settings, readFileSync(dom0Settings, 'utf8').replace(SLOW, 'mibPerSecond: 500\n'));
    await house.startDom0();
    await alice.sees(/off, incomplete/);
    // Its end is told apart from the list.
    await alice.sees('a reinstallation did not work');
    const start = await house.ssh('alice', 'horatio start');
    assert.equal(start.status, 3, start.stderr);
    assert.match(start.stderr, /Its disk is incomplete/);

    alice.type('i');
    await alice.sees('Which system shall be installed?');
    alice.type('1');
    await alice.sees('Type horatio to do it');
    alice.type('horatio\r');
    // The console opens by itself, from the first byte of the boot.
    await alice.receives('cloud-init: host name: horatio');
    await alice.receives('with 1 key of alice');
    await alice.receives('Installed from an image.');
    await alice.sees('horatio login:');
  });
});
