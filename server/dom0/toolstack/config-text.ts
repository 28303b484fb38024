import { firstUnprintable } from '../../../policy/printable.js';
import type { Assignment } from './toolstack.js';

/** A value that cannot be written into a configuration without changing its meaning. */
export class ConfigValueError extends Error {}

const KEY = /^[a-z][a-z0-9_]*$/;

/**
 * Writes one assignment in the syntax that xl.cfg(5) and xm's Python share. Quotes and backslashes
 * are escaped, as libxlu's `xlu__cfgl_dequote` reads them. Lists hold no spaces, so that an
 * assignment is one argument.
 *
 * @throws ConfigValueError for a character that does not print: an admin who reads the file would not see it
 */
export function assignmentText({ key, value }: Assignment): string {
  if (!KEY.test(key)) throw new ConfigValueError(`${JSON.stringify(key)} is not a setting's name`);
  return `${key}=${typeof value === 'string' ? quoted(value) : `[${value.map(quoted).join(',')}]`}`;
}

function quoted(text: string): string {
  const bad = firstUnprintable(text);
  if (bad !== null)
    throw new ConfigValueError(
      `${JSON.stringify(text)} holds ${bad}: a control character, or one that does not print`,
    );
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
