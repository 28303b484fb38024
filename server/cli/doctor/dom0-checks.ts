import type { Dom0Settings } from '../../../config/dom0-settings.js';
import type { GateSettings } from '../../../config/gate-settings.js';
import { answers } from '../../dom0/api/unix-socket.js';
import { glob } from '../../dom0/config/glob.js';
import { ok, warn } from '../installation/diagnosis.js';
import type { Diagnosis } from '../installation/diagnosis.js';
import { checkAccess, checkMode, exists } from '../installation/files.js';
import { tryFolder } from './folder-found.js';
import { checkHost, isAnswering } from './host-trial.js';
import { checkImageFiles } from '../image/image-checks.js';
import { checkProfiles } from '../rescue-image/profile-checks.js';
import { checkSocketGroup } from './socket-group.js';

/**
 * Checks the dom0 half on this machine.
 *
 * @param gate settings of the gate on this machine, which was checked before; null when there is none
 */
export async function checkDom0Half(
  settings: Dom0Settings,
  gate: Pick<GateSettings, 'state' | 'hosts'> | null,
): Promise<Diagnosis[]> {
  const { toolstack, state, socket } = settings;
  const isHost = gate?.hosts.some((host) => host.socket === socket) === true;
  // The gate's checks include its hosts: a dead one is reported once.
  const answered = isHost ? [] : await checkHost('dom0', socket);
  const runs = isHost ? await answers(socket) : isAnswering(answered);
  return [
    checkAccess(
      'toolstack',
      toolstack.command,
      'execute',
      'install the Xen tools, or mend toolstack.command in the settings',
    ),
    exists(state)
      ? checkMode('dom0 state', state, 0o077, '700')
      : warn(
          'dom0 state',
          `there is no directory ${state}`,
          'nothing to do: the dom0 half makes it when it is started',
        ),
    ...(await checkDomains(settings.domains)),
    ...(await checkProfiles(settings, Date.now())),
    ...(await checkImageFiles(settings)),
    ...checkSeeds(settings),
    ...checkSocketGroup(settings, gate),
    ...(runs ? [] : await tryFolder('dom0 state', state)),
    ...answered,
  ];
}

async function checkDomains(patterns: readonly string[]): Promise<Diagnosis[]> {
  const found = await Promise.all(patterns.map(async (pattern) => ({ pattern, files: await glob(pattern) })));
  return found.map(({ pattern, files }) =>
    files.length === 0
      ? warn(
          'domains',
          `no file matches ${pattern}`,
          'put the config files of the domains there, or mend domains in the settings',
        )
      : ok('domains', `${pattern}: ${files.length} config files`),
  );
}
/** The program for seed disks must be there before a customer needs one. */
function checkSeeds({ profiles, images, seeds }: Dom0Settings): Diagnosis[] {
  if ([...Object.values(profiles), ...Object.values(images)].every(({ seed }) => seed === undefined))
    return [];
  return [
    checkAccess(
      'seed disks',
      seeds.command,
      'execute',
      'apt install xorriso, or mend seeds.command in the settings',
    ),
    ...checkXenstore({ profiles, seeds }),
  ];
}

/** Without it rescue systems work, and only their console tells their host key. */
function checkXenstore({ profiles, seeds }: Pick<Dom0Settings, 'profiles' | 'seeds'>): Diagnosis[] {
  const isRescuing = Object.values(profiles).some(({ seed }) => seed !== undefined);
  if (!isRescuing || exists(seeds.xenstoreRead)) return [];
  return [
    warn(
      'rescue host keys',
      `${seeds.xenstoreRead} is missing: the menu cannot show the SSH host key of a rescue system`,
      'apt install xenstore-utils, or mend seeds.xenstoreRead in the settings',
    ),
  ];
}
