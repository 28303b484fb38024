import type { ParameterValues } from '../../../policy/boot-parameter.js';
import { NORMAL, UNKNOWN_PROFILE, parseBootProfileName } from '../../../policy/names.js';
import type { BootProfileName, ParameterName } from '../../../policy/names.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { ParameterOffer, ProfileOffer } from '../../wire/contract.js';
import { parseDiskSpec } from '../config/disk-spec.js';
import type { DomainConfig } from '../config/domain-config.js';
import type { Assignment, BootShape, ConfiguredDisk, Disk } from '../toolstack/toolstack.js';
import { filledLine, valuesIn } from './command-line.js';
import type { CommandLine } from './command-line.js';

interface Words {
  readonly title: string;
  readonly disks: string;
  readonly hint: string;
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
  readonly kernel: string | null;
  readonly bootloader: string | null;
}

export type ProfileSettings = DirectProfile | DiskProfile;

/** How to create a domain: from its file, without some keys and with some overridden. */
export interface BootPlan {
  readonly profile: BootProfileName;
  readonly config: string;
  /** Keys that must be removed from the file, because they cannot be overridden. */
  readonly without: ReadonlySet<string>;
  readonly overrides: readonly Assignment[];
  /** What the toolstack must then show of the domain. */
  readonly boot: BootShape & { readonly disks: readonly ConfiguredDisk[] };
}

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
  readonly #profiles = new Map<BootProfileName, ProfileSettings>();

  /** @throws ProfileError for an invalid name, or a rescue disk that is writable */
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
    return [...this.#profiles].map(([name, profile]) => {
      const { title, disks, hint } = profile;
      return {
        name,
        title,
        disks,
        hint,
        parameters: profile.kind === 'direct' ? parameterOffers(profile) : [],
      };
    });
  }

  /** The profiles that a domain can be booted with. */
  names(): readonly BootProfileName[] {
    return [...this.#profiles.keys()];
  }

  /**
   * @param name `normal` is the domain's own configuration
   * @returns a refusal when there is no such profile, or a parameter is invalid
   */
  plan(
    name: BootProfileName,
    domain: DomainConfig,
    parameters: ParameterValues = NO_PARAMETERS,
  ): BootPlan | Refusal {
    const profile = this.#profiles.get(name);
    if (profile?.kind !== 'direct' && Object.keys(parameters).length > 0) {
      return refusal('usage', 'The boot profile has no parameters.', name);
    }
    if (name === NORMAL) {
      return { profile: name, config: domain.file, without: new Set(), overrides: [], boot: domain.boot };
    }
    if (profile === undefined) return noSuchProfile(name);
    const drop = (keys: readonly string[]): Set<string> =>
      new Set(keys.filter((key) => domain.keys.has(key)));
    const plan = profile.kind === 'direct' ? direct(profile, domain, parameters) : withDisk(profile, domain);
    if (isRefusal(plan)) return plan;
    return {
      profile: name,
      config: domain.file,
      without: drop(plan.without),
      overrides: plan.overrides,
      boot: {
        ...domain.boot,
        ...plan.boot,
        disks: [...plan.before.map(parseDiskSpec), ...domain.boot.disks, ...plan.after.map(parseDiskSpec)],
      },
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
    for (const [name, profile] of this.#profiles) {
      const values =
        profile.kind === 'direct' ? valuesIn(profile.extra, domain.name, shape.cmdline ?? '') : NO_PARAMETERS;
      const plan = values === undefined ? undefined : this.plan(name, domain, values);
      if (plan !== undefined && !isRefusal(plan) && isSameBoot(plan.boot, shape)) return name;
    }
    return isSameBoot(domain.boot, shape) ? NORMAL : UNKNOWN_PROFILE;
  }
}

export function noSuchProfile(name: BootProfileName): Refusal {
  return refusal('no-such-profile', 'There is no such boot profile on this host.', name);
}

const NO_PARAMETERS: ParameterValues = {};

interface Parts {
  readonly without: readonly string[];
  readonly overrides: readonly Assignment[];
  readonly boot: Partial<BootShape>;
  /** Disks before and after the domain's own. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

function parameterOffers({ parameters }: DirectProfile): readonly ParameterOffer[] {
  return Object.entries(parameters).map(([name, { title, values, default: byDefault }]) => ({
    name: name as ParameterName,
    title,
    values,
    default: byDefault,
  }));
}

function direct(profile: DirectProfile, domain: DomainConfig, parameters: ParameterValues): Parts | Refusal {
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
    boot: {
      kernel: profile.kernel,
      ramdisk: profile.ramdisk,
      cmdline: extra === '' ? null : extra,
      bootloader: null,
    },
    before: [],
    after: profile.addDisks,
  };
}

function withDisk(profile: DiskProfile, domain: DomainConfig): Parts {
  const disk = { key: 'disk', value: [profile.disk, ...domain.diskSpecs] };
  const place = { before: [profile.disk], after: [] };
  if (profile.kernel !== null) {
    return {
      without: NOT_WITH_KERNEL,
      overrides: [{ key: 'kernel', value: profile.kernel }, disk],
      boot: { kernel: profile.kernel, ramdisk: null, cmdline: null, bootloader: null },
      ...place,
    };
  }
  if (profile.bootloader !== null) {
    return {
      without: NOT_WITH_BOOTLOADER,
      overrides: [{ key: 'bootloader', value: profile.bootloader }, disk],
      boot: { kernel: null, ramdisk: null, bootloader: profile.bootloader },
      ...place,
    };
  }
  return { without: [], overrides: [disk], boot: {}, ...place };
}

/**
 * A boot loader chooses kernel, ramdisk and command line by itself, and the toolstack may show its choice.
 * With a boot loader only that and the disks are compared.
 */
export function isSameBoot(planned: BootShape, shown: BootShape): boolean {
  if (!areSameDisks(planned.disks, shown.disks) || planned.bootloader !== shown.bootloader) return false;
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
