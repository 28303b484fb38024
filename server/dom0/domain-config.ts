import { parseDomainName } from '../../policy/names.js';
import type { DomainName } from '../../policy/names.js';
import { parseConfigText } from './domain-config-text.js';
import type { BootShape } from './toolstack/toolstack.js';
import { parseDiskSpec } from './disk-spec.js';

/** A domain as its configuration file describes it. */
export interface DomainConfig {
  readonly name: DomainName;
  /** Absolute path. */
  readonly file: string;
  /** Where the file fixes one; lower case. */
  readonly uuid: string | null;
  readonly memoryMiB: number | null;
  readonly vcpus: number | null;
  /** The disks as they are written in the file. */
  readonly diskSpecs: readonly string[];
  /** What it is booted with when nothing is given over the file. */
  readonly boot: BootShape;
  /** The keys that the file sets. */
  readonly keys: ReadonlySet<string>;
  readonly comesBack: {
    readonly onPoweroff: boolean;
    readonly onReboot: boolean;
    readonly onCrash: boolean;
  };
}

/** @returns the domain, or the sentence that says why the file is none that we manage */
export function readDomainConfig(file: string, text: string): DomainConfig | string {
  const values = new Map(parseConfigText(text).map(({ key, value }) => [key, value]));
  const string = (key: string): string | null => {
    const value = values.get(key);
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const written = string('name');
  if (written === null) return 'it sets no name';
  const name = parseDomainName(written);
  if (name === undefined)
    return `the name ${JSON.stringify(written.slice(0, 80))} is none that can be managed`;
  const disks = values.get('disk') ?? [];
  const diskSpecs = typeof disks === 'string' ? (disks === '' ? [] : [disks]) : disks;
  const restarts = (key: string, otherwise: string): boolean =>
    (string(key) ?? otherwise).includes('restart');
  return {
    name,
    file,
    uuid: uuidOf(string('uuid')),
    memoryMiB: whole(string('memory') ?? string('maxmem')),
    vcpus: whole(string('vcpus') ?? string('maxvcpus')) ?? 1,
    diskSpecs,
    boot: {
      kernel: string('kernel'),
      ramdisk: string('ramdisk'),
      cmdline: string('cmdline') ?? commandLine(string('root'), string('extra')),
      bootloader: string('bootloader'),
      disks: diskSpecs.map(parseDiskSpec),
    },
    keys: new Set(values.keys()),
    comesBack: {
      onPoweroff: restarts('on_poweroff', 'destroy'),
      onReboot: restarts('on_reboot', 'restart'),
      onCrash: restarts('on_crash', 'destroy'),
    },
  };
}

/** As libxl_uuid_from_string takes it: with hyphens or without. */
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
