import { open } from 'node:fs/promises';
import { CliError, EXIT } from '../command/exit-status.js';

/** What is unpacked; `raw` is what a disk gets. */
export type ImageFormat = 'raw' | 'xz' | 'gzip' | 'zstd' | 'tar' | 'qcow2';

/** By what a file begins with, at an offset. */
const MAGIC: readonly (readonly [ImageFormat, number, string])[] = [
  ['xz', 0, 'fd377a585a00'],
  ['gzip', 0, '1f8b'],
  ['zstd', 0, '28b52ffd'],
  ['qcow2', 0, '514649fb'],
  ['tar', 257, '7573746172'],
];

/** Known, and not taken: written to a disk, none of them boots. */
const OTHERS: readonly (readonly [string, number, string])[] = [
  ['a zip archive', 0, '504b0304'],
  ['a bzip2 file', 0, '425a68'],
  ['an lz4 file', 0, '04224d18'],
  ['a VMDK image', 0, '4b444d56'],
  ['a VHDX image', 0, '7668647866696c65'],
  ['a VHD image', 0, '636f6e6563746978'],
  ['a VDI image', 0x40, '7f10dabe'],
  ['a CD image, which kind: cdrom or an installer boots,', 32_769, '4344303031'],
];

const HEAD_BYTES = 36 * 1024;
const SECTOR_BYTES = 512;

/** A file of a known kind. */
interface Kind {
  readonly format: ImageFormat;
  /** Whether a raw one has the mark of a boot sector (MBR, and GPT's too). */
  readonly hasBootMark: boolean;
}

/**
 * Looks at the beginning of a file. Names say nothing.
 *
 * @throws CliError when it is no image that a disk can get, nor packs one
 */
export async function formatOf(path: string): Promise<Kind> {
  const { head, bytes } = await beginning(path);
  const has = (at: number, hex: string): boolean =>
    head.subarray(at, at + hex.length / 2).toString('hex') === hex;
  const packed = MAGIC.find(([, at, hex]) => has(at, hex));
  if (packed !== undefined) return { format: packed[0], hasBootMark: false };
  const other = OTHERS.find(([, at, hex]) => has(at, hex));
  if (other !== undefined)
    throw new CliError(
      `this is ${other[0]} and no raw or qcow2 image of a disk: unpack or convert it, and add what comes out`,
      EXIT.refused,
    );
  if (bytes === 0 || bytes % SECTOR_BYTES !== 0)
    throw new CliError(
      `this is no raw image of a disk: it has ${bytes} bytes, which are no whole sectors of ${SECTOR_BYTES}`,
      EXIT.refused,
    );
  return { format: 'raw', hasBootMark: has(510, '55aa') };
}

async function beginning(path: string): Promise<{ readonly head: Buffer; readonly bytes: number }> {
  const handle = await open(path);
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    return { head: head.subarray(0, bytesRead), bytes: (await handle.stat()).size };
  } finally {
    await handle.close();
  }
}
