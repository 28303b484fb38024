import { loadDom0Settings } from '../../../config/dom0-settings.js';
import { loadGateSettings } from '../../../config/gate-settings.js';
import type { Problem } from '../../../config/problem.js';
import { problemText } from '../../../config/problem.js';
import { adminName } from '../admin/admin-name.js';
import { RootDirectory } from '../command/root-directory.js';
import { THIS_PROGRAM } from '../installation/place.js';
import { checkProgram } from '../installation/machine-checks.js';
import { DOM0_SETTINGS, GATE_SETTINGS } from '../command/settings-option.js';
import { fail, ok, warn } from '../installation/diagnosis.js';
import type { Diagnosis } from '../installation/diagnosis.js';
import { checkDom0Half } from './dom0-checks.js';
import { checkMode, exists } from '../installation/files.js';
import { checkGate } from './gate-checks.js';
import { checkInstallation } from './installation-checks.js';
import { checkModules } from '../installation/modules.js';
import { awaitStarting, servedHere } from './starting.js';

/**
 * The settings files to check. A file that is not named is looked for at its usual place, unless the other
 * one is named.
 */
export interface Examined {
  readonly settings?: string;
  readonly dom0Settings?: string;
}

/** Checks everything that must be right on this machine. */
export async function examine(options: Examined): Promise<Diagnosis[]> {
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
  if (options.settings === undefined && options.dom0Settings === undefined) {
    const halves = gate === undefined ? 'dom0' : dom0 === undefined ? 'gate' : 'both';
    found.push(
      ...checkProgram(THIS_PROGRAM),
      ...checkInstallation(new RootDirectory(), halves, THIS_PROGRAM),
    );
  }
  const gateLoaded = gate === undefined ? null : loadGateSettings(gate);
  const dom0Loaded = dom0 === undefined ? null : loadDom0Settings(dom0);
  const gateHere = gateLoaded?.ok === true ? gateLoaded.settings : null;
  const dom0Here = dom0Loaded?.ok === true ? dom0Loaded.settings : null;
  await awaitStarting(
    servedHere(
      gateHere && { file: gate ?? '', settings: gateHere },
      dom0Here && { file: dom0 ?? '', settings: dom0Here },
    ),
  );
  if (gateLoaded !== null) found.push(...settingsFound('settings', gate ?? '', gateLoaded));
  if (gateHere !== null) found.push(...(await checkGate(gateHere, adminName())));
  if (dom0Loaded !== null) found.push(...settingsFound('dom0 settings', dom0 ?? '', dom0Loaded));
  if (dom0Here !== null) found.push(...(await checkDom0Half(dom0Here, gateHere)));
  return found;
}

/** The named file; else the usual one, if it exists and the other file was not named either. */
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
