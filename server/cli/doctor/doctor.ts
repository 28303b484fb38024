import type { Command } from 'commander';
import { exampleText, say } from '../admin/admin-command.js';
import { diagnosisText } from '../installation/diagnosis.js';
import type { Examined } from './examine.js';
import { EXIT } from '../command/exit-status.js';
import { DOM0_SETTINGS, GATE_SETTINGS } from '../command/settings-option.js';

interface DoctorOptions extends Examined {
  readonly json?: true;
}

/** Adds `postern doctor`. */
export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('Check this machine, and say how to mend each problem. Exit status 1 when something fails.')
    .option('--settings <file>', `the gate's settings; looked for at ${GATE_SETTINGS}`)
    .option('--dom0-settings <file>', `the dom0 half's settings; looked for at ${DOM0_SETTINGS}`)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      exampleText(['postern doctor', 'postern doctor --settings gate.yaml --dom0-settings dom0.yaml']),
    )
    .action(async (options: DoctorOptions) => {
      // Imported only now: no other command needs these modules.
      const { examine } = await import('./examine.js');
      const found = await examine(options);
      const failed = found.some(({ level }) => level === 'fail');
      say(options, { ok: !failed, found }, diagnosisText(found));
      if (failed) process.exitCode = EXIT.failed;
    });
}
