import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reason } from '../../wire/reason.js';
import type { FileSum } from '../command/file-sum.js';

/** The name of the manifest, beside the files that it describes. */
export const MANIFEST = 'rescue-image.json';

/** The parts of an image that a boot takes, by their names. */
export const IMAGE_FILES = ['vmlinuz', 'initrd.img', 'rescue.squashfs'] as const;
export type ImageFile = (typeof IMAGE_FILES)[number];

/** The releases of Debian that an image can be made of; the first is the default. */
export const SUITES = ['trixie', 'bookworm'] as const;
export type Suite = (typeof SUITES)[number];

/** All packages, or few of them. */
export type ImageSize = 'full' | 'small';

/** What is known of a rescue image. */
export interface Manifest {
  readonly format: 1;
  /** By which the parts of one image know each other; the initramfs and the disk have it too. */
  readonly id: string;
  readonly suite: string;
  readonly size: ImageSize;
  /** ISO 8601, UTC. */
  readonly builtAt: string;
  readonly files: Readonly<Record<ImageFile, FileSum>>;
  /** Debian's versions by the packages' names. */
  readonly packages: Readonly<Record<string, string>>;
}

/**
 * Reads the manifest of the image in a directory.
 *
 * @returns a sentence when it is missing or is not one
 */
export async function readManifest(directory: string): Promise<Manifest | string> {
  const path = join(directory, MANIFEST);
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    return `${path} cannot be read: ${reason(error)}`;
  }
  return isManifest(value) ? value : `${path} is not the manifest of a rescue image`;
}

/** The versions in the lines `NAME VERSION` that the builder leaves. */
export function packagesIn(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
  );
}

function isManifest(value: unknown): value is Manifest {
  const { format, id, suite, builtAt, files } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const sums = (files ?? {}) as Readonly<Record<string, Partial<FileSum> | undefined>>;
  return (
    format === 1 &&
    typeof id === 'string' &&
    typeof suite === 'string' &&
    typeof builtAt === 'string' &&
    !Number.isNaN(Date.parse(builtAt)) &&
    IMAGE_FILES.every(
      (name) => typeof sums[name]?.bytes === 'number' && /^[0-9a-f]{64}$/.test(String(sums[name].sha256)),
    )
  );
}
