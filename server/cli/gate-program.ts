import { runCommandLine } from './command-line.js';
import { addGateCommand, addWorkerCommand } from './half/gate.js';
import { runGate } from './half/run-gate.js';
import { runWorker } from './half/run-worker.js';

/** Runs `postern gate`, or one of its workers. Everything that the half needs is loaded before. */
export async function run(): Promise<void> {
  await runCommandLine((program) => {
    addGateCommand(program, runGate);
    addWorkerCommand(program, runWorker);
  });
}
