import assert from 'node:assert/strict';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildRequest } from '../../../server/cli/rescue-image/builder.js';
import { builderWords } from '../../../server/cli/rescue-image/builder.js';
import { checkImage } from '../../../server/cli/rescue-image/image-check.js';
import { ImageDirectory } from '../../../server/cli/rescue-image/image-directory.js';
import { readManifest } from '../../../server/cli/rescue-image/manifest.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

const NOW = Date.parse('2026-11-30T01:00:00Z');
const DAY = 86_400_000;
const ASKED = { suite: 'trixie', size: 'full', mirrors: [] } as const;

/** A builder that leaves what build.sh leaves. */
async function build({ into, id }: BuildRequest): Promise<void> {
  for (const name of ['vmlinuz', 'initrd.img', 'rescue.squashfs'])
    await writeFile(join(into, name), `${name} ${id}`);
  await writeFile(join(into, 'packages.txt'), 'bash 5.2.37-2+b5\nxfsprogs 6.13.0-2\n');
}

describe('the directory of the rescue images', () => {
  let directory: TemporaryDirectory;
  let images: ImageDirectory;
  beforeEach(() => {
    directory = new TemporaryDirectory();
    images = new ImageDirectory(directory.file('images'));
  });
  afterEach(() => {
    directory.dispose();
  });
  const names = (): string[] => readdirSync(directory.file('images')).sort();

  it('has a new image in the place of the present one, with its manifest and its profile', async () => {
    const made = await images.add(ASKED, build, NOW);
    assert.deepEqual(await readManifest(images.current), made);
    assert.equal(made.builtAt, '2026-11-30T01:00:00.000Z');
    assert.deepEqual(made.packages, { bash: '5.2.37-2+b5', xfsprogs: '6.13.0-2' });
    assert.equal(made.files.vmlinuz.bytes, `vmlinuz ${made.id}`.length);
    assert.deepEqual(names(), [`20261130T010000Z-${made.id}`, 'current']);
    assert.deepEqual(readdirSync(images.current).sort(), [
      'initrd.img',
      'profile.yaml',
      'rescue-image.json',
      'rescue.squashfs',
      'vmlinuz',
    ]);
    assert.equal(statSync(images.current).mode & 0o777, 0o755);
    assert.equal(statSync(join(images.current, 'vmlinuz')).mode & 0o777, 0o644);
    assert.match(
      readFileSync(join(images.current, 'profile.yaml'), 'utf8'),
      new RegExp(`kernel: ${images.current}/vmlinuz\n`),
    );
    const [checked] = await checkImage(images.current, NOW + DAY);
    assert.equal(checked?.level, 'ok', checked?.finding);
  });

  it('keeps the image before the present one, and no more', async () => {
    const all = [];
    for (const days of [0, 1, 2]) all.push(await images.add(ASKED, build, NOW + days * DAY));
    const [, second, third] = all;
    assert.deepEqual(names(), [`20261201T010000Z-${second?.id}`, `20261202T010000Z-${third?.id}`, 'current']);
    assert.equal(readlinkSync(images.current), `20261202T010000Z-${third?.id}`);
  });

  it('keeps the present image when a build fails at any step, and leaves nothing of it', async () => {
    const made = await images.add(ASKED, build, NOW);
    const before = names();
    const failing: ((request: BuildRequest) => Promise<void>)[] = [
      () => Promise.reject(new Error('no mirror')),
      async ({ into }) => {
        await writeFile(join(into, 'vmlinuz'), 'half');
        throw new Error('ENOSPC');
      },
      // It says that it is done, and a part is missing.
      async ({ into }) => {
        await writeFile(join(into, 'vmlinuz'), 'whole');
        await writeFile(join(into, 'packages.txt'), '');
      },
    ];
    for (const one of failing) await assert.rejects(images.add(ASKED, one, NOW + DAY));
    assert.deepEqual(names(), before);
    assert.equal((await checkImage(images.current, NOW))[0]?.level, 'ok');
    assert.deepEqual(await readManifest(images.current), made);
  });

  it('removes what a killed build left, and not what one makes that runs', async () => {
    const images2 = directory.file('images');
    // Linux gives no process this number.
    mkdirSync(join(images2, '.building-4194305-0123456789abcdef'), { recursive: true });
    mkdirSync(join(images2, `.building-${process.ppid}-0123456789abcdef`));
    mkdirSync(join(images2, 'of-the-admin'));
    await images.add(ASKED, build, NOW);
    assert.deepEqual(
      names().filter((name) => !/^2026/.test(name)),
      [`.building-${process.ppid}-0123456789abcdef`, 'current', 'of-the-admin'],
    );
  });

  it('never replaces a directory that an admin calls current', async () => {
    mkdirSync(images.current, { recursive: true });
    await assert.rejects(images.add(ASKED, build, NOW), /is no link that this command made: move it away/);
    assert.ok(lstatSync(images.current).isDirectory());
    assert.deepEqual(names(), ['current']);
  });

  it('asks the builder by separate words, whatever is in them', () => {
    const words = builderWords({
      into: '/srv/x',
      suite: 'bookworm',
      size: 'small',
      id: '00ff',
      mirrors: ['deb http://a/ b c; reboot', 'http://d/'],
    });
    assert.equal(words[0], '/bin/sh');
    assert.match(words[1] ?? '', /\/server\/rescue-image\/build\.sh$/);
    assert.deepEqual(words.slice(2), [
      '/srv/x',
      'bookworm',
      'small',
      '00ff',
      'deb http://a/ b c; reboot',
      'http://d/',
    ]);
  });
});

describe('the check of a rescue image', () => {
  let directory: TemporaryDirectory;
  let images: ImageDirectory;
  beforeEach(async () => {
    directory = new TemporaryDirectory();
    images = new ImageDirectory(directory.path);
    await images.add(ASKED, build, NOW);
  });
  afterEach(() => {
    directory.dispose();
  });
  const found = async (now: number): Promise<string> => {
    const [first, ...more] = await checkImage(images.current, now);
    assert.deepEqual(more, []);
    return `${first?.level} ${first?.finding}`;
  };

  it('warns of an image that is older than 90 days, and of a clock before it', async () => {
    assert.match(await found(NOW + 90 * DAY), /^ok of Debian trixie, built 2026-11-30$/);
    assert.match(await found(NOW + 91 * DAY), /^warn .* is 91 days old/);
    assert.match(await found(NOW - 3 * DAY), /^warn .* is in the future/);
  });

  it('finds a file of another image: by its size, and by its checksum', async () => {
    const path = join(images.current, 'initrd.img');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, `${text} and more`);
    assert.match(await found(NOW), /^fail .*initrd\.img is not of this image: it has \d+ bytes/);
    writeFileSync(path, text.replaceAll(/./g, 'x'));
    assert.match(await found(NOW), /^fail .*initrd\.img is not of this image: its checksum/);
  });

  it('says what is missing, and what is no manifest', async () => {
    const manifest = join(images.current, 'rescue-image.json');
    const good = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, unknown>;
    for (const value of [
      null,
      [],
      7,
      {},
      { ...good, format: 2 },
      { ...good, builtAt: 'yesterday' },
      { ...good, files: null },
      { ...good, files: { vmlinuz: { bytes: 1, sha256: 'x' } } },
    ]) {
      writeFileSync(manifest, JSON.stringify(value));
      assert.match(await found(NOW), /^fail .*rescue-image\.json is not the manifest of a rescue image$/);
    }
    writeFileSync(manifest, '{');
    assert.match(await found(NOW), /^fail .*rescue-image\.json cannot be read/);
    assert.match(
      (await checkImage(directory.file('nowhere'), NOW))[0]?.finding ?? '',
      /rescue-image\.json cannot be read: there is no such file or directory/,
    );
  });
});
