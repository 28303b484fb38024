import { parseDomainName } from '../../../policy/names.js';
import type { DomainName } from '../../../policy/names.js';
import { parseConfigText } from './domain-config-text.js';
import { parseGuestType } from '../../../policy/guest-type.js';
import type { BootShape, ConfigReading, ConfiguredDisk, GuestFacts, Nic } from '../toolstack/toolstack.js';
import { parseDiskSpec } from './disk-spec.js';

/** A domain as its configuration file describes it. */
export interface DomainConfig {
  readonly name: DomainName;
  /** Absolute path. */
  readonly file: string;
  /** Lower case; null when the file sets none. */
  readonly uuid: string | null;
  readonly memoryMiB: number | null;
  readonly vcpus: number | null;
  readonly guest: GuestFacts;
  /** The disks as the file writes them. */
  readonly diskSpecs: readonly string[];
  /** What it boots when nothing overrides the file. */
  readonly boot: BootShape & { readonly disks: readonly ConfiguredDisk[] };
  /** Empty where the toolstack was not asked. */
  readonly nics: readonly Nic[];
  /** The keys that the file sets. */
  readonly keys: ReadonlySet<string>;
  readonly comesBack: {
    readonly onPoweroff: boolean;
    readonly onReboot: boolean;
    readonly onCrash: boolean;
  };
  /**
   * A hash of all that no boot profile may change, as `ConfigReading.rest`; null where
   * the toolstack was not asked.
   */
  readonly rest: string | null;
}

/**
 * A domain as the toolstack reads its file. The text serves for two things only: the words for a derived
 * configuration, which gets its own dry run before it is used; and whether the UUID is the file's, because a
 * dry run draws one where there is none.
 *
 * @returns the domain, or the sentence that says why we do not manage the file
 */
export function domainConfigOf(file: string, reading: ConfigReading, text: string): DomainConfig | string {
  const name = parseDomainName(reading.name);
  if (name === undefined) return noName(reading.name);
  const { keys, diskSpecs, uuid } = wordsOf(text);
  const { poweroff, reboot, crash } = reading.actions;
  return {
    name,
    file,
    uuid: uuid !== null && uuid === reading.uuid ? uuid : null,
    memoryMiB: reading.memoryMiB,
    vcpus: reading.vcpus ?? 1,
    guest: reading.guest,
    diskSpecs,
    boot: reading.boot,
    nics: reading.nics,
    keys,
    comesBack: {
      onPoweroff: poweroff.includes('restart'),
      onReboot: reboot.includes('restart'),
      onCrash: crash.includes('restart'),
    },
    rest: reading.rest,
  };
}

/** The name that a file seems to set when the toolstack refuses it. It may be wrong. */
export function guessedName(text: string): string | null {
  const value = parseConfigText(text).findLast(({ key }) => key === 'name')?.value;
  return typeof value === 'string' ? value : null;
}

function wordsOf(text: string): Pick<DomainConfig, 'keys' | 'diskSpecs' | 'uuid'> {
  const values = new Map(parseConfigText(text).map(({ key, value }) => [key, value]));
  // A disk that we do not understand is left out. The dry run of the derived
  // configuration shows the difference.
  const disks = values.get('disk') ?? [];
  const uuid = values.get('uuid');
  return {
    keys: new Set(values.keys()),
    diskSpecs: typeof disks === 'string' ? [] : disks,
    uuid: typeof uuid === 'string' ? uuidOf(uuid) : null,
  };
}

/** Our own reader's sentence about a name such as `base + "01"`. */
export const NAME_NOT_UNDERSTOOD =
  'it sets no name that can be read without the toolstack: the name is an expression';

function noName(written: string): string {
  return `the name ${JSON.stringify(written.slice(0, 80))} is none that can be managed`;
}

/**
 * Reads the plain assignments of a file without the toolstack, to inspect a host without running anything
 * there. It may be wrong about files that only the toolstack understands.
 *
 * @returns the domain, or the sentence that says why we do not manage the file
 */
export function readDomainConfig(file: string, text: string): DomainConfig | string {
  const values = new Map(parseConfigText(text).map(({ key, value }) => [key, value]));
  const string = (key: string): string | null => {
    const value = values.get(key);
    return typeof value === 'string' && value !== '' ? value : null;
  };
  if (values.get('name') === null) return NAME_NOT_UNDERSTOOD;
  const written = string('name');
  if (written === null) return 'it sets no name';
  const name = parseDomainName(written);
  if (name === undefined) return noName(written);
  const disks = values.get('disk') ?? [];
  const diskSpecs = typeof disks === 'string' ? (disks === '' ? [] : [disks]) : disks;
  const guest = guestFacts(string('type'), string('builder'), values.get('serial'));
  const restarts = (key: string, otherwise: string): boolean =>
    (string(key) ?? otherwise).includes('restart');
  return {
    name,
    file,
    uuid: uuidOf(string('uuid')),
    memoryMiB: whole(string('memory') ?? string('maxmem')),
    vcpus: whole(string('vcpus') ?? string('maxvcpus')) ?? 1,
    guest,
    diskSpecs,
    boot: {
      kernel: string('kernel'),
      ramdisk: string('ramdisk'),
      cmdline: string('cmdline') ?? commandLine(string('root'), string('extra')),
      bootloader: string('bootloader'),
      ...(guest.type === 'hvm' ? { bootOrder: string('boot') } : {}),
      disks: diskSpecs.map(parseDiskSpec),
    },
    nics: [],
    keys: new Set(values.keys()),
    comesBack: {
      onPoweroff: restarts('on_poweroff', 'destroy'),
      onReboot: restarts('on_reboot', 'restart'),
      onCrash: restarts('on_crash', 'destroy'),
    },
    rest: null,
  };
}

/** xl.cfg(5): without `type` the older `builder` counts, and without both a guest is PV. */
function guestFacts(
  type: string | null,
  builder: string | null,
  serial: string | readonly string[] | null | undefined,
): GuestFacts {
  const known = parseGuestType(type ?? (builder === 'hvm' ? 'hvm' : 'pv')) ?? null;
  return { type: known, textConsole: known !== 'hvm' || [serial].flat()[0] === 'pty' };
}

/** Accepts what libxl_uuid_from_string accepts: with hyphens or without. */
function uuidOf(text: string | null): string | null {
  const digits = (text ?? '').replaceAll('-', '').toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(digits)) return null;
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function commandLine(root: string | null, extra: string | null): string | null {
  const parts = [root === null ? [] : [`root=${root}`], extra ?? []].flat();
  return parts.length === 0 ? null : parts.join(' ');
}

function whole(text: string | null): number | null {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null;
}
