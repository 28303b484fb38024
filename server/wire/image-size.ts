import type { ImageOffer } from './contract.js';

const MIB = 1024 * 1024;

/** The bytes that the image needs of its disk; null: not known. An older dom0 says no more than `minimumMiB`. */
export function imageBytes({ minimumMiB, needsBytes }: ImageOffer): number | null {
  return needsBytes ?? (minimumMiB === null ? null : minimumMiB * MIB);
}
