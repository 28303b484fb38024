import { readSync } from 'node:fs';

/** Reads an open file. @returns undefined when there are more bytes than the limit */
export function readAtMost(descriptor: number, limit: number): Buffer | undefined {
  const chunks: Buffer[] = [];
  for (let length = 0; ;) {
    const chunk = Buffer.alloc(Math.min(64 * 1024, limit + 1 - length));
    const read = readSync(descriptor, chunk, 0, chunk.length, null);
    if (read === 0) return Buffer.concat(chunks);
    length += read;
    if (length > limit) return undefined;
    chunks.push(chunk.subarray(0, read));
  }
}
