import { Command } from 'commander';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { reason } from '../../wire/reason.js';
import { exampleText } from '../admin/admin-command.js';
import { giveAliases } from '../command/aliases.js';
import { CliError } from '../command/exit-status.js';
import { VERSION } from '../command/version.js';
import { manualPages } from './pages.js';

/**
 * Adds `postern man`.
 *
 * @param addCommands adds all commands to a program
 */
export function addManCommand(
  program: Command,
  addCommands: (parent: Command, first: undefined) => Promise<void>,
): void {
  program
    .command('man <directory>')
    .description(
      'Write the manual pages below a directory of man(1): of each command, of both settings files, of the policy, and of declared customers.',
    )
    .addHelpText('after', exampleText(['postern man /usr/local/share/man && man postern-key']))
    .action(async (directory: string) => {
      const all = new Command(program.name()).description(program.description());
      await addCommands(all, undefined);
      giveAliases(all);
      const pages = manualPages(all, VERSION);
      try {
        for (const [path, page] of pages) {
          mkdirSync(dirname(join(directory, path)), { recursive: true });
          writeFileSync(join(directory, path), page);
        }
      } catch (error) {
        throw new CliError(`the manual pages cannot be written: ${reason(error)}`);
      }
      process.stdout.write(`${pages.size} manual pages are in ${directory}\n`);
    });
}
