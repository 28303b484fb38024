import { Command, CommanderError, InvalidArgumentError } from 'commander';
import type { Add } from './command/add-named.js';
import { giveAliases } from './command/aliases.js';
import { CliError, EXIT } from './command/exit-status.js';
import { VERSION } from './command/version.js';

/**
 * Runs the command that `process.argv` names. A known failure is printed as one sentence and sets the exit
 * status.
 *
 * @param add adds the commands that may be meant
 */
export async function runCommandLine(add: Add): Promise<void> {
  try {
    const program = new Command('postern')
      .description(
        'A restricted SSH console server with a self-service menu for the customers of a Xen host.',
      )
      .version(VERSION)
      .showHelpAfterError('(postern --help lists the commands)')
      .exitOverride();
    await add(program);
    giveAliases(program);
    tellUsage(program);
    await program.parseAsync();
  } catch (error) {
    if (error instanceof InvalidArgumentError) {
      // Commander prints those of its own parsers. This one was thrown by a command while it ran.
      process.stderr.write(`postern: ${error.message}\n`);
      process.exitCode = EXIT.usage;
    } else if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
    } else if (error instanceof CliError) {
      process.stderr.write(`postern: ${error.message.trimEnd()}\n`);
      process.exitCode = error.exitStatus;
    } else {
      throw error;
    }
  }
}

/** Makes a usage error show the usage of the command that was meant. */
function tellUsage(command: Command, above = ''): void {
  const name = `${above}${command.name()}`;
  if (above !== '')
    command.showHelpAfterError(`Usage: ${name} ${command.usage()}\n(${name} --help says more)`);
  for (const one of command.commands) tellUsage(one, `${name} `);
}
