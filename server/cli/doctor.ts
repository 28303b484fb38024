import type { Command } from 'commander';
import { loadDom0Settings } from '../../config/dom0-settings.js';
import { loadGateSettings } from '../../config/gate-settings.js';
import type { Problem } from '../../config/problem.js';
import { problemText } from '../../config/problem.js';
import { printable } from '../gate/printable.js';
import { exampleText, say } from './admin-command.js';
import { adminName } from './admin-name.js';
import { fail, ok, warn } from './doctor/diagnosis.js';
import type { Diagnosis } from './doctor/diagnosis.js';
import { checkDom0Half } from './doctor/dom0-checks.js';
import { checkMode, exists } from './doctor/files.js';
import { checkGate } from './doctor/gate-checks.js';
import { checkModules } from './doctor/modules.js';
import { EXIT } from './exit-status.js';
import { DOM0_SETTINGS, GATE_SETTINGS } from './settings-option.js';

interface DoctorOptions {
  readonly settings?: string;
  readonly dom0Settings?: string;
  readonly json?: true;
}

/** Adds `postern doctor`. */
export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description(
      'Look at all that must be right on this machine, and say how to mend what is not. Exit status 1 when something fails.',
    )
    .option('--settings <file>', `the gate's settings; looked for at ${GATE_SETTINGS}`)
    .option('--dom0-settings <file>', `the dom0 half's settings; looked for at ${DOM0_SETTINGS}`)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      exampleText(['postern doctor', 'postern doctor --settings gate.yaml --dom0-settings dom0.yaml']),
    )
    .action(async (options: DoctorOptions) => {
      const found = await examine(options);
      const failed = found.some(({ level }) => level === 'fail');
      say(options, { ok: !failed, found }, reportText(found));
      if (failed) process.exitCode = EXIT.failed;
    });
}

async function examine(options: DoctorOptions): Promise<Diagnosis[]> {
  const found = checkModules();
  const gate = chosen(options.settings, options.dom0Settings, GATE_SETTINGS);
  const dom0 = chosen(options.dom0Settings, options.settings, DOM0_SETTINGS);
  if (gate === undefined && dom0 === undefined) {
    const finding = `there is neither ${GATE_SETTINGS} nor ${DOM0_SETTINGS}`;
    return [
      ...found,
      fail(
        'settings',
        finding,
        'write one, from the examples that come with Postern, or name one with --settings',
      ),
    ];
  }
  if (gate !== undefined) {
    const loaded = loadGateSettings(gate);
    found.push(...settingsFound('settings', gate, loaded));
    if (loaded.ok) found.push(...(await checkGate(loaded.settings, adminName())));
  }
  if (dom0 !== undefined) {
    const loaded = loadDom0Settings(dom0);
    found.push(...settingsFound('dom0 settings', dom0, loaded));
    if (loaded.ok) found.push(...(await checkDom0Half(loaded.settings)));
  }
  return found;
}

/** The file that was named; or, when no other was named either, the usual one where there is one. */
function chosen(named: string | undefined, other: string | undefined, usual: string): string | undefined {
  return named ?? (other === undefined && exists(usual) ? usual : undefined);
}

function settingsFound(
  subject: string,
  file: string,
  loaded:
    | { readonly ok: true; readonly warnings: readonly Problem[] }
    | { readonly ok: false; readonly problems: readonly Problem[] },
): Diagnosis[] {
  if (!loaded.ok) {
    return loaded.problems.map((problem) => fail(subject, problemText([problem]).trimEnd(), `mend ${file}`));
  }
  const warnings = loaded.warnings.map((problem) =>
    warn(subject, problemText([problem], 'warning').trimEnd(), `mend ${file}`),
  );
  return [ok(subject, `${file} is sound`), checkMode(subject, file, 0o022, 'go-w'), ...warnings];
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
