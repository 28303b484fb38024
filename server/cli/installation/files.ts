import { accessSync, constants, lstatSync, statSync } from 'node:fs';
import { reason } from '../../wire/reason.js';
import { fail, ok } from './diagnosis.js';
import type { Diagnosis } from './diagnosis.js';

export function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}

/** @param forbidden the mode bits that must not be set */
export function checkMode(subject: string, path: string, forbidden: number, wanted: string): Diagnosis {
  try {
    const { mode } = statSync(path);
    if ((mode & forbidden) === 0) return ok(subject, `${path} has mode ${octal(mode)}`);
    return fail(subject, `${path} is open to others (mode ${octal(mode)})`, `chmod ${wanted} ${path}`);
  } catch (error) {
    return fail(
      subject,
      `${path} cannot be looked at: ${reason(error)}`,
      'run this with sudo, or see that it is there',
    );
  }
}

/** Whether this process can use the file in this way. */
export function checkAccess(subject: string, path: string, use: 'read' | 'execute', mend: string): Diagnosis {
  try {
    accessSync(path, use === 'read' ? constants.R_OK : constants.X_OK);
    if (!statSync(path).isFile()) return fail(subject, `${path} is not a file`, mend);
    return ok(subject, path);
  } catch (error) {
    return fail(subject, `${path} cannot be used: ${reason(error)}`, mend);
  }
}

export function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** The user id of a path's owner; null when the path is missing or cannot be looked at. */
export function ownerOf(path: string): number | null {
  try {
    return statSync(path).uid;
  } catch {
    return null;
  }
}
