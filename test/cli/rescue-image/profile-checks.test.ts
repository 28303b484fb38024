import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadDom0Settings } from '../../../config/dom0-settings.js';
import { ImageDirectory } from '../../../server/cli/rescue-image/image-directory.js';
import { checkProfiles } from '../../../server/cli/rescue-image/profile-checks.js';
import { profileText } from '../../../server/cli/rescue-image/profile-text.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

const NOW = Date.parse('2026-11-30T01:00:00Z');

describe('the check of the boot profiles', () => {
  let directory: TemporaryDirectory;
  let images: ImageDirectory;
  before(async () => {
    directory = new TemporaryDirectory();
    images = new ImageDirectory(directory.file('images'));
    await images.add(
      { suite: 'trixie', size: 'full', mirrors: [] },
      async ({ into }) => {
        for (const name of ['vmlinuz', 'initrd.img', 'rescue.squashfs', 'packages.txt'])
          await writeFile(join(into, name), name);
      },
      NOW,
    );
    directory.write('initrd.other', '');
  });
  after(() => {
    directory.dispose();
  });

  /** @returns `level finding` of each that is not ok */
  async function troubles(profiles: string): Promise<readonly string[]> {
    const loaded = loadDom0Settings(directory.write('dom0.yaml', `host: xen1\nprofiles:\n${profiles}`));
    assert.ok(loaded.ok, JSON.stringify(loaded));
    return (await checkProfiles(loaded.settings, NOW))
      .filter(({ level }) => level !== 'ok')
      .map(({ level, finding }) => `${level} ${finding}`);
  }

  it('finds nothing wrong with the profile that the build prints', async () => {
    assert.deepEqual(await troubles(profileText(images.current)), []);
  });

  it('finds a kernel, a ramdisk and a disk that are not of one image', async () => {
    const good = profileText(images.current);
    const ramdisk = good.replace(`${images.current}/initrd.img`, directory.file('initrd.other'));
    assert.match((await troubles(ramdisk)).join(), /^fail its kernel is of .*, but its ramdisk is not$/);
    const none = good.replace(/addDisks: .*/, 'addDisks: []');
    assert.match(
      (await troubles(none)).join(),
      /^fail the disk of the rescue image in .* is not among its addDisks$/,
    );
    const writable = good.replace('xvdz,r', 'xvdz,w');
    assert.match((await troubles(writable)).join(), /^fail its guests could write to .*rescue\.squashfs/);
  });

  it('finds disks of direct and disk profiles that are not there', async () => {
    const gone = directory.file('gone.img');
    const kernel = join(images.current, 'vmlinuz');
    const words = 'title: x, disks: y';
    for (const [profile, count] of [
      [
        `{kind: direct, ${words}, kernel: ${directory.file('initrd.other')}, addDisks: ["file:${gone},xvdz,r"]}`,
        1,
      ],
      [`{kind: disk, ${words}, kernel: ${kernel}, disk: "file:${gone},xvdz,r"}`, 1],
      [`{kind: disk, ${words}, kernel: ${kernel}, disk: "phy:${gone},xvdz,r"}`, 1],
      // A script makes it when a guest is created.
      [
        `{kind: disk, ${words}, kernel: ${kernel}, disk: "script=block-x,vdev=xvdz,access=r,target=${gone}"}`,
        0,
      ],
    ] as const) {
      const found = await troubles(`  one: ${profile}\n`);
      assert.equal(found.length, count, `${profile}: ${found.join('; ')}`);
      for (const one of found) assert.match(one, /^fail .*gone\.img/);
    }
  });

  it('says when there is no profile at all', async () => {
    assert.match((await troubles('  {}\n')).join(), /^warn there is no rescue profile$/);
  });
});
