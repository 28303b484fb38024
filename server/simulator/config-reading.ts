import type { Assignment, ConfigValue } from './config-file.js';
import type { DiskConfig, DomainConfig, ShutdownAction } from './domain-config.js';

const ACTIONS: readonly ShutdownAction[] = [
  'destroy',
  'restart',
  'rename-restart',
  'preserve',
  'coredump-destroy',
  'coredump-restart',
  'soft-reset',
];

export interface ReadConfig {
  readonly config: DomainConfig;
  /** For stderr, each a line, in xl's words. */
  readonly warnings: readonly string[];
}

/** @returns a string when xl refuses the configuration: what it says. */
export function readConfig(
  assignments: ReadonlyMap<string, Assignment>,
  fileName: string,
): ReadConfig | string {
  const warnings: string[] = [];
  const text = (key: string): string | undefined => {
    const value = assignments.get(key)?.value;
    return typeof value === 'string' ? value : undefined;
  };
  const list = (key: string): readonly string[] => {
    const value: ConfigValue = assignments.get(key)?.value ?? [];
    const items = typeof value === 'string' ? [value] : value;
    return items.filter((item): item is string => typeof item === 'string');
  };
  const number = (key: string): number | undefined => {
    const assignment = assignments.get(key);
    if (!assignment) return undefined;
    const value = Number(assignment.value);
    if (typeof assignment.value === 'string' && assignment.value !== '' && Number.isInteger(value))
      return value;
    warnings.push(`${fileName}:${assignment.line}: warning: parameter \`${key}' is not a valid number`);
    return undefined;
  };
  const action = (key: string, fallback: ShutdownAction): ShutdownAction | undefined => {
    const value = text(key) ?? fallback;
    return ACTIONS.find((known) => known === value);
  };

  const name = text('name');
  if (name === undefined) return 'Domain name must be specified.';
  const onPoweroff = action('on_poweroff', 'destroy');
  const onReboot = action('on_reboot', 'restart');
  const onCrash = action('on_crash', 'destroy');
  for (const [key, value] of Object.entries({
    on_poweroff: onPoweroff,
    on_reboot: onReboot,
    on_crash: onCrash,
  })) {
    if (value === undefined) return `Unknown ${key} action "${text(key) ?? ''}" specified`;
  }
  if (!onPoweroff || !onReboot || !onCrash) return 'Unknown action specified';

  const memory = number('memory');
  const vcpus = number('vcpus');
  const kernel = text('kernel');
  const bootloader = text('bootloader');
  if (kernel === undefined && bootloader === undefined) return 'Neither kernel nor bootloader specified';

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
    if (!disk) return `config parsing error in disk specification: no vdev specified in \`${spec}'`;
    disks.push(disk);
  }

  const config: DomainConfig = {
    name,
    uuid: text('uuid'),
    memory,
    vcpus,
    kernel,
    ramdisk: text('ramdisk'),
    cmdline,
    bootloader,
    bootloaderArguments: list('bootloader_args'),
    disks,
    onPoweroff,
    onReboot,
    onCrash,
  };
  return { config, warnings };
}

/** xl-disk-configuration(5): positional `target,format,vdev,access`, the old `file:target,vdev,access`, or by key. */
function readDisk(spec: string): DiskConfig | undefined {
  const named = new Map<string, string>();
  const positional: string[] = [];
  for (const part of spec.split(',').map((piece) => piece.trim())) {
    const match = /^(target|format|vdev|access)=(.*)$/.exec(part);
    if (match?.[1] !== undefined && match[2] !== undefined) named.set(match[1], match[2]);
    else positional.push(part);
  }
  const old = /^(file|phy|raw|tap:aio):/.exec(positional[0] ?? '');
  const order = old ? ['target', 'vdev', 'access'] : ['target', 'format', 'vdev', 'access'];
  positional.forEach((value, index) => {
    const key = order[index];
    if (key !== undefined && value !== '' && !named.has(key)) named.set(key, value);
  });
  const device = named.get('vdev');
  if (device === undefined) return undefined;
  const target = (named.get('target') ?? '').replace(/^(file|phy|raw|tap:aio):/, '');
  const access = named.get('access') ?? 'rw';
  return {
    target,
    device: device.replace(/:cdrom$/, ''),
    writable: access.startsWith('w') || access === 'rw',
  };
}
