import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesWord } from '../../../menus/operation-words.js';
import { CliError, EXIT } from '../command/exit-status.js';
import { formatOf } from './image-format.js';
import type { ImageFormat } from './image-format.js';
import { qcow2Bytes } from './qcow2-header.js';
import { writeSparse } from './sparse-file.js';
import { toolOutput } from './tool-output.js';
import type { Tool } from './tool-output.js';

/** The image in the archives of Debian's cloud images. */
const MEMBER = 'disk.raw';
/** A qcow2 image in an archive that is compressed. */
const MOST_LAYERS = 3;
const MOST_LISTED_BYTES = 1024 * 1024;

export interface UnpackOptions {
  /** No step makes a larger file. */
  readonly mostBytes: number;
  readonly signal: AbortSignal;
  /** Called before each step with the format that it unpacks. */
  readonly step?: (format: ImageFormat) => void;
}

/** What a disk gets. */
interface Unpacked {
  readonly file: string;
  readonly hasBootMark: boolean;
}

type Layer = (from: string, to: string, options: UnpackOptions) => Promise<void>;

const LAYERS: Readonly<Record<Exclude<ImageFormat, 'raw'>, Layer>> = {
  xz: (from, to, options) => filtered('xz', ['-dc', '--memlimit-decompress=1GiB'], from, to, options),
  gzip: (from, to, options) => filtered('gzip', ['-dc'], from, to, options),
  zstd: (from, to, options) => filtered('zstd', ['-dcq'], from, to, options),
  tar: member,
  qcow2: converted,
};

/**
 * Unpacks an image until it is raw, and removes what it was unpacked from.
 *
 * @param file in a directory of our own, in which files named `layer-N` are made
 * @throws CliError when it holds no image, or one that is too large; as the file system does
 */
export async function unpack(file: string, directory: string, options: UnpackOptions): Promise<Unpacked> {
  let from = file;
  for (let layer = 0; ; layer += 1) {
    const { format, hasBootMark } = await formatOf(from);
    if (format === 'raw') return { file: from, hasBootMark };
    if (layer === MOST_LAYERS)
      throw new CliError(`this is packed more than ${MOST_LAYERS} times: unpack it first`, EXIT.refused);
    options.step?.(format);
    const to = join(directory, `layer-${layer}`);
    await LAYERS[format](from, to, options);
    await rm(from);
    from = to;
  }
}

/** A program that reads one file and writes another. */
async function filtered(
  tool: Tool,
  args: readonly string[],
  from: string,
  to: string,
  { mostBytes, signal }: UnpackOptions,
): Promise<void> {
  const handle = await open(from);
  try {
    await writeSparse(to, toolOutput(tool, args, handle.fd, signal), { mostBytes });
  } finally {
    await handle.close();
  }
}

/** tar writes to its standard output alone, so no name in the archive reaches the file system. */
async function member(from: string, to: string, options: UnpackOptions): Promise<void> {
  const names = (await listed(from, options.signal)).filter((name) => name.replace(/^\.\//, '') === MEMBER);
  const [name] = names;
  if (name === undefined || names.length > 1)
    throw new CliError(
      `the archive has ${names.length === 0 ? 'no' : `${names.length} files`} ${MEMBER}: unpack it, and add the image in it`,
      EXIT.refused,
    );
  await filtered('tar', ['-xO', '-f', '-', '--no-wildcards', '--', name], from, to, options);
  // A link, a device or a directory has no bytes there.
  if ((await stat(to)).size === 0)
    throw new CliError(`${MEMBER} in the archive is no plain file, or it is empty`, EXIT.refused);
}

/** The names in an archive, each as tar quotes it. */
async function listed(file: string, signal: AbortSignal): Promise<readonly string[]> {
  const handle = await open(file);
  try {
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of toolOutput(
      'tar',
      ['-t', '-f', '-', '--quoting-style=escape'],
      handle.fd,
      signal,
    )) {
      bytes += piece.length;
      if (bytes > MOST_LISTED_BYTES)
        throw new CliError(
          'the archive has too many files: unpack it, and add the image in it',
          EXIT.refused,
        );
      pieces.push(piece);
    }
    return Buffer.concat(pieces).toString('utf8').split('\n');
  } finally {
    await handle.close();
  }
}

async function converted(from: string, to: string, { mostBytes, signal }: UnpackOptions): Promise<void> {
  const bytes = await qcow2Bytes(from);
  if (bytes > mostBytes)
    throw new CliError(
      `the disk in the image has ${bytesWord(bytes)}, more than ${bytesWord(mostBytes)}: allow more with --limit`,
      EXIT.refused,
    );
  // The format is said, so that qemu-img guesses nothing. It takes a path from the root for no protocol.
  const output = toolOutput(
    'qemu-img',
    ['convert', '-q', '-f', 'qcow2', '-O', 'raw', from, to],
    null,
    signal,
  );
  for await (const _ of output);
}
