import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import type { DirectProfile, Dom0Settings } from '../../../config/dom0-settings.js';
import type { BootProfileName } from '../../../policy/names.js';
import { parseDiskSpec } from '../../dom0/config/disk-spec.js';
import { fail, warn } from '../installation/diagnosis.js';
import type { Diagnosis } from '../installation/diagnosis.js';
import { checkAccess } from '../installation/files.js';
import { checkImage } from './image-check.js';
import { MANIFEST } from './manifest.js';

/**
 * Checks what the boot profiles name: a rescue profile's files must exist before a customer needs them, and those
 * of a rescue image must belong together.
 *
 * @param now ms since 1970
 */
export async function checkProfiles(
  { profiles }: Pick<Dom0Settings, 'profiles'>,
  now: number,
): Promise<readonly Diagnosis[]> {
  const all = Object.entries(profiles);
  if (all.length === 0) {
    return [
      warn(
        'profiles',
        'there is no rescue profile',
        'make a rescue system: postern rescue-image build prints its profile',
      ),
    ];
  }
  const found = all.flatMap(([name, profile]) => [
    ...filesOf(profile).map((file) =>
      checkAccess(`profile ${name}`, file, 'read', 'put the file there, or mend the profile in the settings'),
    ),
    ...(profile.kind === 'direct' ? mixed(name, profile) : []),
  ]);
  const images = new Set(all.flatMap(([, profile]) => imageOf(profile) ?? []));
  const checked = await Promise.all([...images].map((directory) => checkImage(directory, now)));
  return [...found, ...checked.flat()];
}

/** The directory of the rescue image that the profile boots; undefined when it boots something else. */
function imageOf(profile: Dom0Settings['profiles'][BootProfileName]): string | undefined {
  if (profile.kind !== 'direct') return undefined;
  const directory = dirname(profile.kernel);
  return existsSync(join(directory, MANIFEST)) ? directory : undefined;
}

/** A kernel, a ramdisk and a disk of different images do not boot, or boot without their modules. */
function mixed(name: string, profile: DirectProfile): readonly Diagnosis[] {
  const directory = imageOf(profile);
  if (directory === undefined) return [];
  const subject = `profile ${name}`;
  const paste = `paste the profile from ${join(directory, 'profile.yaml')}`;
  const disk = profile.addDisks
    .map(parseDiskSpec)
    .find(({ target }) => target === join(directory, 'rescue.squashfs'));
  return [
    ...(profile.ramdisk === join(directory, 'initrd.img')
      ? []
      : [fail(subject, `its kernel is of the rescue image in ${directory}, but its ramdisk is not`, paste)]),
    ...(disk === undefined
      ? [fail(subject, `the disk of the rescue image in ${directory} is not among its addDisks`, paste)]
      : []),
    ...(disk?.writable === true
      ? [fail(subject, `its guests could write to ${disk.target}, which all of them share`, paste)]
      : []),
  ];
}

function filesOf(profile: Dom0Settings['profiles'][BootProfileName]): readonly string[] {
  switch (profile.kind) {
    case 'direct':
      return [profile.kernel, profile.ramdisk, ...profile.addDisks.flatMap(localTarget)].filter(
        (file) => file !== null,
      );
    case 'own':
      return [profile.kernel, profile.ramdisk].filter((file) => file !== null);
    case 'disk':
      return [profile.kernel, ...Object.values(profile.kernels ?? {}), ...localTarget(profile.disk)].filter(
        (file) => file !== null,
      );
    case 'cdrom':
      return [parseDiskSpec(profile.disk).target];
  }
}

/** A disk that a script of the host's makes is nowhere yet. */
function localTarget(spec: string): readonly string[] {
  const { target, script } = parseDiskSpec(spec);
  return script === undefined && isAbsolute(target) ? [target] : [];
}
