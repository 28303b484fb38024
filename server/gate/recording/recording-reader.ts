import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Recording } from './recording-store.js';
import { intactLength } from './intact-length.js';

/** A recording that is being read. */
interface RecordingBytes {
  /** The number of bytes that the stream gives. */
  readonly length: number;
  readonly stream: Readable;
}

/**
 * Reads a recording up to its last whole line, also while it is being written. @throws Error when it cannot
 * be read
 */
export async function readRecording({ file }: Pick<Recording, 'file'>): Promise<RecordingBytes> {
  const handle = await open(file, 'r');
  try {
    const length = await intactLength(handle);
    if (length > 0) return { length, stream: handle.createReadStream({ start: 0, end: length - 1 }) };
    await handle.close();
    return { length, stream: Readable.from([]) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}
