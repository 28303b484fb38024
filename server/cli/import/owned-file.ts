import { statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { dirname } from 'node:path';

const OTHERS_WRITE = 0o022;
/** In such a directory everybody may write, but only to what is their own: /tmp. */
const STICKY = 0o1000;

/** Whether nobody but root can write there. */
export function isRoots({ uid, mode }: Stats): boolean {
  return uid === 0 && (mode & OTHERS_WRITE) === 0;
}

/** Whether nobody but the administrators can write there: who runs this is one, also with files below a `--root` of their own. */
export function isAdministrators(stats: Stats): boolean {
  return isRoots(stats) || (stats.uid === process.geteuid?.() && (stats.mode & OTHERS_WRITE) === 0);
}

/** Whether nobody but root can put something else in the place of a directory. @param path real */
export function isRootsDirectory(path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    const stats = statSync(at);
    const shared = at !== path && stats.uid === 0 && (stats.mode & STICKY) !== 0;
    if (!shared && !isRoots(stats)) return false;
    if (at === '/') return true;
  }
}
