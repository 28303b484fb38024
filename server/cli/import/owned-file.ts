import { statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { dirname } from 'node:path';

const OTHERS_WRITE = 0o022;
/** In such a directory, like /tmp, everybody may create files, but only change their own. */
const STICKY = 0o1000;

/** Whether only root can write there. */
export function isRoots({ uid, mode }: Stats): boolean {
  return uid === 0 && (mode & OTHERS_WRITE) === 0;
}

/**
 * Whether only administrators can write there. The user who runs this counts as one, also for files of their
 * own below a `--root`.
 */
export function isAdministrators(stats: Stats): boolean {
  return isRoots(stats) || (stats.uid === process.geteuid?.() && (stats.mode & OTHERS_WRITE) === 0);
}

/** Whether only root can replace a directory on this path. @param path real */
export function isRootsDirectory(path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    const stats = statSync(at);
    const shared = at !== path && stats.uid === 0 && (stats.mode & STICKY) !== 0;
    if (!shared && !isRoots(stats)) return false;
    if (at === '/') return true;
  }
}
