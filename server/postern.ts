#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { addCommands } from './cli/commands.js';
import { CliError, EXIT } from './cli/exit-status.js';
import { VERSION } from './cli/version.js';

/** The command line: every command is a file of cli/, which adds itself to the program. */
async function main(): Promise<void> {
  const program = new Command('postern')
    .description('A restricted SSH console server with a self-service menu for the customers of a Xen host.')
    .version(VERSION)
    .showHelpAfterError('(postern --help lists the commands)')
    .exitOverride();
  await addCommands(program, process.argv[2]);
  await program.parseAsync();
}

try {
  await main();
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
