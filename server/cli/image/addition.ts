import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { reason } from '../../wire/reason.js';
import type { ImageName } from '../../../policy/names.js';
import { CliError, EXIT } from '../command/exit-status.js';
import type { Checksum } from './checksum.js';
import { findChecksum } from './checksum.js';
import { PATIENCE } from './download.js';
import type { Patience } from './download.js';
import type { ImageSource } from './image-source.js';
import type { ImageStore, StoredImage } from './image-store.js';
import { writeSparse } from './sparse-file.js';
import { unpack } from './unpacking.js';

const MOST_SUMS_BYTES = 1024 * 1024;

/** What the image must have: a sum, a file of sums that has it, or null: it is taken as it is. */
export type Proof = Checksum | { readonly sums: ImageSource } | null;

export interface AdditionRequest {
  readonly name: ImageName;
  readonly source: ImageSource;
  readonly proof: Proof;
  readonly isReplacing: boolean;
  /** Neither what comes nor what is unpacked may be larger. */
  readonly mostBytes: number;
}

/** What is told meanwhile. */
export interface AdditionNotes {
  say(line: string): void;
  bytes(what: string, done: number, total: number | null): void;
}

/**
 * Adds an image: fetches or copies it, compares its sum, and only then unpacks it.
 *
 * @throws CliError; then nothing has changed
 */
export async function addImage(
  { name, source, proof, isReplacing, mostBytes }: AdditionRequest,
  store: ImageStore,
  notes: AdditionNotes,
  ending: AbortSignal,
  patience: Patience = PATIENCE,
): Promise<StoredImage> {
  if (proof === null && source.isFetched)
    throw new CliError(
      'an image that is fetched needs its sum: give --sha256, --sha512, or --sums with a file or URL that has it',
      EXIT.usage,
    );
  // A download whose bytes nobody came to read ends too.
  const over = new AbortController();
  const signal = AbortSignal.any([ending, over.signal]);
  try {
    return await store.add(
      name,
      isReplacing,
      async (directory) => {
        const wanted = await checksumOf(proof, source, signal, patience);
        const packed = join(directory, 'source');
        await receive(packed, source, wanted, { mostBytes, notes, signal, patience });
        const { file, hasBootMark } = await unpack(packed, directory, {
          mostBytes,
          signal,
          step: (format) => {
            notes.say(`unpacking ${format}`);
          },
        });
        if (!hasBootMark)
          notes.say(
            'The image has no boot sector: offer it only if its guests boot without one, by pygrub say.',
          );
        notes.say('summing up what was written');
        return file;
      },
      signal,
    );
  } catch (error) {
    ending.throwIfAborted();
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof CliError || typeof code !== 'string') throw error;
    throw new CliError(`the image was not added, and nothing of it was kept: ${reason(error)}`);
  } finally {
    over.abort();
  }
}

async function checksumOf(
  proof: Proof,
  source: ImageSource,
  signal: AbortSignal,
  patience: Patience,
): Promise<Checksum | null> {
  if (proof === null || 'hex' in proof) return proof;
  const text = await proof.sums.text(signal, patience, MOST_SUMS_BYTES);
  return findChecksum(text, source.name, proof.sums.shown);
}

interface ReceiveOptions {
  readonly mostBytes: number;
  readonly notes: AdditionNotes;
  readonly signal: AbortSignal;
  readonly patience: Patience;
}

async function receive(
  path: string,
  source: ImageSource,
  wanted: Checksum | null,
  { mostBytes, notes, signal, patience }: ReceiveOptions,
): Promise<void> {
  const { bytes: total, body } = await source.open(signal, patience);
  const hash = createHash(wanted?.algorithm ?? 'sha256');
  const what = source.isFetched ? 'fetching' : 'copying';
  notes.say(`${what} ${source.shown}`);
  let received = 0;
  await writeSparse(path, body, {
    mostBytes,
    each: (piece, bytes) => {
      signal.throwIfAborted();
      hash.update(piece);
      received = bytes;
      notes.bytes(what, bytes, total);
    },
  });
  if (total !== null && received !== total)
    throw new CliError(`${source.shown} ended after ${received} of ${total} bytes: try again`);
  const hex = hash.digest('hex');
  if (wanted === null) notes.say(`No sum was given. The SHA-256 of ${source.name} is ${hex}.`);
  else if (hex !== wanted.hex)
    throw new CliError(
      `${source.shown} is not the image of the sum: its ${wanted.algorithm} is ${hex}, and ${wanted.hex} was wanted; nothing was kept`,
    );
}
