import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { reason } from '../../wire/reason.js';
import { counted } from '../../../policy/listing.js';
import type { Declared } from '../../gate/control/declaration-answers.js';
import { ask, adminCommand } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import { CliError, EXIT } from '../command/exit-status.js';
import { exportFiles, exportText, leftOut } from './exported-customers.js';

/** Adds `postern export`. */
export function addExportCommand(program: Command): void {
  adminCommand(
    program,
    'export [directory]',
    'Write what there is as files for `postern apply`: into a new or empty directory, one file for each customer; without one, to stdout.',
    ['postern export', 'postern export /root/customers.d'],
  ).action(async (directory: string | undefined, options: AdminOptions) => {
    const declared = await ask<Declared>(options, 'GET', '/declarations');
    for (const sentence of leftOut(declared)) process.stderr.write(`note: ${sentence}\n`);
    if (options.json === true) {
      process.stdout.write(`${JSON.stringify(declared, null, 2)}\n`);
    } else if (directory === undefined) {
      process.stdout.write(exportText(declared));
    } else {
      const files = exportFiles(declared);
      writeAll(directory, files);
      process.stdout.write(`${counted(files.size, 'file')} written to ${directory}\n`);
    }
  });
}

/** All files or none. @throws CliError */
function writeAll(directory: string, files: ReadonlyMap<string, string>): void {
  const written: string[] = [];
  let made: string | undefined;
  try {
    made = mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (readdirSync(directory).length > 0)
      throw new CliError(`${directory} is not empty: name a new directory`, EXIT.refused);
    for (const [name, text] of files) {
      const path = join(directory, name);
      written.push(path);
      writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
    }
  } catch (error) {
    for (const path of written) rmSync(path, { force: true });
    if (made !== undefined) rmSync(made, { recursive: true, force: true });
    if (error instanceof CliError) throw error;
    throw new CliError(`nothing was written: ${reason(error)}`);
  }
}
