import { basename } from 'node:path';
import type { Assignment, ConfigValue } from './config-file.js';
import { readDisk } from './disk-spec.js';
import { readNic } from './nic-spec.js';
import type { NicConfig } from './nic-spec.js';
import type { DiskConfig, DomainConfig, DomainType, ShutdownAction } from './domain-config.js';

const FIRMWARE_WARNING =
  'WARNING: you seem to be using "kernel" directive to override HVM guest firmware. Ignore that. Use "firmware_override" instead if you really want a non-default firmware';

const ACTIONS: readonly ShutdownAction[] = [
  'destroy',
  'restart',
  'rename-restart',
  'preserve',
  'coredump-destroy',
  'coredump-restart',
  'soft-reset',
];

interface ReadConfig {
  readonly config: DomainConfig;
  /** For stderr, one a line, in xl's words. */
  readonly warnings: readonly string[];
}

/** @returns xl's message when it refuses the configuration. */
export function readConfig(
  assignments: ReadonlyMap<string, Assignment>,
  fileName: string,
): ReadConfig | string {
  const warnings: string[] = [];
  const warn = (key: string, what: string): void => {
    warnings.push(`${fileName}:${assignments.get(key)?.line ?? 0}: warning: parameter \`${key}' is ${what}`);
  };
  const text = (key: string): string | undefined => {
    const value = assignments.get(key)?.value;
    if (value === undefined || typeof value === 'string') return value;
    warn(key, 'a list but should be a single value');
    return undefined;
  };
  const list = (key: string): readonly string[] => {
    const value: ConfigValue = assignments.get(key)?.value ?? [];
    if (typeof value !== 'string') return value.filter((item): item is string => typeof item === 'string');
    warn(key, 'a single value but should be a list');
    return [];
  };
  const number = (key: string): number | undefined => {
    const written = text(key);
    if (written === undefined) return undefined;
    const value = numberOf(written);
    if (value === undefined) warn(key, 'not a valid number');
    return value;
  };
  const action = (key: string, fallback: ShutdownAction): ShutdownAction | undefined => {
    const value = text(key) ?? fallback;
    return ACTIONS.find((known) => known === value);
  };

  const refused = (why: string): string => [...warnings, why].join('\n');

  const type = typeOf(text('type'), text('builder'));
  if (type === undefined) return refused(`Invalid domain type ${text('type') ?? text('builder') ?? ''}.`);
  const name = text('name');
  if (name === undefined) return refused('Domain name must be specified.');
  const uuid = text('uuid');
  if (uuid !== undefined && !/^[0-9a-f]{32}$/i.test(uuid.replaceAll('-', '')))
    return refused(`Failed to parse UUID: ${uuid}`);
  const onPoweroff = action('on_poweroff', 'destroy');
  const onReboot = action('on_reboot', 'restart');
  const onCrash = action('on_crash', 'destroy');
  for (const [key, value] of Object.entries({
    on_poweroff: onPoweroff,
    on_reboot: onReboot,
    on_crash: onCrash,
  })) {
    if (value === undefined) return refused(`Unknown ${key} action "${text(key) ?? ''}" specified`);
  }
  if (!onPoweroff || !onReboot || !onCrash) return 'Unknown action specified';

  const memory = number('memory');
  const maxMemory = number('maxmem');
  const vcpus = number('vcpus');
  const maxVcpus = number('maxvcpus');
  const named = text('kernel');
  const isFirmware = type === 'hvm' && named !== undefined && basename(named) === 'hvmloader';
  if (isFirmware) warnings.push(FIRMWARE_WARNING);
  const kernel = isFirmware ? undefined : named;
  const bootloader = text('bootloader');
  if (type !== 'hvm' && kernel === undefined && bootloader === undefined)
    return refused('Neither kernel nor bootloader specified');

  const root = text('root');
  const extra = text('extra');
  let cmdline = text('cmdline');
  if (cmdline === undefined) {
    cmdline = root === undefined ? extra : `root=${root}${extra === undefined ? '' : ` ${extra}`}`;
  } else if (root !== undefined || extra !== undefined) {
    warnings.push('Warning: ignoring root= and extra= in favour of cmdline=');
  }

  const disks: DiskConfig[] = [];
  for (const spec of list('disk')) {
    const disk = readDisk(spec);
    if (typeof disk === 'string') return refused(`${fileName}: ${disk}`);
    disks.push(disk);
  }

  const nics: NicConfig[] = [];
  const written = assignments.get('vif')?.value ?? [];
  for (const spec of typeof written === 'string' ? list('vif') : written) {
    // xl's loop over the interfaces ends at the first item that is a list.
    if (typeof spec !== 'string') break;
    const nic = readNic(spec);
    if (typeof nic === 'string') return refused(nic);
    nics.push(nic);
  }

  const config: DomainConfig = {
    ...(type === 'pv' ? {} : { type }),
    name,
    uuid: uuid === undefined ? undefined : hyphened(uuid),
    memory,
    ...(maxMemory === undefined ? {} : { maxMemory }),
    vcpus,
    ...(maxVcpus === undefined ? {} : { maxVcpus }),
    kernel,
    ramdisk: text('ramdisk'),
    cmdline,
    bootloader,
    bootloaderArguments: list('bootloader_args'),
    ...(type === 'hvm' ? emulated(text('boot'), assignments.get('serial')?.value) : {}),
    disks,
    ...(nics.length === 0 ? {} : { nics }),
    onPoweroff,
    onReboot,
    onCrash,
  };
  return { config, warnings };
}

function emulated(
  bootOrder: string | undefined,
  serial: ConfigValue | undefined,
): Pick<DomainConfig, 'bootOrder' | 'serial'> {
  const ports =
    serial === undefined || typeof serial === 'string'
      ? serial
      : serial.filter((port): port is string => typeof port === 'string');
  return {
    ...(bootOrder === undefined ? {} : { bootOrder }),
    ...(ports === undefined ? {} : { serial: ports }),
  };
}

/** `type` wins over `builder`; without both it is PV on x86. */
function typeOf(type: string | undefined, builder: string | undefined): DomainType | undefined {
  if (type !== undefined) return (['pv', 'pvh', 'hvm'] as const).find((known) => known === type);
  if (builder === undefined || builder === 'generic' || builder === 'linux') return 'pv';
  return builder === 'hvm' ? 'hvm' : undefined;
}

/** strtol(3) with base 0: `010` is 8. */
function numberOf(text: string): number | undefined {
  if (/^[+-]?0[xX][0-9a-fA-F]+$/.test(text)) return Number.parseInt(text, 16);
  if (/^[+-]?0[0-7]*$/.test(text)) return Number.parseInt(text, 8);
  return /^[+-]?[1-9][0-9]*$/.test(text) ? Number.parseInt(text, 10) : undefined;
}

function hyphened(uuid: string): string {
  const digits = uuid.replaceAll('-', '').toLowerCase();
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
