import type { Stats } from 'node:fs';

const OTHERS_WRITE = 0o022;

/** Whether nobody but the administrators can write there: who runs this is one. */
export function isAdministrators({ uid, mode }: Stats): boolean {
  return (uid === 0 || uid === process.geteuid?.()) && (mode & OTHERS_WRITE) === 0;
}
