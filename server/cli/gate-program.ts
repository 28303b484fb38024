import { runCommandLine } from './command-line.js';
import { addGateCommand } from './half/gate.js';
import { runGate } from './half/run-gate.js';

/** Runs `postern gate`. Everything that the half needs is loaded before. */
export async function run(): Promise<void> {
  await runCommandLine((program) => {
    addGateCommand(program, runGate);
  });
}
