import type { GuestType } from '../../../policy/guest-type.js';
import type { ImageName } from '../../../policy/names.js';
import type { SeedKeys } from '../../wire/seed-key.js';
import type { StoredImage } from './image-store.js';

const MIB = 1024 * 1024;

/** What the entry of an image says beside the file. */
export interface EntryWords {
  readonly title: string;
  /** null: it boots without a seed disk. */
  readonly seed: SeedKeys | null;
  /** Empty: all. */
  readonly types: readonly GuestType[];
}

/** The least disk for an image, in MiB. */
export function minimumMiB(bytes: number): number {
  return Math.ceil(bytes / MIB);
}

/** `Debian 13` for `debian-13`. */
export function titleOf(name: ImageName): string {
  const words = name.replaceAll('-', ' ').trim();
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

/** The entry for `images:` of dom0.yaml, indented to be pasted there. */
export function entryText(
  name: ImageName,
  { file, bytes, sha256 }: StoredImage,
  { title, seed, types }: EntryWords,
): string {
  // A text in JSON is one in YAML too.
  const lines = [
    `title: ${JSON.stringify(title)}`,
    `file: ${JSON.stringify(file)}`,
    `sha256: ${JSON.stringify(sha256)}`,
    `minimumMiB: ${minimumMiB(bytes)}`,
    ...(seed === null ? [] : [`seed: ${seed}`]),
    ...(types.length === 0 ? [] : [`types: [${types.join(', ')}]`]),
  ];
  return `  ${name}:\n${lines.map((line) => `    ${line}\n`).join('')}`;
}
