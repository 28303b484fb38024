import { Command, CommanderError } from 'commander';
import { addCommands } from './commands.js';
import { CliError, EXIT } from './exit-status.js';
import { VERSION } from './version.js';

/** Runs the command that `process.argv` names. Each command is a file of this folder, which adds itself to the program. */
export async function runCommandLine(): Promise<void> {
  try {
    const program = new Command('postern')
      .description(
        'A restricted SSH console server with a self-service menu for the customers of a Xen host.',
      )
      .version(VERSION)
      .showHelpAfterError('(postern --help lists the commands)')
      .exitOverride();
    await addCommands(program, process.argv[2]);
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
    } else if (error instanceof CliError) {
      process.stderr.write(`postern: ${error.message}\n`);
      process.exitCode = error.exitStatus;
    } else {
      throw error;
    }
  }
}
