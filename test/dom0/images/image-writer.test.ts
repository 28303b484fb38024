import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { link, readFile, rename, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { fileIdentity } from '../../../server/dom0/images/image-job.js';
import type { ImageJob } from '../../../server/dom0/images/image-job.js';
import { PROCESS_IMAGE_WRITER } from '../../../server/dom0/images/image-writer.js';
import { SYSTEM_PROCESSES } from '../../../server/dom0/process/processes.js';
import { eventually } from '../../support/eventually.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

const MIB = 1024 * 1024;
const CHILD = fileURLToPath(new URL('../../support/image-writer-child.js', import.meta.url));

describe('the process that writes an image', () => {
  let directory: TemporaryDirectory;
  let job: ImageJob;
  let image: Buffer;
  const disk = (): string => directory.file('disk.img');
  const transcript = (): string => directory.file('write.log');

  beforeEach(async () => {
    directory = new TemporaryDirectory();
    image = Buffer.alloc(5 * MIB);
    image.write('a boot loader', 0);
    image.write('a file system', 5 * MIB - 100);
    directory.write('image.raw', image);
    directory.write('disk.img', Buffer.alloc(3 * MIB, 'private letters '));
    await truncate(disk(), 24 * MIB);
    const sha256 = createHash('sha256').update(image).digest('hex');
    const identity = fileIdentity(await stat(disk(), { bigint: true }));
    job = {
      image: { file: directory.file('image.raw'), sha256 },
      disk: { path: disk(), identity, bytes: 24 * MIB },
      mibPerSecond: 1_000,
    };
  });
  afterEach(() => {
    directory.dispose();
  });

  const run = (more: Partial<Parameters<typeof PROCESS_IMAGE_WRITER.run>[0]> = {}) =>
    PROCESS_IMAGE_WRITER.run({
      job,
      transcript: transcript(),
      begin: () => Promise.resolve(),
      progress: () => undefined,
      signal: new AbortController().signal,
      ...more,
    });
  /** An image without zeros, at a pace at which it is written for many seconds. */
  const makeSlow = (): void => {
    const full = Buffer.alloc(20 * MIB, 'a boot loader');
    directory.write('image.raw', full);
    const sha256 = createHash('sha256').update(full).digest('hex');
    job = { ...job, image: { ...job.image, sha256 }, mibPerSecond: 1 };
  };
  const isOld = async (): Promise<boolean> =>
    (await readFile(disk())).subarray(0, 3 * MIB).equals(Buffer.alloc(3 * MIB, 'private letters '));
  const ended = (): Promise<unknown> =>
    eventually(
      'the process to end',
      async () => (await SYSTEM_PROCESSES.writingTo(transcript())).length === 0,
    );

  it('writes it, and keeps a sparse disk sparse', async () => {
    const told: number[] = [];
    assert.deepEqual(await run({ progress: (done) => told.push(done) }), { end: 'done' });
    assert.ok((await readFile(disk())).equals(Buffer.concat([image, Buffer.alloc(19 * MIB)])));
    assert.equal(told.at(-1), 24 * MIB);
    assert.ok((await stat(disk())).blocks * 512 <= 8 * MIB);
    await ended();
  });

  it('checks an image, and says why one is not the right one', async () => {
    job = { ...job, disk: null };
    assert.deepEqual(await run(), { end: 'done' });
    await writeFile(job.image.file, 'another');
    assert.equal((await run()).end, 'changed');
  });

  it('writes nothing before the half has recorded it', async () => {
    await assert.rejects(run({ begin: () => Promise.reject(new Error('the journal is full')) }), /journal/);
    await ended();
    assert.ok(await isOld());
  });

  it('refuses a disk that was exchanged for a link or another file', async () => {
    const victim = directory.write('victim.img', Buffer.alloc(24 * MIB, 'of another customer'));
    const begun: string[] = [];
    const begin = (): Promise<void> => Promise.resolve(void begun.push('begun'));
    await rename(disk(), directory.file('real.img'));
    await symlink(victim, disk());
    assert.equal((await run({ begin })).end, 'failed');
    await rename(disk(), directory.file('link'));
    await link(victim, disk());
    assert.deepEqual(await run({ begin }), { end: 'failed', why: 'another file has taken its place' });
    assert.deepEqual(begun, []);
    assert.ok((await readFile(victim)).equals(Buffer.alloc(24 * MIB, 'of another customer')));
  });

  it('ends at once when it is told to', async () => {
    const halt = new AbortController();
    makeSlow();
    const running = run({
      begin: () => Promise.resolve(),
      progress: () => halt.abort(new Error('stop')),
      signal: halt.signal,
    });
    await assert.rejects(running, /stop/);
    await ended();
    assert.notEqual((await readFile(disk())).toString('latin1', 0, 13), 'a boot loader');
  });

  it('ends with a half that is killed, and leaves a disk that cannot boot', async () => {
    makeSlow();
    const child = spawn(process.execPath, [CHILD, JSON.stringify(job), transcript()], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGKILL');
    await ended();
    assert.notEqual((await readFile(disk())).toString('latin1', 0, 13), 'a boot loader');
  });

  it('says that it ended without a word when it is killed itself', async () => {
    makeSlow();
    const end = await run({
      progress: () => {
        void SYSTEM_PROCESSES.writingTo(transcript()).then((pids) => {
          SYSTEM_PROCESSES.kill(pids);
        });
      },
    });
    assert.deepEqual(end, { end: 'ended' });
  });
});
