import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { bytesWord } from '../../../menus/operation-words.js';
import { CliError } from '../command/exit-status.js';

/** Zeros are left out by pieces of this size. */
const PIECE_BYTES = 64 * 1024;
const ZEROS = Buffer.alloc(PIECE_BYTES);

export interface SparseOptions {
  /** No more bytes are taken. */
  readonly mostBytes: number;
  /** Called with each piece, and how many bytes there are with it. */
  readonly each?: (piece: Buffer, bytes: number) => void;
}

/**
 * Writes a new file, mode 0600, with holes where the bytes are zeros. It resolves when all is on the disk.
 *
 * @throws CliError when there are too many bytes; as the source and the file system do
 */
export async function writeSparse(
  path: string,
  pieces: AsyncIterable<Buffer>,
  { mostBytes, each }: SparseOptions,
): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    let bytes = 0;
    for await (const piece of pieces) {
      if (bytes + piece.length > mostBytes)
        throw new CliError(`the image is larger than ${bytesWord(mostBytes)}: allow more with --limit`);
      await writeData(handle, piece, bytes);
      bytes += piece.length;
      each?.(piece, bytes);
    }
    await handle.truncate(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Pieces end where pieces of the file end, so a source's small chunks of zeros leave holes too. */
async function writeData(handle: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let from = 0; from < bytes.length;) {
    const to = Math.min(bytes.length, from + PIECE_BYTES - ((at + from) % PIECE_BYTES));
    const piece = bytes.subarray(from, to);
    if (piece.compare(ZEROS, 0, piece.length) !== 0)
      for (let done = 0; done < piece.length;)
        done += (await handle.write(piece, done, piece.length - done, at + from + done)).bytesWritten;
    from = to;
  }
}
