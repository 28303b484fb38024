import { NORMAL, UNKNOWN_PROFILE, parseBootProfileName } from '../../../policy/names.js';
import type { BootProfileName } from '../../../policy/names.js';
import type { ProfileOffer } from '../../wire/contract.js';
import { parseDiskSpec } from '../disk-spec.js';
import type { DomainConfig } from '../domain-config.js';
import type { Assignment, BootShape } from '../toolstack/toolstack.js';

interface Words {
  readonly title: string;
  readonly disks: string;
  readonly hint: string;
}

/** A kernel and ramdisk of the host's own; the domain's disks stay, `addDisks` come after them. */
export interface DirectProfile extends Words {
  readonly kind: 'direct';
  readonly kernel: string;
  readonly ramdisk: string | null;
  readonly extra: string;
  readonly addDisks: readonly string[];
}

/** A rescue disk before the domain's own: booted by PV-GRUB, by a boot loader, or by what the domain has. */
export interface DiskProfile extends Words {
  readonly kind: 'disk';
  readonly disk: string;
  readonly kernel: string | null;
  readonly bootloader: string | null;
}

export type ProfileSettings = DirectProfile | DiskProfile;

/** How a domain is to be created: its file, without some keys, with others over it. */
export interface BootPlan {
  readonly profile: BootProfileName;
  readonly config: string;
  /** Keys that must not stand in the file: over them nothing can be given. */
  readonly without: ReadonlySet<string>;
  readonly overrides: readonly Assignment[];
  /** What the toolstack is to show of the domain then. */
  readonly boot: BootShape;
}

/** A profile that cannot be offered, said in one sentence. */
export class ProfileError extends Error {}

/**
 * What direct boot cannot have in the file: `bootloader=` takes `kernel=` for a path inside the guest's disk and cannot be
 * emptied by an override; `cmdline=` and `root=` come before `extra=`.
 */
const NOT_WITH_DIRECT = ['bootloader', 'bootloader_args', 'cmdline', 'root'];
const NOT_WITH_KERNEL = ['bootloader', 'bootloader_args', 'ramdisk', 'cmdline', 'root', 'extra'];
const NOT_WITH_BOOTLOADER = ['bootloader_args', 'kernel', 'ramdisk'];

/** The boot profiles of the settings, and what they come to for a domain. */
export class BootProfiles {
  readonly #profiles = new Map<BootProfileName, ProfileSettings>();

  /** @throws ProfileError for a name or a disk that cannot be */
  constructor(settings: Readonly<Record<string, ProfileSettings>>) {
    for (const [text, profile] of Object.entries(settings)) {
      const name = parseBootProfileName(text);
      if (name === undefined || name === NORMAL || name === UNKNOWN_PROFILE) {
        throw new ProfileError(`${JSON.stringify(text)} cannot be the name of a boot profile`);
      }
      if (profile.kind === 'disk' && parseDiskSpec(profile.disk).writable) {
        throw new ProfileError(
          `the rescue disk of profile ${name} must be read-only (access r): it is shared`,
        );
      }
      this.#profiles.set(name, profile);
    }
  }

  offers(): readonly ProfileOffer[] {
    return [...this.#profiles].map(([name, { title, disks, hint }]) => ({ name, title, disks, hint }));
  }

  /** The profiles that a domain can be booted with. */
  names(): readonly BootProfileName[] {
    return [...this.#profiles.keys()];
  }

  has(name: BootProfileName): boolean {
    return this.#profiles.has(name);
  }

  /** @returns undefined when there is no such profile; `normal` is the domain's own configuration */
  plan(name: BootProfileName, domain: DomainConfig): BootPlan | undefined {
    if (name === NORMAL) {
      return { profile: name, config: domain.file, without: new Set(), overrides: [], boot: domain.boot };
    }
    const profile = this.#profiles.get(name);
    if (profile === undefined) return undefined;
    const drop = (keys: readonly string[]): Set<string> =>
      new Set(keys.filter((key) => domain.keys.has(key)));
    const plan = profile.kind === 'direct' ? direct(profile, domain) : withDisk(profile, domain);
    return {
      profile: name,
      config: domain.file,
      without: drop(plan.without),
      overrides: plan.overrides,
      boot: { ...domain.boot, ...plan.boot, disks: plan.disks.map(parseDiskSpec) },
    };
  }

  /**
   * Which profile a running domain was booted with, by its long listing.
   *
   * @param remembered what was last booted under this name, if it was by us: the file may have changed since
   */
  recognise(
    shape: BootShape,
    domain: DomainConfig,
    remembered: { readonly profile: BootProfileName; readonly boot: BootShape } | null,
  ): BootProfileName {
    if (remembered !== null && sameBoot(remembered.boot, shape)) return remembered.profile;
    for (const name of this.#profiles.keys()) {
      const plan = this.plan(name, domain);
      if (plan !== undefined && sameBoot(plan.boot, shape)) return name;
    }
    return sameBoot(domain.boot, shape) ? NORMAL : UNKNOWN_PROFILE;
  }
}

interface Parts {
  readonly without: readonly string[];
  readonly overrides: readonly Assignment[];
  readonly boot: Partial<BootShape>;
  readonly disks: readonly string[];
}

function direct(profile: DirectProfile, domain: DomainConfig): Parts {
  const disks = [...domain.diskSpecs, ...profile.addDisks];
  return {
    without: profile.ramdisk === null ? [...NOT_WITH_DIRECT, 'ramdisk'] : NOT_WITH_DIRECT,
    overrides: [
      { key: 'kernel', value: profile.kernel },
      ...(profile.ramdisk === null ? [] : [{ key: 'ramdisk', value: profile.ramdisk }]),
      { key: 'extra', value: profile.extra },
      { key: 'disk', value: disks },
    ],
    boot: {
      kernel: profile.kernel,
      ramdisk: profile.ramdisk,
      cmdline: profile.extra === '' ? null : profile.extra,
      bootloader: null,
    },
    disks,
  };
}

function withDisk(profile: DiskProfile, domain: DomainConfig): Parts {
  const disks = [profile.disk, ...domain.diskSpecs];
  const disk = { key: 'disk', value: disks };
  if (profile.kernel !== null) {
    return {
      without: NOT_WITH_KERNEL,
      overrides: [{ key: 'kernel', value: profile.kernel }, disk],
      boot: { kernel: profile.kernel, ramdisk: null, cmdline: null, bootloader: null },
      disks,
    };
  }
  if (profile.bootloader !== null) {
    return {
      without: NOT_WITH_BOOTLOADER,
      overrides: [{ key: 'bootloader', value: profile.bootloader }, disk],
      boot: { kernel: null, ramdisk: null, bootloader: profile.bootloader },
      disks,
    };
  }
  return { without: [], overrides: [disk], boot: {}, disks };
}

/**
 * A boot loader decides on kernel, ramdisk and command line by itself, and the toolstack may show what it decided: with one,
 * only it and the disks are compared.
 */
function sameBoot(planned: BootShape, shown: BootShape): boolean {
  const disks = (shape: BootShape): string =>
    JSON.stringify(shape.disks.map(({ target, vdev, writable }) => [target, vdev, writable]));
  if (disks(planned) !== disks(shown) || planned.bootloader !== shown.bootloader) return false;
  if (planned.bootloader !== null) return true;
  const same = (key: 'kernel' | 'ramdisk' | 'cmdline'): boolean => planned[key] === shown[key];
  return same('kernel') && same('ramdisk') && same('cmdline');
}
