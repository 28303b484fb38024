import { dirname } from 'node:path';

const PIECE_BYTES = 64 * 1024;

export interface StateFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * The disk of the state directory, as the journal and the transcripts use it. Paths are absolute. Every
 * method may reject as the file system does (ENOSPC, EROFS, EIO …). A write or rename survives a power
 * failure only after a `sync` that resolved.
 */
export interface StateDisk {
  /** Makes a folder (0700) and those above it. An existing folder is left as it is. */
  makeFolder(folder: string): Promise<void>;
  /** The plain files of a folder, sorted by name; none when there is no such folder. */
  list(folder: string): Promise<readonly StateFile[]>;
  /**
   * @returns at most `length` bytes from a position, fewer only at the end of the file; null
   *   when there is no such file
   */
  read(file: string, from: number, length: number): Promise<Buffer | null>;
  /**
   * Writes at a position. Makes the file (0600) when it is missing. Never follows a link.
   *
   * @returns how many bytes were written, which may be fewer than given
   */
  write(file: string, at: number, bytes: Buffer): Promise<number>;
  truncate(file: string, size: number): Promise<void>;
  /** Resolves when a file's contents, or a folder's names, are on the disk. */
  sync(path: string): Promise<void>;
  /** Replaces a file that already has the new name. */
  rename(from: string, to: string): Promise<void>;
  /** A missing file is no error. */
  remove(file: string): Promise<void>;
}

/** Writes all the bytes, however few the disk takes at once. They are not safe before a `sync`. */
export async function writeAll(
  disk: Pick<StateDisk, 'write'>,
  file: string,
  at: number,
  bytes: Buffer,
): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const written = await disk.write(file, at + done, bytes.subarray(done));
    if (written === 0) throw new Error(`${file} takes no more bytes`);
    done += written;
  }
}

/** Reads a whole file. @returns null when there is none */
export async function readWhole(disk: Pick<StateDisk, 'read'>, file: string): Promise<Buffer | null> {
  const pieces: Buffer[] = [];
  for (let from = 0; ;) {
    const piece = await disk.read(file, from, PIECE_BYTES);
    if (piece === null) return null;
    pieces.push(piece);
    from += piece.length;
    if (piece.length < PIECE_BYTES) return Buffer.concat(pieces);
  }
}

/** Replaces a file as a whole: whenever the power fails, the old or the new one is there. */
export async function replaceWhole(disk: StateDisk, file: string, bytes: Buffer): Promise<void> {
  const beside = `${file}.new`;
  await disk.remove(beside);
  await writeAll(disk, beside, 0, bytes);
  await disk.sync(beside);
  await disk.rename(beside, file);
  await disk.sync(dirname(file));
}
