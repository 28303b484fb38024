import type { FileHandle } from 'node:fs/promises';
import { isCastLine } from './asciicast.js';

const STEP = 64 * 1024;
const NEWLINE = 0x0a;

/**
 * How much of a recording can be played: up to the end of its last whole and valid line. A killed gate, a
 * full disk or a power cut leaves a torn end.
 *
 * @returns bytes; 0 when not even the header is there
 */
export async function intactLength(file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  let end = await afterNewline(file, size);
  while (end > 0) {
    const begin = await afterNewline(file, end - 1);
    const line = Buffer.alloc(end - 1 - begin);
    await file.read(line, 0, line.length, begin);
    if (isCastLine(line.toString('utf8'))) return end;
    end = begin;
  }
  return 0;
}

/** @returns the position after the last end of line before a position; 0 when there is none */
async function afterNewline(file: FileHandle, before: number): Promise<number> {
  const piece = Buffer.alloc(STEP);
  let end = before;
  while (end > 0) {
    const begin = Math.max(0, end - STEP);
    const { bytesRead } = await file.read(piece, 0, end - begin, begin);
    const at = piece.subarray(0, bytesRead).lastIndexOf(NEWLINE);
    if (at !== -1) return begin + at + 1;
    end = begin;
  }
  return 0;
}
