import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { loadDom0Settings } from '../../../config/dom0-settings.js';
import { checkImageFiles } from '../../../server/cli/image/image-checks.js';
import { ImageServer } from '../../support/image-server.js';
import { POSTERN, posternProcess, startPostern } from '../../support/postern-command.js';
import type { Ended } from '../../support/postern-command.js';
import { run } from '../../support/house.js';
import { SmallDisks } from '../../support/small-disks.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

const MIB = 1024 * 1024;

/** The command, in processes of its own, with an https server that only its environment trusts. */
describe('postern image', () => {
  let directory: TemporaryDirectory;
  let server: ImageServer;
  const IMAGE = Buffer.alloc(3 * MIB - 512);
  IMAGE.write('55aa', 510, 'hex');
  const SUM = createHash('sha256').update(IMAGE).digest('hex');
  before(async () => {
    server = new ImageServer();
    await server.start();
  });
  after(async () => {
    await server.stop();
  });
  beforeEach(() => {
    directory = new TemporaryDirectory();
  });
  afterEach(() => {
    directory.dispose();
  });
  const images = (): string => directory.file('images');
  const env = (): NodeJS.ProcessEnv => ({
    NODE_EXTRA_CA_CERTS: directory.write('ca.pem', server.certificate),
    TMPDIR: directory.path,
  });
  const image = (...words: readonly string[]): Promise<Ended> =>
    posternProcess(['image', ...words, '--directory', images()], { env: env() });
  /** Writes the settings. @returns the options that name them */
  const settings = (entries: string): readonly string[] => [
    '--dom0-settings',
    directory.write('dom0.yaml', `host: xen1\nimages:\n${entries}`),
  ];

  it('adds an image and prints its entry; list, check, doctor and remove know it', async () => {
    const url = server.answers('/disk.raw', IMAGE);
    const sums = server.answers('/SHA256SUMS', `${SUM}  disk.raw\n`);
    const title = 'Debian: "13"';
    const added = await image('add', 'debian-13', url, '--sums', sums, '--title', title, '--types', 'pvh,pv');
    assert.equal(added.status, 0, added.stderr);
    assert.match(added.stderr, /^fetching https:/);
    assert.match(
      added.stdout,
      /debian-13\.raw has the image: 3 MiB\.\nFor images: in \/etc\/postern\/dom0\.yaml/,
    );
    const entry = added.stdout.slice(added.stdout.indexOf('\n\n') + 2);
    const named = settings(entry);
    const loaded = loadDom0Settings(directory.file('dom0.yaml'));
    assert.ok(loaded.ok, JSON.stringify(loaded));
    const file = `${images()}/debian-13.raw`;
    assert.deepEqual(Object.values(loaded.settings.images), [
      { title, file, sha256: SUM, seed: 'asker', minimumMiB: 3, types: ['pv', 'pvh'] },
    ]);
    const found = async (): Promise<string> =>
      (await checkImageFiles(loaded.settings)).map((one) => `${one.level} ${one.finding}`).join();
    assert.match(await found(), /^ok .*debian-13\.raw, 2 MiB$/);

    writeFileSync(`${images()}/debian-12.raw`, IMAGE);
    const { stdout } = await image('list', ...named, '--json');
    const rows = JSON.parse(stdout) as readonly { readonly name: string; readonly state: string }[];
    assert.deepEqual(
      rows.map(({ name, state }) => [name, state]),
      [
        ['debian-13', 'offered'],
        ['debian-12', 'unnamed'],
      ],
    );
    const right = await image('check', ...named);
    assert.equal(right.status, 0, right.stderr);
    const refused = await image('remove', 'debian-13', ...named);
    assert.equal(refused.status, 3, refused.stderr);
    assert.match(
      refused.stderr,
      /images\.debian-13 in the settings names the image: take it out, say systemctl reload/,
    );
    assert.ok(existsSync(file));

    writeFileSync(file, Buffer.alloc(IMAGE.length));
    const wrong = await image('check', 'debian-13', ...named);
    assert.equal(wrong.status, 1);
    assert.match(wrong.stdout, /has another SHA-256 than the settings: no server gets it/);
    truncateSync(file, 4 * MIB);
    assert.match(await found(), /^warn minimumMiB is 3, and .* needs 4/);
    truncateSync(file, 1000);
    assert.match(await found(), /^fail .* has 1000 bytes, so it is no raw image/);

    const removed = await image('remove', 'debian-13', ...settings('  {}\n'));
    assert.equal(removed.status, 0, removed.stderr);
    assert.deepEqual(readdirSync(images()), ['debian-12.raw']);
    assert.match(await found(), /^fail .*debian-13\.raw cannot be read: there is no such file or directory$/);
    assert.equal((await image('remove', 'debian-13', ...settings('  {}\n'))).status, 4);
  });

  it('ended by a signal, it says so and leaves nothing', async () => {
    let reached: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (reached = resolve));
    const url = server.answers('/slow', (response) => {
      response.writeHead(200).write(IMAGE, reached);
    });
    const child = startPostern(
      ['image', 'add', 'slow', url, '--sha256', SUM, '--directory', images()],
      env(),
    );
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
    const ended = once(child, 'close');
    await begun;
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [1, null]);
    assert.match(said, /the image was not added \(SIGTERM\), and nothing of it was kept/);
    assert.deepEqual(readdirSync(images()), []);
  });

  it('on a disk that is full, it says so and leaves nothing', async function () {
    mkdirSync(images());
    const disks = await SmallDisks.mount('1m', [images()]);
    if (typeof disks === 'string') {
      process.stdout.write(`\n  skipped: ${disks}\n`);
      this.skip();
    }
    try {
      const full = Buffer.alloc(3 * MIB, 'data');
      const before = [...disks.into, process.execPath, POSTERN, 'image', 'add', 'large'];
      for (const packed of [full, gzipSync(full)]) {
        const [program = '', ...words] = before;
        const source = directory.write('source', packed);
        const { status, stderr } = await run(program, [...words, source, '--directory', images()], '');
        assert.equal(status, 1, stderr);
        assert.match(stderr, /the image was not added, and nothing of it was kept: the disk is full/);
        assert.deepEqual(readdirSync(disks.path(images())), []);
      }
    } finally {
      await disks.unmount();
    }
  });

  it('refuses words that it cannot use in one sentence', async () => {
    const file = directory.write('disk.img', IMAGE);
    for (const [words, says] of [
      [['add', 'Debian', file], /"Debian" cannot be the name of an image: small letters/],
      [['add', '../evil', file], /cannot be the name of an image/],
      [['add', 'a', 'http://127.0.0.1/a', '--sha256', SUM], /http:\/\/ is not fetched: give an https URL/],
      [['add', 'a', server.url('/a')], /needs its sum/],
      [['add', 'a', file, '--sha256', 'abc'], /--sha256: give the 64 digits/],
      [['add', 'a', file, '--sha256', SUM, '--sums', file], /give one of --sha256, --sha512 and --sums/],
      [['add', 'a', file, '--types', 'pv,vm'], /Give some of pv, pvh, hvm/],
      [['add', 'a', file, '--title', 'a\nb'], /--title: give at most/],
      [['add', 'a', file, '--limit', '0'], /whole number of GiB/],
      [['check', 'b', ...settings('  {}\n')], /the settings have no image "b"/],
    ] as const) {
      const refused = await image(...words);
      assert.equal(refused.status, words.includes('check') ? 4 : 2, `${words.join(' ')}: ${refused.stderr}`);
      assert.match(refused.stderr, says);
      assert.ok(!existsSync(images()));
    }
    assert.equal(readFileSync(file).length, IMAGE.length);
  });
});
