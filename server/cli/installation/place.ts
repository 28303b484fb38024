import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RootDirectory } from '../command/root-directory.js';

/** The program's directory when it was built from source, as the units of config/systemd name it. */
export const USUAL_PLACE = '/opt/postern';

/** The Debian package has each version in a directory of its own here. */
export const PACKAGED_PLACE = '/usr/lib/postern';
/** The package's command: a link to the launcher of its version. */
export const PACKAGED_COMMAND = '/usr/sbin/postern';

/** The directory of this program: that of its package.json. */
export const THIS_PROGRAM = dirname(fileURLToPath(new URL('../../../../package.json', import.meta.url)));

/** Whether dpkg has this program's files, its units and its command. */
export function isPackaged(program: string): boolean {
  return dirname(program) === PACKAGED_PLACE;
}

/** For editors: the schema of policy files, at a path that the next version has too. */
export const POLICY_SCHEMA_FILE = isPackaged(THIS_PROGRAM)
  ? '/usr/share/postern/policy.schema.json'
  : `${USUAL_PLACE}/policy/policy.schema.json`;

/** What brings the files of this program back. */
export function reinstall(program = THIS_PROGRAM): string {
  return isPackaged(program)
    ? 'apt-get install --reinstall postern'
    : 'run `npm ci` where Postern is installed, with a C++ compiler, make and python3 at hand';
}

/** The program's directory on a machine. @returns that of the package when another machine has it */
export function programPlace(root: RootDirectory): string {
  if (root.isThisMachine) return THIS_PROGRAM;
  // Which version it is does not matter: nothing that setup writes names it.
  return existsSync(root.at(PACKAGED_PLACE)) ? `${PACKAGED_PLACE}/version` : USUAL_PLACE;
}
