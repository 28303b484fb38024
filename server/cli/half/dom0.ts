import type { Command } from 'commander';
import { DOM0_SETTINGS } from '../command/settings-option.js';
import { firstWord } from './run-half.js';
import type { RunHalf } from './run-half.js';

/** Adds `postern dom0`: the half that runs on the Xen host, in the foreground. */
export function addDom0Command(program: Command, run: RunHalf = firstWord): void {
  program
    .command('dom0')
    .description('Run the dom0 half: consoles and power of the domains of this Xen host, as root.')
    .option('--settings <file>', 'its settings', DOM0_SETTINGS)
    .option('--check', 'only say whether the settings are sound')
    .addHelpText(
      'after',
      '\nExamples:\n  postern dom0\n  systemctl start postern-dom0\n  systemctl reload postern-dom0',
    )
    .action(async ({ settings, check }: { readonly settings: string; readonly check?: true }) =>
      run(settings, { check: check === true }),
    );
}
