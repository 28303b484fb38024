import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Problem } from './problem.js';
import { fileProblem } from './problem.js';
import { reason } from '../server/wire/reason.js';
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

function readAtMost(file: string, limit: number): Buffer {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    if (!fstatSync(descriptor).isFile()) throw new Error('it is not a regular file');
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
