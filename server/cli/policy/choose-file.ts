import { basename, dirname, join, resolve } from 'node:path';
import { isPolicyFileName, policyFileNames } from '../../../config/policy-directory.js';
import type { Dialog } from '../command/dialog.js';
import { CliError, EXIT } from '../command/exit-status.js';

/**
 * The policy file that the admin means. A named file need not exist yet. Without a name it is the only file
 * there is, or the one that the admin chooses.
 *
 * @throws CliError when there is none, or the name is no policy file's
 */
export async function chooseFile(
  directory: string,
  named: string | undefined,
  dialog: Dialog,
): Promise<string> {
  const name = named ?? (await chosen(policyFileNames(directory), dialog));
  if (dirname(name) !== '.' && resolve(dirname(name)) !== resolve(directory))
    throw new CliError(`${name} is not in the policy directory, ${directory}`, EXIT.usage);
  if (!isPolicyFileName(basename(name)))
    throw new CliError(
      `${basename(name)} would not be read: name it *.yaml, *.yml or *.json, and not with a dot first`,
      EXIT.usage,
    );
  return join(directory, basename(name));
}

async function chosen(names: readonly string[], dialog: Dialog): Promise<string> {
  const [only] = names;
  if (names.length === 1 && only !== undefined) return only;
  if (names.length === 0) throw new CliError('there is no policy file yet: name a new one', EXIT.usage);
  dialog.say(names.map((name, index) => `${index + 1} ${name}\n`).join(''));
  const answer = await dialog.ask('which file? ');
  const name = names[Number(answer) - 1] ?? names.find((one) => one === answer?.trim());
  if (name === undefined) throw new CliError('name the file: there are several', EXIT.usage);
  return name;
}
