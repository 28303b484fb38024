import { createHash } from 'node:crypto';

/** Read and written at once. The first piece is kept in memory until the rest is on the disk. */
export const CHUNK_BYTES = 4 * 1024 * 1024;
/** Zeros are left out by pieces of this size, where the disk reads zeros already. */
const PIECE_BYTES = 64 * 1024;
/** So much may be written before it is put on the disk, so that dirty memory stays small. */
const SYNC_BYTES = 64 * 1024 * 1024;
const ZEROS = Buffer.alloc(CHUNK_BYTES);

/** The image or the disk, opened. Rejects as the file system does. */
export interface CopyFile {
  /** @returns how many bytes were read; 0 at the end */
  read(into: Buffer, at: number): Promise<number>;
}

export interface CopyDisk extends CopyFile {
  /** @returns how many bytes were written */
  write(bytes: Buffer, at: number): Promise<number>;
  sync(): Promise<void>;
  /** Gives all blocks back. @returns whether the disk probably reads zeros now */
  discard(): Promise<boolean>;
}

export interface CopyJob {
  readonly image: CopyFile;
  readonly imageBytes: number;
  /** SHA-256 of the image, hex. */
  readonly sha256: string;
  readonly disk: CopyDisk;
  readonly diskBytes: number;
  /** Called with the bytes that are done, of `diskBytes`. */
  readonly progress: (done: number) => void;
  /** Waits so that no more bytes are written than may be. @param bytes written since the last call */
  readonly pace: (bytes: number) => Promise<void>;
}

/** The image is not the one of the settings: it was replaced, or is damaged. */
export class ImageChangedError extends Error {}

/**
 * Writes an image to a disk, and zeros behind it up to the disk's end: nothing of what was there can be read
 * afterwards. The beginning of the disk is written last, when all else is on the disk and the image has
 * proved to be the right one. Until then the disk begins with zeros, so nothing boots from it.
 *
 * @throws ImageChangedError, and what the files throw
 */
export async function copyImage(job: CopyJob): Promise<void> {
  const { disk, diskBytes, imageBytes, progress, pace } = job;
  const sum = createHash('sha256');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  const head = Buffer.from(await readChunk(job.image, 0, imageBytes, chunk));
  sum.update(head);
  await writeAt(disk, ZEROS.subarray(0, Math.min(CHUNK_BYTES, diskBytes)), 0);
  await disk.sync();
  const readsZeros = await disk.discard();
  let dirty = 0;
  for (let at = CHUNK_BYTES; at < diskBytes; at += CHUNK_BYTES) {
    const length = Math.min(CHUNK_BYTES, diskBytes - at);
    const data = at < imageBytes ? await readChunk(job.image, at, imageBytes, chunk) : chunk.subarray(0, 0);
    sum.update(data);
    chunk.fill(0, data.length, length);
    const written = await put(disk, chunk.subarray(0, length), at, readsZeros);
    await pace(written);
    dirty += written;
    if (dirty >= SYNC_BYTES) {
      await disk.sync();
      dirty = 0;
    }
    progress(at + length);
  }
  if (sum.digest('hex') !== job.sha256) throw new ImageChangedError('the image has another SHA-256');
  await disk.sync();
  await writeAt(disk, head, 0);
  await disk.sync();
  progress(diskBytes);
}

/** @throws ImageChangedError when the image is not the one of the settings */
export async function checkImage(
  image: CopyFile,
  imageBytes: number,
  sha256: string,
  progress: (done: number) => void,
): Promise<void> {
  const sum = createHash('sha256');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  for (let at = 0; at < imageBytes; at += CHUNK_BYTES) {
    const data = await readChunk(image, at, imageBytes, chunk);
    sum.update(data);
    progress(at + data.length);
  }
  if (sum.digest('hex') !== sha256) throw new ImageChangedError('the image has another SHA-256');
}

/** A whole chunk, or what is left of the image. */
async function readChunk(image: CopyFile, at: number, imageBytes: number, chunk: Buffer): Promise<Buffer> {
  const length = Math.min(CHUNK_BYTES, imageBytes - at);
  for (let done = 0; done < length;) {
    const count = await image.read(chunk.subarray(done, length), at + done);
    if (count === 0) throw new ImageChangedError('the image has become shorter');
    done += count;
  }
  return chunk.subarray(0, length);
}

/** @param readsZeros zeros are written only where the disk reads something else. @returns bytes written */
async function put(disk: CopyDisk, bytes: Buffer, at: number, readsZeros: boolean): Promise<number> {
  let written = 0;
  let from = 0;
  const flush = async (to: number): Promise<void> => {
    if (to > from) await writeAt(disk, bytes.subarray(from, to), at + from);
    written += to - from;
  };
  for (let next = 0; next < bytes.length; next += PIECE_BYTES) {
    const piece = bytes.subarray(next, next + PIECE_BYTES);
    if (!readsZeros || !isZero(piece) || !(await isZeroOn(disk, at + next, piece.length))) continue;
    await flush(next);
    from = next + piece.length;
  }
  await flush(bytes.length);
  return written;
}

function isZero(bytes: Buffer): boolean {
  return bytes.compare(ZEROS, 0, bytes.length) === 0;
}

async function isZeroOn(disk: CopyDisk, at: number, length: number): Promise<boolean> {
  const found = Buffer.allocUnsafe(length);
  for (let done = 0; done < length;) {
    const count = await disk.read(found.subarray(done), at + done);
    if (count === 0) return false;
    done += count;
  }
  return isZero(found);
}

async function writeAt(disk: CopyDisk, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const count = await disk.write(bytes.subarray(done), at + done);
    if (count === 0) throw new Error('the disk takes no more bytes');
    done += count;
  }
}
