import { runCommandLine } from './command-line.js';
import { addCommands } from './commands.js';

/** Runs an admin's command. */
export async function run(): Promise<void> {
  await runCommandLine(async (program) => addCommands(program, process.argv[2]));
}
