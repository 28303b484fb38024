import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { XorrisoImage } from '../../../server/dom0/seed/seed-image.js';

const run = promisify(execFile);
const XORRISO = '/usr/bin/xorriso';

describe('XorrisoImage', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-seed-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  async function files(): Promise<ReadonlyMap<string, string>> {
    const made = new Map<string, string>();
    for (const name of [
      'meta-data',
      'user-data',
      'network-config',
      'authorized_keys',
      'hostname',
      'network',
    ]) {
      // A path that a graft point would read otherwise.
      const path = join(directory, `a=b\\c.${name}`);
      await writeFile(path, `this is ${name}\n`);
      made.set(name, path);
    }
    return made;
  }

  async function hasXorriso(): Promise<boolean> {
    return access(XORRISO).then(
      () => true,
      () => false,
    );
  }

  it('makes an ISO 9660 image that the same program reads back, with the files and the mode that it had', async function () {
    if (!(await hasXorriso())) this.skip();
    const target = join(directory, 'seed.iso');
    await writeFile(target, '', { mode: 0o600 });
    const sources = await files();
    assert.equal(await new XorrisoImage(XORRISO).make(target, sources), null);
    assert.equal((await stat(target)).mode & 0o777, 0o600);
    const out = join(directory, 'out');
    // Without the prefix it takes a file below /dev, as in /dev/shm, for a device.
    const image = `stdio:${target}`;
    await run(XORRISO, ['-no_rc', '-indev', image, '-osirrox', 'on', '-extract', '/', out]);
    for (const name of sources.keys())
      assert.equal(await readFile(join(out, name), 'utf8'), `this is ${name}\n`, name);
    const { stdout, stderr } = await run(XORRISO, ['-no_rc', '-indev', image, '-pvd_info']);
    assert.match(`${stdout}${stderr}`, /Volume Id +: CIDATA/);
  });

  it('says that the disk is full, in the words of the program', async function () {
    if (!(await hasXorriso())) this.skip();
    const why = await new XorrisoImage(XORRISO).make('/dev/full', await files());
    assert.match(why ?? '', /No space left on device/);
  });

  it('says that there is no such program', async () => {
    const none = join(directory, 'none');
    const why = await new XorrisoImage(none).make(join(directory, 'x.iso'), await files());
    assert.match(why ?? '', /not-started.*ENOENT/);
  });
});
