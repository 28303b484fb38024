import type { Command } from 'commander';
import { exampleText, say } from '../admin/admin-command.js';
import type { Diagnosis } from '../installation/diagnosis.js';
import type { Examined } from './examine.js';
import { EXIT } from '../command/exit-status.js';
import { DOM0_SETTINGS, GATE_SETTINGS } from '../command/settings-option.js';
import { printable } from '../../../policy/printable.js';

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
      say(options, { ok: !failed, found }, reportText(found));
      if (failed) process.exitCode = EXIT.failed;
    });
}

function reportText(found: readonly Diagnosis[]): string {
  const lines = found.flatMap(({ level, subject, finding, mend }) => {
    const [first = '', ...rest] = finding.split('\n').map((line) => printable(line));
    const indent = ' '.repeat(6);
    return [
      `${level.padEnd(4)}  ${printable(subject)}: ${first}`,
      ...rest.map((line) => `${indent}${line}`),
      ...(mend === null ? [] : [`${indent}-> ${printable(mend)}`]),
    ];
  });
  const count = (level: Diagnosis['level']): number => found.filter((one) => one.level === level).length;
  return `${lines.join('\n')}\n\n${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} to mend\n`;
}
