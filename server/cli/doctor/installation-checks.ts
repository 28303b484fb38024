import type { RootDirectory } from '../command/root-directory.js';
import { InstalledSums } from '../installation/installed-sums.js';
import { programPieces } from '../installation/installation.js';
import type { Halves } from '../installation/installation.js';
import { Machine } from '../installation/machine.js';
import { stateOfPiece } from '../installation/survey.js';
import { fail, ok, warn } from '../installation/diagnosis.js';
import type { Diagnosis } from '../installation/diagnosis.js';

/** Checks that setup's files are in place, and as this version writes them. */
export function checkInstallation(
  root: RootDirectory,
  halves: Halves,
  program: string,
): readonly Diagnosis[] {
  const machine = new Machine(root);
  const sums = new InstalledSums(root);
  const pieces = programPieces(halves, program);
  const setup = `postern setup ${halves}`;
  const found = pieces.flatMap((piece): Diagnosis[] => {
    const standing = stateOfPiece(piece, machine, sums);
    const { path } = piece;
    switch (standing.kind) {
      case 'done':
        return [];
      case 'make':
        return [warn('installation', `there is no ${path}`, `${setup} --apply`)];
      case 'remove':
        return [warn('installation', `${path} hides what the package has`, `${setup} --apply`)];
      case 'replace':
        return [warn('installation', `${path} is not of this version`, `${setup} --apply`)];
      case 'kept':
        return [warn('installation', `${path} was edited`, `see how it differs: ${setup}`)];
      case 'mend':
        return [fail('installation', `${path} has ${standing.what}`, `${setup} --apply`)];
      case 'wrong':
        return [warn('installation', `${path}: ${standing.why}`, `see ${setup}`)];
    }
  });
  return found.length > 0
    ? found
    : [
        ok(
          'installation',
          `${pieces.filter(({ kind }) => kind !== 'former').length} files and directories are as this version has them`,
        ),
      ];
}
