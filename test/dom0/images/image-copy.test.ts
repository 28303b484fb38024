import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { CHUNK_BYTES, copyImage, ImageChangedError } from '../../../server/dom0/images/image-copy.js';
import type { CopyDisk, CopyFile } from '../../../server/dom0/images/image-copy.js';

const sumOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

function fileOf(bytes: Buffer): CopyFile {
  return {
    // Short reads, as a file system may give.
    read: (into, at) => Promise.resolve(bytes.copy(into, 0, at, at + Math.min(into.length, 1_000_000))),
  };
}

/** A disk in memory that may lose what is not synced, or fail at a write. */
class MemoryCopyDisk implements CopyDisk {
  readonly bytes: Buffer;
  /** What is on the disk after a power cut now. */
  durable: Buffer;
  writes = 0;
  failAt = Infinity;
  discards: (bytes: Buffer) => boolean = () => false;
  /** Called after each write. */
  wrote: () => void = () => undefined;

  constructor(bytes: number) {
    this.bytes = Buffer.alloc(bytes, 'old customer data ');
    this.durable = Buffer.from(this.bytes);
  }

  read(into: Buffer, at: number): Promise<number> {
    return Promise.resolve(this.bytes.copy(into, 0, at));
  }

  write(bytes: Buffer, at: number): Promise<number> {
    this.writes += 1;
    if (this.writes === this.failAt) return Promise.reject(new Error('ENOSPC: no space left on device'));
    const length = Math.min(bytes.length, 3_000_000);
    bytes.copy(this.bytes, at, 0, length);
    this.wrote();
    return Promise.resolve(length);
  }

  sync(): Promise<void> {
    this.durable = Buffer.from(this.bytes);
    return Promise.resolve();
  }

  discard(): Promise<boolean> {
    return Promise.resolve(this.discards(this.bytes));
  }
}

const IMAGE = Buffer.alloc(CHUNK_BYTES * 2 + 12_345);
IMAGE.fill('head', 0, 4_096);
IMAGE.fill('middle', CHUNK_BYTES + 200_000, CHUNK_BYTES + 300_000);
IMAGE.fill('end', IMAGE.length - 5_000);
const DISK_BYTES = CHUNK_BYTES * 3 + 777;
const WANTED = Buffer.concat([IMAGE, Buffer.alloc(DISK_BYTES - IMAGE.length)]);

function jobOf(disk: MemoryCopyDisk, image = IMAGE, sha256 = sumOf(IMAGE)) {
  const done: number[] = [];
  let paced = 0;
  return {
    done,
    paced: () => paced,
    run: () =>
      copyImage({
        image: fileOf(image),
        imageBytes: IMAGE.length,
        sha256,
        disk,
        diskBytes: disk.bytes.length,
        progress: (bytes) => done.push(bytes),
        pace: (bytes) => {
          paced += bytes;
          return Promise.resolve();
        },
      }),
  };
}

describe('writing an image to a disk', () => {
  it('leaves the image and zeros, and nothing of what was there', async () => {
    const disk = new MemoryCopyDisk(DISK_BYTES);
    const job = jobOf(disk);
    await job.run();
    assert.ok(disk.durable.equals(WANTED));
    assert.deepEqual(job.done, [CHUNK_BYTES * 2, CHUNK_BYTES * 3, DISK_BYTES, DISK_BYTES]);
    assert.equal(job.paced(), DISK_BYTES - CHUNK_BYTES);
  });

  it('writes an image as large as the disk, and one smaller than a chunk', async () => {
    const whole = new MemoryCopyDisk(IMAGE.length);
    await jobOf(whole).run();
    assert.ok(whole.durable.equals(IMAGE));
    const small = Buffer.from('a small image');
    const disk = new MemoryCopyDisk(100);
    await copyImage({
      image: fileOf(small),
      imageBytes: small.length,
      sha256: sumOf(small),
      disk,
      diskBytes: 100,
      progress: () => undefined,
      pace: () => Promise.resolve(),
    });
    assert.ok(disk.durable.equals(Buffer.concat([small, Buffer.alloc(87)])));
  });

  it('writes no zeros where a discarded disk reads zeros', async () => {
    const disk = new MemoryCopyDisk(DISK_BYTES);
    disk.discards = (bytes) => {
      bytes.fill(0);
      return true;
    };
    const job = jobOf(disk);
    await job.run();
    assert.ok(disk.durable.equals(WANTED));
    assert.ok(job.paced() < 400_000, `${job.paced()} bytes`);
  });

  // A thin volume gives back whole blocks only, and some disks keep what they please.
  it('writes zeros where a disk that says it has discarded still has old data', async () => {
    const disk = new MemoryCopyDisk(DISK_BYTES);
    disk.discards = (bytes) => {
      bytes.fill(0, CHUNK_BYTES, CHUNK_BYTES * 2);
      return true;
    };
    await jobOf(disk).run();
    assert.ok(disk.durable.equals(WANTED));
  });

  it('begins with zeros until all else is on the disk, whenever the power fails', async () => {
    const disk = new MemoryCopyDisk(DISK_BYTES);
    let isHeadThere = 0;
    let before: Buffer = Buffer.alloc(0);
    const sync = disk.sync.bind(disk);
    disk.sync = async () => {
      before = disk.durable;
      await sync();
      if (disk.durable.subarray(0, 4).equals(Buffer.from('head'))) {
        isHeadThere += 1;
        assert.ok(before.subarray(CHUNK_BYTES).equals(WANTED.subarray(CHUNK_BYTES)));
        assert.ok(before.subarray(0, CHUNK_BYTES).equals(Buffer.alloc(CHUNK_BYTES)));
      }
    };
    await jobOf(disk).run();
    assert.equal(isHeadThere, 1);
  });

  it('leaves a disk that cannot boot when any write fails', async () => {
    const counting = new MemoryCopyDisk(DISK_BYTES);
    await jobOf(counting).run();
    for (let failAt = 2; failAt <= counting.writes; failAt += 1) {
      const disk = new MemoryCopyDisk(DISK_BYTES);
      disk.failAt = failAt;
      await assert.rejects(jobOf(disk).run(), /ENOSPC/);
      assert.notEqual(disk.durable.toString('latin1', 0, 4), 'head', `write ${failAt}`);
    }
  });

  it('never writes the beginning of an image that was replaced meanwhile', async () => {
    const other = Buffer.from(IMAGE);
    const disk = new MemoryCopyDisk(DISK_BYTES);
    disk.wrote = () => other.write('replaced', CHUNK_BYTES * 2);
    await assert.rejects(jobOf(disk, other).run(), ImageChangedError);
    assert.ok(disk.durable.subarray(0, CHUNK_BYTES).equals(Buffer.alloc(CHUNK_BYTES)));
  });

  it('never writes the beginning of an image that has become shorter', async () => {
    const disk = new MemoryCopyDisk(DISK_BYTES);
    await assert.rejects(jobOf(disk, IMAGE.subarray(0, CHUNK_BYTES * 2)).run(), /shorter/);
    assert.ok(disk.durable.subarray(0, CHUNK_BYTES).equals(Buffer.alloc(CHUNK_BYTES)));
  });
});
