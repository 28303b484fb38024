import { realpath, stat } from 'node:fs/promises';
import type { Dom0Settings } from '../../../config/dom0-settings.js';
import type { ImageName } from '../../../policy/names.js';
import type { ImageStore } from './image-store.js';

/** An image of the settings or of the directory. */
export interface ListedImage {
  readonly name: string;
  /** `missing`: the settings name a file that is not there. `unnamed`: the settings do not name the file. */
  readonly state: 'offered' | 'missing' | 'unnamed';
  /** null when there is no plain file. */
  readonly bytes: number | null;
  /** ISO 8601, UTC; null when there is no plain file. */
  readonly changed: string | null;
  readonly file: string;
  /** null when the settings do not name it. */
  readonly title: string | null;
}

type Settings = Pick<Dom0Settings, 'images'>;

/** The images of the settings, and then those of the directory that they do not name. */
export async function listed(settings: Settings, store: ImageStore): Promise<readonly ListedImage[]> {
  const named = await Promise.all(
    Object.entries(settings.images).map(async ([name, { file, title }]) => {
      const found = await lookAt(file);
      return { name, state: found.bytes === null ? 'missing' : 'offered', ...found, file, title } as const;
    }),
  );
  const files = new Set(await Promise.all(named.map(({ file }) => real(file))));
  const others = await Promise.all(
    (await store.names()).map(async (name) => {
      const file = store.file(name);
      if (files.has(await real(file))) return [];
      return { name, state: 'unnamed', ...(await lookAt(file)), file, title: null } as const;
    }),
  );
  return [...named, ...others.flat()];
}

/** @returns the place in the settings that names the image or its file; null when none does */
export async function namedAs({ images }: Settings, name: ImageName, file: string): Promise<string | null> {
  const wanted = await real(file);
  for (const [entry, { file: other }] of Object.entries(images))
    if (entry === name || (await real(other)) === wanted) return `images.${entry}`;
  return null;
}

async function lookAt(file: string): Promise<Pick<ListedImage, 'bytes' | 'changed'>> {
  const stats = await stat(file).catch(() => null);
  return stats?.isFile() === true
    ? { bytes: stats.size, changed: stats.mtime.toISOString() }
    : { bytes: null, changed: null };
}

/** Where links lead; the path itself when there is nothing. */
function real(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
