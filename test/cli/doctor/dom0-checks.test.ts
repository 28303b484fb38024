import assert from 'node:assert/strict';
import { loadDom0Settings } from '../../../config/dom0-settings.js';
import { checkDom0Half } from '../../../server/cli/doctor/dom0-checks.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

describe('postern doctor, of the dom0 half', () => {
  let directory: TemporaryDirectory;
  beforeEach(() => {
    directory = new TemporaryDirectory();
  });
  afterEach(() => {
    directory.dispose();
  });

  /** @returns `level subject: finding` of what is said of images and seed disks */
  async function said(image: string, profiles = '{}'): Promise<readonly string[]> {
    const lines = [
      'host: xen1',
      `socket: ${directory.file('dom0.sock')}`,
      `state: ${directory.file('state')}`,
      `seeds: {command: ${directory.file('xorriso')}, xenstoreRead: ${directory.file('xenstore-read')}}`,
      `profiles: ${profiles}`,
      `images: {debian-13: {title: Debian, file: ${directory.file('image.raw')}, sha256: "${'0'.repeat(64)}"${image}}}`,
    ];
    const loaded = loadDom0Settings(directory.write('dom0.yaml', lines.join('\n')));
    assert.ok(loaded.ok, JSON.stringify(loaded));
    return (await checkDom0Half(loaded.settings, null))
      .filter(({ subject }) => /^(image|seed|rescue host)/.test(subject))
      .map(({ level, subject, finding }) => `${level} ${subject}: ${finding}`);
  }

  it('asks for xenstore-read only where a rescue system could tell its host key', async () => {
    const profile = (seed: string): string =>
      `{ssh: {title: Rescue, kind: direct, kernel: /k, ramdisk: /r, extra: x, disks: "They stay."${seed}}}`;
    directory.write('image.raw', Buffer.alloc(1024));
    const keys = async (text: string): Promise<string> =>
      (await said('', text)).filter((line) => line.includes('rescue host keys')).join('\n');
    assert.equal(await keys(profile('')), '');
    assert.match(
      await keys(profile(', seed: asker')),
      /^warn rescue host keys: .*xenstore-read is missing: the menu/,
    );
    directory.write('xenstore-read', '');
    assert.equal(await keys(profile(', seed: asker')), '');
  });

  it('looks at the files of images, and asks for xorriso when only an image has a seed disk', async () => {
    assert.match(
      (await said('')).join('\n'),
      /^fail image debian-13: .*image\.raw cannot be read: there is no such file or directory$/,
    );
    directory.write('image.raw', Buffer.alloc(1024));
    assert.match((await said('')).join('\n'), /^ok image debian-13: .*image\.raw, 0 MiB$/);
    assert.match(
      (await said(', seed: asker')).join('\n'),
      /^ok image .*\nfail seed disks: .*xorriso cannot be used: there is no such file or directory$/,
    );
  });
});
