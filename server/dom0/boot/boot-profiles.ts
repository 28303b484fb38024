import type { ParameterValues } from '../../../policy/boot-parameter.js';
import type { GuestType } from '../../../policy/guest-type.js';
import { NORMAL, UNKNOWN_PROFILE, parseBootProfileName } from '../../../policy/names.js';
import type { BootProfileName, ParameterName } from '../../../policy/names.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { ParameterOffer, ProfileOffer } from '../../wire/contract.js';
import type { AtEnd } from '../../wire/rescue-end.js';
import type { SeedKeys } from '../../wire/seed-key.js';
import { parseDiskSpec } from '../config/disk-spec.js';
import type { DomainConfig } from '../config/domain-config.js';
import type { BootShape, Disk } from '../toolstack/toolstack.js';
import type { BootPlan, ProfileBoot } from './boot-plan.js';
import { cdromBoot } from './cdrom-boot.js';
import { filledLine, valuesIn } from './command-line.js';
import type { CommandLine } from './command-line.js';
import { ownBoot, ownValuesIn } from './own-boot.js';
import type { OwnBoot } from './own-boot.js';
import { typeOf, unfitFor } from './profile-fit.js';
import { seedAmong, withSeedDrive } from './seed-drive.js';

interface Words {
  readonly title: string;
  readonly disks: string;
  readonly hint: string;
  /** The types of guests that it can boot; at least one. */
  readonly types: readonly GuestType[];
  /** Whether it has no end. */
  readonly keep?: boolean;
  /** Its end, when its time is over; `normal` when missing. */
  readonly atEnd?: AtEnd;
  /** Whose keys go onto the seed disk. Missing: it boots without one. */
  readonly seed?: SeedKeys;
}

/** Boots a kernel and ramdisk of the host. The domain's disks stay, and `addDisks` follow them. */
export interface DirectProfile extends Words, CommandLine {
  readonly kind: 'direct';
  readonly kernel: string;
  readonly ramdisk: string | null;
  readonly addDisks: readonly string[];
}

/**
 * Boots a rescue disk, put before the domain's own disks: with PV-GRUB, with a boot loader, or
 * as the domain itself boots.
 */
export interface DiskProfile extends Words {
  readonly kind: 'disk';
  readonly disk: string;
  /** One image for all of `types`. */
  readonly kernel: string | null;
  /** An image for each of `types`; null when there is one for all, or a boot loader. */
  readonly kernels: Readonly<Partial<Record<GuestType, string>>> | null;
  readonly bootloader: string | null;
}

/** Boots an HVM domain from a CD image. */
export interface CdromProfile extends Words {
  readonly kind: 'cdrom';
  /** An xl disk specification of a CD drive. */
  readonly disk: string;
}

/** Boots the domain's own kernel with more words. It is refused for what boots by a boot loader. */
export interface OwnProfile extends Words, OwnBoot {
  readonly kind: 'own';
}

export type ProfileSettings = DirectProfile | DiskProfile | CdromProfile | OwnProfile;

/** A profile that cannot be offered; the message is one sentence. */
export class ProfileError extends Error {}

/**
 * Keys that direct boot cannot have in the file: `bootloader=` takes `kernel=` for a path inside the guest's
 * disk, and an override cannot empty it; `cmdline=` and `root=` come before `extra=`.
 */
const NOT_WITH_DIRECT = ['bootloader', 'bootloader_args', 'cmdline', 'root'];
const NOT_WITH_KERNEL = ['bootloader', 'bootloader_args', 'ramdisk', 'cmdline', 'root', 'extra'];
const NOT_WITH_BOOTLOADER = ['bootloader_args', 'kernel', 'ramdisk'];

/** The boot profiles of the settings, and the plans that they give for a domain. */
export class BootProfiles {
  #settings: Readonly<Record<string, ProfileSettings>> = {};
  #profiles: ReadonlyMap<BootProfileName, ProfileSettings> = new Map();
  #grubImages: ReadonlySet<string> = new Set();

  /** @throws ProfileError for an invalid name, a rescue disk that is writable, or a CD image that is no CD */
  constructor(settings: Readonly<Record<string, ProfileSettings>>) {
    this.replace(settings);
  }

  /** The same profiles, which a later `replace` does not change. */
  copy(): BootProfiles {
    return new BootProfiles(this.#settings);
  }

  /** Takes other settings. @throws ProfileError as the constructor does; the earlier ones stay */
  replace(settings: Readonly<Record<string, ProfileSettings>>): void {
    const profiles = new Map<BootProfileName, ProfileSettings>();
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
      if (profile.kind === 'cdrom' && parseDiskSpec(profile.disk).cdrom !== true) {
        throw new ProfileError(`the disk of profile ${name} must be a CD drive (devtype=cdrom)`);
      }
      profiles.set(name, profile);
    }
    const disks = Object.values(settings).filter((profile) => profile.kind === 'disk');
    const images = disks.flatMap(({ kernel, kernels }) => [kernel, ...Object.values(kernels ?? {})]);
    this.#settings = settings;
    this.#profiles = profiles;
    this.#grubImages = new Set(images.filter((image) => image !== null));
  }

  offers(): readonly ProfileOffer[] {
    return [...this.#profiles].map(([name, profile]) => {
      const { title, disks, hint, types, seed } = profile;
      return {
        name,
        title,
        disks,
        hint,
        types,
        parameters: hasParameters(profile) ? parameterOffers(profile) : [],
        keep: profile.keep ?? false,
        atEnd: profile.atEnd ?? 'normal',
        ...(seed === undefined ? {} : { seed }),
      };
    });
  }

  /**
   * What happens when the time of a rescue is over; null for a profile that has no end. A profile that is no
   * longer there ends with a normal boot.
   */
  end(name: BootProfileName): AtEnd | null {
    const profile = this.#profiles.get(name);
    return profile?.keep === true ? null : (profile?.atEnd ?? 'normal');
  }

  /** Whether any profile boots with a seed disk. */
  get isSeeding(): boolean {
    return [...this.#profiles.values()].some(({ seed }) => seed !== undefined);
  }

  /** Whether this boots the system on the domain's own disk, as a normal boot does. */
  bootsOwnDisk(name: BootProfileName): boolean {
    return name === NORMAL || this.#profiles.get(name)?.kind === 'own';
  }

  /** Whose keys go onto the seed disk of a boot with this profile; null: it boots without one. */
  seedOf(name: BootProfileName): SeedKeys | null {
    return this.#profiles.get(name)?.seed ?? null;
  }

  /** The disks that the profiles add: they are the host's. */
  hostDisks(): readonly Disk[] {
    return [...this.#profiles.values()].flatMap((profile) => hostDiskSpecs(profile).map(parseDiskSpec));
  }

  /** The profiles that a domain of this type can be booted with. */
  names({ guest }: Pick<DomainConfig, 'guest'>): readonly BootProfileName[] {
    return [...this.#profiles].flatMap(([name, { types }]) => (types.includes(typeOf(guest)) ? name : []));
  }

  /**
   * @param name `normal` is the domain's own configuration
   * @param seed the file of the seed disk for this boot; null: without one
   * @returns a refusal when there is no such profile, it is for other types of guests, a parameter is invalid, or
   *   the seed disk has no place
   */
  plan(
    name: BootProfileName,
    domain: DomainConfig,
    parameters: ParameterValues = NO_PARAMETERS,
    seed: string | null = null,
  ): BootPlan | Refusal {
    const plan = this.#plan(name, domain, parameters);
    return seed === null || isRefusal(plan) ? plan : withSeedDrive(plan, seed, domain);
  }

  #plan(name: BootProfileName, domain: DomainConfig, parameters: ParameterValues): BootPlan | Refusal {
    const profile = this.#profiles.get(name);
    if ((profile === undefined || !hasParameters(profile)) && Object.keys(parameters).length > 0) {
      return refusal('usage', 'The boot profile has no parameters.', name);
    }
    if (name === NORMAL) {
      return { profile: name, config: domain.file, without: new Set(), overrides: [], boot: domain.boot };
    }
    if (profile === undefined) return noSuchProfile(name);
    const unfit = unfitFor(name, profile.types, domain.guest);
    if (unfit !== null) return unfit;
    const drop = (keys: readonly string[]): Set<string> =>
      new Set(keys.filter((key) => domain.keys.has(key)));
    const made = profileBoot(profile, domain, parameters, this.#grubImages);
    if (isRefusal(made)) return made;
    return {
      profile: name,
      config: domain.file,
      without: drop(made.without),
      overrides: made.overrides,
      boot: { ...domain.boot, ...made.shape, disks: made.disks },
    };
  }

  /**
   * The profile that a running domain was booted with, judged by its long listing.
   *
   * @param remembered our own last boot of this name, if there was one: the file may have changed since
   */
  recognise(
    shape: BootShape,
    domain: DomainConfig,
    remembered: { readonly profile: BootProfileName; readonly boot: BootShape } | null,
  ): BootProfileName {
    if (remembered !== null && isSameBoot(remembered.boot, shape)) return remembered.profile;
    const seed = seedAmong(shape.disks);
    for (const [name, profile] of this.#profiles) {
      const values = valuesOf(profile, domain, shape);
      const plan = values === undefined ? undefined : this.plan(name, domain, values, seed);
      if (plan !== undefined && !isRefusal(plan) && isSameBoot(plan.boot, shape)) return name;
    }
    const own = this.plan(NORMAL, domain, NO_PARAMETERS, seed);
    return !isRefusal(own) && isSameBoot(own.boot, shape) ? NORMAL : UNKNOWN_PROFILE;
  }
}

function hostDiskSpecs(profile: ProfileSettings): readonly string[] {
  if (profile.kind === 'own') return [];
  return profile.kind === 'direct' ? profile.addDisks : [profile.disk];
}

export function noSuchProfile(name: BootProfileName): Refusal {
  return refusal('no-such-profile', 'There is no such boot profile on this host.', name);
}

const NO_PARAMETERS: ParameterValues = {};

function profileBoot(
  profile: ProfileSettings,
  domain: DomainConfig,
  parameters: ParameterValues,
  grubImages: ReadonlySet<string>,
): ProfileBoot | Refusal {
  switch (profile.kind) {
    case 'own':
      return ownBoot(profile, domain, parameters, grubImages);
    case 'direct':
      return direct(profile, domain, parameters);
    case 'disk':
      return withDisk(profile, domain);
    case 'cdrom':
      return cdromBoot(profile.disk, domain);
  }
}

function hasParameters(profile: ProfileSettings): profile is DirectProfile | OwnProfile {
  return profile.kind === 'direct' || profile.kind === 'own';
}

/** The parameters with which a profile would give what is shown; undefined when none do. */
function valuesOf(
  profile: ProfileSettings,
  domain: DomainConfig,
  shape: BootShape,
): ParameterValues | undefined {
  switch (profile.kind) {
    case 'direct':
      return valuesIn(profile.extra, domain.name, shape.cmdline ?? '');
    case 'own':
      return ownValuesIn(profile, domain, shape);
    case 'disk':
    case 'cdrom':
      return NO_PARAMETERS;
  }
}

function parameterOffers({ parameters }: CommandLine): readonly ParameterOffer[] {
  return Object.entries(parameters).map(([name, { title, values, default: byDefault, chooser }]) => ({
    name: name as ParameterName,
    title,
    values,
    default: byDefault,
    ...(chooser === 'customer' ? { chooser } : {}),
  }));
}

function direct(
  profile: DirectProfile,
  domain: DomainConfig,
  parameters: ParameterValues,
): ProfileBoot | Refusal {
  const extra = filledLine(profile, domain.name, parameters);
  if (isRefusal(extra)) return extra;
  const disks = [...domain.diskSpecs, ...profile.addDisks];
  return {
    without: profile.ramdisk === null ? [...NOT_WITH_DIRECT, 'ramdisk'] : NOT_WITH_DIRECT,
    overrides: [
      { key: 'kernel', value: profile.kernel },
      ...(profile.ramdisk === null ? [] : [{ key: 'ramdisk', value: profile.ramdisk }]),
      { key: 'extra', value: extra },
      { key: 'disk', value: disks },
    ],
    shape: {
      kernel: profile.kernel,
      ramdisk: profile.ramdisk,
      cmdline: extra === '' ? null : extra,
      bootloader: null,
    },
    disks: [...domain.boot.disks, ...profile.addDisks.map(parseDiskSpec)],
  };
}

function withDisk(profile: DiskProfile, domain: DomainConfig): ProfileBoot {
  const disk = { key: 'disk', value: [profile.disk, ...domain.diskSpecs] };
  const disks = [parseDiskSpec(profile.disk), ...domain.boot.disks];
  const kernel = profile.kernels?.[typeOf(domain.guest)] ?? profile.kernel;
  if (kernel !== null) {
    return {
      without: NOT_WITH_KERNEL,
      overrides: [{ key: 'kernel', value: kernel }, disk],
      shape: { kernel, ramdisk: null, cmdline: null, bootloader: null },
      disks,
    };
  }
  if (profile.bootloader !== null) {
    return {
      without: NOT_WITH_BOOTLOADER,
      overrides: [{ key: 'bootloader', value: profile.bootloader }, disk],
      shape: { kernel: null, ramdisk: null, bootloader: profile.bootloader },
      disks,
    };
  }
  return { without: [], overrides: [disk], shape: {}, disks };
}

/** libxl's own order, which it may show for a domain whose file has none: libxl_create.c. */
const XL_ORDER = 'cda';

/**
 * A boot loader chooses kernel, ramdisk and command line by itself, and the toolstack may show its choice.
 * With a boot loader only that and the disks are compared.
 */
export function isSameBoot(planned: BootShape, shown: BootShape): boolean {
  if (!areSameDisks(planned.disks, shown.disks) || planned.bootloader !== shown.bootloader) return false;
  if ((planned.bootOrder ?? XL_ORDER) !== (shown.bootOrder ?? XL_ORDER)) return false;
  if (planned.bootloader !== null) return true;
  const same = (key: 'kernel' | 'ramdisk' | 'cmdline'): boolean => planned[key] === shown[key];
  return same('kernel') && same('ramdisk') && same('cmdline');
}

/** In the same order. A CD drive's medium may change while the domain runs. */
function areSameDisks(planned: readonly Disk[], shown: readonly Disk[]): boolean {
  const same = (one: Disk, other: Disk | undefined): boolean =>
    one.vdev === other?.vdev &&
    one.writable === other.writable &&
    (one.target === other.target || (one.cdrom === true && other.cdrom === true));
  return planned.length === shown.length && planned.every((disk, at) => same(disk, shown[at]));
}
