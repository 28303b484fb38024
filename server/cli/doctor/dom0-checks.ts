import type { Dom0Settings } from '../../../config/dom0-settings.js';
import { glob } from '../../dom0/glob.js';
import { ok, warn } from './diagnosis.js';
import type { Diagnosis } from './diagnosis.js';
import { checkDom0 } from './dom0-answer.js';
import { checkAccess, checkMode, exists } from './files.js';

/** All about the dom0 half on this machine. */
export async function checkDom0Half(settings: Dom0Settings): Promise<Diagnosis[]> {
  const { toolstack, state, socket } = settings;
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
    ...checkProfiles(settings),
    await checkDom0('dom0', socket),
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

/** What a rescue profile boots must be there when a customer needs it. */
function checkProfiles({ profiles }: Dom0Settings): Diagnosis[] {
  const found = Object.entries(profiles).flatMap(([name, profile]) => {
    const files = profile.kind === 'direct' ? [profile.kernel, profile.ramdisk] : [profile.kernel];
    return files
      .filter((file) => file !== null)
      .map((file) =>
        checkAccess(
          `profile ${name}`,
          file,
          'read',
          'put the file there, or mend the profile in the settings',
        ),
      );
  });
  if (found.length > 0 || Object.keys(profiles).length > 0) return found;
  return [warn('profiles', 'there is no rescue profile', 'add one to profiles in the settings')];
}
