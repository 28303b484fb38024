import type { Command } from 'commander';
import { GATE_SETTINGS } from '../command/settings-option.js';

/** Adds `postern gate`: the half that faces the network, in the foreground. */
export function addGateCommand(program: Command): void {
  program
    .command('gate')
    .description('Run the gate: SSH, menus, policy and the audit log, as an unprivileged user.')
    .option('--settings <file>', 'its settings', GATE_SETTINGS)
    .addHelpText(
      'after',
      '\nExamples:\n  postern gate\n  systemctl start postern-gate\n  systemctl reload postern-gate',
    )
    .action(async ({ settings }: { readonly settings: string }) => {
      // Imported here: the admin's other commands start without ssh2 and blessed.
      const { runGate } = await import('./run-gate.js');
      await runGate(settings);
    });
}
