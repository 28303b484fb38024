import { existsSync } from 'node:fs';
import type { AdministrationSettings } from './control-ports.js';

/** The settings that say where the gate writes. */
export type FolderSettings = Pick<AdministrationSettings, 'state' | 'recordings'>;

/**
 * Looks at each folder that the gate writes to, the state directory first. The recordings' directory exists from the
 * first recording on.
 */
export async function lookAtFolders<T>(
  { state, recordings: { directory } }: FolderSettings,
  look: (what: string, folder: string) => Promise<T>,
): Promise<readonly T[]> {
  const found = [await look('state directory', state)];
  if (existsSync(directory)) found.push(await look("recordings' directory", directory));
  return found;
}
