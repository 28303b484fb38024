import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { CliError } from './exit-status.js';

const SYSTEM_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Where programs are looked for: PATH, and then the system's directories. */
export function programPath(): readonly string[] {
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((directory) => directory !== '');
  return [...new Set([...path, ...SYSTEM_PATH])];
}

/** @returns the absolute path of a program; null when it is not there */
export function findProgram(name: string): string | null {
  return (
    programPath()
      .map((directory) => join(directory, name))
      .find(isProgram) ?? null
  );
}

/**
 * @param tools the package of Debian that has each program
 * @param purpose `an image cannot be built`
 * @throws CliError that names the missing programs and their packages
 */
export function requirePrograms(tools: Readonly<Record<string, string>>, purpose: string): void {
  const missing = Object.entries(tools).filter(([tool]) => findProgram(tool) === null);
  if (missing.length === 0) return;
  throw new CliError(
    `${purpose} without ${missing.map(([tool]) => tool).join(' and ')}: apt-get install ${missing.map(([, name]) => name).join(' ')}`,
  );
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
