import { runCommandLine } from './command-line.js';
import { addDom0Command } from './half/dom0.js';
import { runDom0 } from './half/run-dom0.js';

/** Runs `postern dom0`. Everything that the half needs is loaded before. */
export async function run(): Promise<void> {
  await runCommandLine((program) => {
    addDom0Command(program, runDom0);
  });
}
