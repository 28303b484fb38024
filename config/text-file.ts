import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Problem } from './problem.js';
import { fileProblem } from './problem.js';
import { SourceText } from './source-text.js';

/** Nobody writes a larger file by hand. */
const LARGEST_FILE = 1024 * 1024;

type TextFile =
  | { readonly ok: true; readonly source: SourceText }
  | { readonly ok: false; readonly problem: Problem };

/** Reads a regular file of at most 1 MiB as UTF-8. Opening never blocks, even on a FIFO. */
export function readTextFile(file: string): TextFile {
  let bytes: Buffer;
  try {
    bytes = readAtMost(file, LARGEST_FILE + 1);
  } catch (error) {
    return { ok: false, problem: fileProblem(file, `It cannot be read: ${reason(error)}.`) };
  }
  if (bytes.length > LARGEST_FILE)
    return { ok: false, problem: fileProblem(file, 'It is larger than 1 MiB.') };
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
};

/** The reason for a failed system call, in words. */
export function reason(error: unknown): string {
  if (error instanceof NotRegularError) return error.message;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}
