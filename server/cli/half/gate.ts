import type { Command } from 'commander';
import { GATE_SETTINGS } from '../command/settings-option.js';
import { firstWord } from './run-half.js';
import type { RunHalf } from './run-half.js';

/** Adds `postern gate`: the half that faces the network, in the foreground. */
export function addGateCommand(program: Command, run: RunHalf = firstWord): void {
  program
    .command('gate')
    .description('Run the gate: SSH, menus, policy and the audit log, as an unprivileged user.')
    .option('--settings <file>', 'its settings', GATE_SETTINGS)
    .addHelpText(
      'after',
      '\nExamples:\n  postern gate\n  systemctl start postern-gate\n  systemctl reload postern-gate',
    )
    .action(async ({ settings }: { readonly settings: string }) => run(settings));
}

/** Adds `postern gate-worker`, by which a gate starts its workers. It is in no list of commands. */
export function addWorkerCommand(program: Command, run: () => Promise<void>): void {
  program.command('gate-worker', { hidden: true }).action(run);
}
