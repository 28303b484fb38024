import type { Command } from 'commander';
import { DOM0_SETTINGS } from '../command/settings-option.js';

/** Adds `postern dom0`: the half that runs on the Xen host, in the foreground. */
export function addDom0Command(program: Command): void {
  program
    .command('dom0')
    .description('Run the dom0 half: consoles and power of the domains of this Xen host, as root.')
    .option('--settings <file>', 'its settings', DOM0_SETTINGS)
    .addHelpText('after', '\nExamples:\n  postern dom0\n  systemctl start postern-dom0')
    .action(async ({ settings }: { readonly settings: string }) => {
      // Imported here: the admin's other commands start without node-pty and the terminal emulator.
      const { runDom0 } = await import('./run-dom0.js');
      await runDom0(settings);
    });
}
