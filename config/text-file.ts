import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Problem } from './problem.js';
import { fileProblem } from './problem.js';
import { SourceText } from './source-text.js';

/** Nobody writes a larger file by hand. */
export const LARGEST_FILE = 1024 * 1024;

export type TextFile =
  | { readonly ok: true; readonly source: SourceText }
  | { readonly ok: false; readonly problem: Problem };

/**
 * Reads a regular file as UTF-8. Opening never blocks, even on a FIFO.
 *
 * @param largest its most bytes
 */
export function readTextFile(file: string, largest = LARGEST_FILE): TextFile {
  let bytes: Buffer;
  try {
    bytes = readAtMost(file, largest + 1);
  } catch (error) {
    return { ok: false, problem: fileProblem(file, `It cannot be read: ${reason(error)}.`) };
  }
  return decodeText(file, bytes, largest);
}

/** Makes a text of bytes that were read. */
export function decodeText(file: string, bytes: Buffer, largest: number): TextFile {
  if (bytes.length > largest)
    return { ok: false, problem: fileProblem(file, `It is larger than ${largest / 1024 / 1024} MiB.`) };
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { ok: true, source: new SourceText(file, text) };
  } catch {
    return { ok: false, problem: notUtf8(file, bytes) };
  }
}

class NotRegularError extends Error {}

function readAtMost(file: string, limit: number): Buffer {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    if (!fstatSync(descriptor).isFile()) throw new NotRegularError('it is not a regular file');
    const bytes = Buffer.alloc(limit);
    let length = 0;
    for (;;) {
      const read = readSync(descriptor, bytes, length, limit - length, null);
      length += read;
      if (read === 0 || length === limit) return bytes.subarray(0, length);
    }
  } finally {
    closeSync(descriptor);
  }
}

function notUtf8(file: string, bytes: Buffer): Problem {
  const text = bytes.toString('utf8');
  const source = new SourceText(file, text);
  const offset = Math.max(0, source.text.indexOf('\uFFFD'));
  return source.problem(offset, 'This byte is not UTF-8.', { expected: 'a file saved as UTF-8' });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ELOOP: 'its symbolic links go in a circle',
  ENXIO: 'it is not a regular file',
  ENOTDIR: 'a part of its path is no directory',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ECONNREFUSED: 'nobody listens there',
};

/** `EIO: i/o error, read '/a/b'`, as Node.js says it: the words in the middle. */
const OF_NODE = /^E[A-Z0-9]+: ([^,]+)(?:, .*)?$/s;

/** The reason for a failed system call, in words. Any other error says it itself. */
export function reason(error: unknown): string {
  if (error instanceof NotRegularError) return error.message;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const message = error instanceof Error ? error.message : String(error);
  return REASONS[code] ?? OF_NODE.exec(message)?.[1] ?? message;
}
