import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DOM0_SCHEMA } from '../../../config/dom0-schema.js';
import { loadDom0Settings } from '../../../config/dom0-settings.js';
import { GATE_SCHEMA } from '../../../config/gate-schema.js';
import { loadGateSettings } from '../../../config/gate-settings.js';
import { checkModules } from '../installation/modules.js';
import { RootDirectory } from '../command/root-directory.js';
import { DOM0_SETTINGS, GATE_SETTINGS } from '../command/settings-option.js';
import { examineHost } from '../installation/host-findings.js';
import type { HostFindings } from '../installation/host-findings.js';
import {
  adminFile,
  defaultPolicyText,
  FIRST_POLICY,
  POLICY,
  programPieces,
} from '../installation/installation.js';
import type { Halves } from '../installation/installation.js';
import { forgetPurged, startLinks } from '../installation/start-links.js';
import { checkProgram, tellFound } from '../installation/machine-checks.js';
import { Machine } from '../installation/machine.js';
import { THE_GATES } from '../installation/piece.js';
import { programPlace } from '../installation/place.js';
import type { Piece } from '../installation/piece.js';
import { dom0SettingsText, gateSettingsText } from './settings-text.js';
import type { SetupReport } from './setup-report.js';
import { SetupRun } from './setup-run.js';

/** The admin's answers. Missing ones are found on the machine, or have usual values. */
export interface SetupAnswers {
  /** An existing directory: the machine's `/`. */
  readonly root: string;
  readonly apply: boolean;
  readonly site?: string | undefined;
  readonly host?: string | undefined;
  /** Valid addresses; the usual ones when absent. */
  readonly listen?: readonly string[] | undefined;
  /** Path of a host key, as on that machine. */
  readonly importHostKey?: string | undefined;
}

const HOST_KEY = GATE_SCHEMA.properties.hostKey.default;
export const LISTEN: readonly string[] = ['0.0.0.0:2222', '[::]:2222'];

/** Examines a machine, and sets it up or says what it would do. */
export async function setUp(halves: Halves, answers: SetupAnswers): Promise<SetupReport> {
  const root = new RootDirectory(answers.root);
  const machine = new Machine(root);
  const host = halves === 'gate' ? null : await examineHost(root);
  const program = programPlace(root);
  const pieces = piecesOf(halves, program, machine, host, answers);
  const steps = new SetupRun(machine, answers.apply).run(pieces);
  if (answers.apply) forgetPurged(root);
  const found = [
    ...(root.isThisMachine ? [...checkModules(), ...checkProgram(program)] : []),
    ...(host === null ? [] : tellFound(host)),
  ];
  return { apply: answers.apply, steps, found, next: nextCommands(halves, root, host) };
}

function piecesOf(
  halves: Halves,
  program: string,
  machine: Machine,
  found: HostFindings | null,
  answers: SetupAnswers,
): readonly Piece[] {
  const host = answers.host ?? (halves === 'gate' ? 'xen1' : hostNameOf(machine));
  const pieces: Piece[] = [...programPieces(halves, program), ...startLinks(halves, program, machine.root)];
  if (found !== null) pieces.push(adminFile(DOM0_SETTINGS, dom0SettingsText(host, found)));
  if (halves === 'dom0') return pieces;
  const site = answers.site ?? machine.fullName;
  const socket =
    halves === 'both' ? DOM0_SCHEMA.properties.socket.default : `/run/postern-host-${host}/dom0.sock`;
  const text = gateSettingsText({ site, host, socket, listen: answers.listen ?? LISTEN });
  pieces.push(adminFile(GATE_SETTINGS, text));
  if (!hasOwnPolicy(machine.root)) pieces.push(adminFile(`${POLICY}/${FIRST_POLICY}`, defaultPolicyText()));
  if (answers.importHostKey !== undefined) {
    const path = hostKeyPath(machine.root);
    pieces.push({ kind: 'host-key', path, from: answers.importHostKey, mode: 0o600, owner: THE_GATES });
  }
  return pieces;
}

/** The host's name, from existing settings if there are any. */
function hostNameOf(machine: Machine): string {
  const loaded = loadDom0Settings(machine.root.at(DOM0_SETTINGS));
  return loaded.ok ? loaded.settings.host : machine.hostName;
}

/** The host key's path, from existing settings if there are any. */
function hostKeyPath(root: RootDirectory): string {
  const loaded = loadGateSettings(root.at(GATE_SETTINGS));
  return loaded.ok ? loaded.settings.hostKey : HOST_KEY;
}

/** Whether there are policy files without our first one: then the admin has written their own. */
function hasOwnPolicy(root: RootDirectory): boolean {
  const directory = root.at(POLICY);
  const names = existsSync(directory) ? readdirSync(directory) : [];
  return names.some((name) => /\.(ya?ml|json)$/.test(name)) && !names.includes(FIRST_POLICY);
}

function nextCommands(halves: Halves, root: RootDirectory, host: HostFindings | null): readonly string[] {
  const rescue = host === null ? [] : rescueCommands(root, host);
  if (!root.isThisMachine)
    return [
      `postern setup ${halves} --apply      # there, when it is booted: it makes the user and gives it what it needs`,
      ...rescue,
    ];
  const units = { gate: 'postern-gate', dom0: 'postern-dom0', both: 'postern-dom0 postern-gate' }[halves];
  return [`systemctl enable --now ${units}`, 'postern doctor', ...rescue];
}

/** From a host to a rescue system with a network and the customers' own keys. */
function rescueCommands(root: RootDirectory, { rescueImage }: HostFindings): readonly string[] {
  if (rescueImage === null)
    return ['postern rescue-image build      # a rescue system with network and SSH: docs/rescue-images.md'];
  const loaded = loadDom0Settings(root.at(DOM0_SETTINGS));
  // The link `current` is not followed: the settings name it as it is.
  const isNamed =
    loaded.ok &&
    Object.values(loaded.settings.profiles).some(
      (profile) => profile.kind === 'direct' && dirname(profile.kernel) === rescueImage,
    );
  return isNamed
    ? ['apt-get install xorriso xenstore-utils      # for the seed disk of the rescue system']
    : [`cat ${join(rescueImage, 'profile.yaml')}      # paste it below profiles: of ${DOM0_SETTINGS}`];
}
