import { statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { dirname } from 'node:path';

const OTHERS_WRITE = 0o022;
/** In such a directory everybody may write, but only to what is their own: /tmp. */
const STICKY = 0o1000;

/** Whether nobody but the administrators can write there: who runs this is one. */
export function isAdministrators({ uid, mode }: Stats): boolean {
  return (uid === 0 || uid === process.geteuid?.()) && (mode & OTHERS_WRITE) === 0;
}

/** Whether nobody but the administrators can put something else in the place of a directory. @param path real */
export function isAdministratorsDirectory(path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    const stats = statSync(at);
    const shared = at !== path && stats.uid === 0 && (stats.mode & STICKY) !== 0;
    if (!shared && !isAdministrators(stats)) return false;
    if (at === '/') return true;
  }
}
