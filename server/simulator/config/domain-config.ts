import type { NicConfig } from './nic-spec.js';

/** The action after a domain has shut down, xl.cfg(5) EVENT ACTIONS. */
export type ShutdownAction =
  | 'destroy'
  | 'restart'
  | 'rename-restart'
  | 'preserve'
  | 'coredump-destroy'
  | 'coredump-restart'
  | 'soft-reset';

/**
 * Who acts after the guest has shut down: a process that `xl create` left, xend, or nobody (`xl create -e`).
 */
export type Monitoring = 'xl' | 'xend' | 'nobody';

export interface DiskConfig {
  readonly target: string;
  readonly device: string;
  readonly writable: boolean;
  /** A CD drive; `unset` when its specification has no target at all. */
  readonly cdrom?: 'set' | 'unset';
  /** Missing for `raw`. */
  readonly format?: string;
  readonly script?: string;
}

export type DomainType = 'pv' | 'pvh' | 'hvm';

/** A domain's configuration after the file and the overrides were merged. Sizes in MiB. */
export interface DomainConfig {
  /** PV by default. */
  readonly type?: DomainType;
  readonly name: string;
  readonly uuid: string | undefined;
  readonly memory: number | undefined;
  readonly maxMemory?: number;
  readonly vcpus: number | undefined;
  readonly maxVcpus?: number;
  readonly kernel: string | undefined;
  readonly ramdisk: string | undefined;
  readonly cmdline: string | undefined;
  readonly bootloader: string | undefined;
  readonly bootloaderArguments: readonly string[];
  /** HVM: `boot=`, the emulated devices to boot from. */
  readonly bootOrder?: string;
  /** HVM: `serial=`, one emulated serial port or several. */
  readonly serial?: string | readonly string[];
  readonly disks: readonly DiskConfig[];
  readonly nics?: readonly NicConfig[];
  readonly onPoweroff: ShutdownAction;
  readonly onReboot: ShutdownAction;
  readonly onCrash: ShutdownAction;
}

type Json = string | number | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * The configuration as `xl create -n` prints it; with `created`, as `xl list -l` shows
 * it for an existing domain.
 */
export function configAsJson(config: DomainConfig, uuid: string, created: boolean): Json {
  const vcpus = config.vcpus ?? (created ? 1 : undefined);
  const { type = 'pv', memory = config.maxMemory, maxMemory = config.memory } = config;
  const kilobytes = (size: number | undefined): number | undefined =>
    size === undefined ? size : size * 1024;
  return {
    c_info: {
      type,
      name: config.name,
      domid: created ? 4294967295 : undefined,
      uuid,
      run_hotplug_scripts: 'True',
    },
    b_info: {
      max_vcpus: config.maxVcpus ?? vcpus,
      avail_vcpus: vcpus === undefined ? undefined : Array.from({ length: vcpus }, (_, index) => index),
      max_memkb: kilobytes(maxMemory),
      target_memkb: kilobytes(memory),
      video_memkb: created ? 0 : undefined,
      sched_params: created ? { sched: 'credit2', weight: 256, cap: 0 } : {},
      claim_mode: 'True',
      bootloader: config.bootloader,
      bootloader_args: config.bootloaderArguments.length > 0 ? config.bootloaderArguments : undefined,
      kernel: config.kernel,
      cmdline: config.cmdline,
      ramdisk: config.ramdisk,
      ...typeAsJson(type, config),
      arch_arm: {},
      arch_x86: created ? { msr_relaxed: 'False' } : {},
    },
    disks: config.disks.length === 0 ? undefined : config.disks.map((disk) => diskAsJson(disk, created)),
    nics: config.nics?.map((nic, devid) => ({
      devid,
      mac: nic.mac,
      bridge: nic.bridge,
      ip: nic.ip,
      script: nic.script,
    })),
    on_poweroff: actionAsJson(config.onPoweroff),
    on_reboot: actionAsJson(config.onReboot),
    on_crash: actionAsJson(config.onCrash),
    on_soft_reset: 'soft_reset',
  };
}

/** In the order of libxl_types.idl. */
function typeAsJson(
  type: DomainType,
  { serial, bootOrder }: DomainConfig,
): Record<string, Readonly<Record<string, Json | undefined>>> {
  if (type !== 'hvm') return { [`type.${type}`]: {} };
  const one = typeof serial === 'string' ? { serial } : {};
  const several = serial === undefined || typeof serial === 'string' ? {} : { serial_list: serial };
  return {
    'type.hvm': { vga: {}, vnc: {}, sdl: {}, spice: {}, ...one, boot: bootOrder, ...several, rdm: {} },
  };
}

function diskAsJson({ target, device, writable, cdrom, format, script }: DiskConfig, created: boolean): Json {
  const isEmpty = cdrom !== undefined && target === '';
  return {
    pdev_path: cdrom === 'unset' ? undefined : target,
    vdev: device,
    format: isEmpty ? 'empty' : (format ?? 'raw'),
    script,
    removable: cdrom === undefined ? undefined : 1,
    readwrite: writable ? 1 : undefined,
    is_cdrom: cdrom === undefined ? undefined : 1,
    colo_restore_enable: created ? 'False' : undefined,
  };
}

/** libxl leaves out a value that is its type's first one, which is `destroy`. */
function actionAsJson(action: ShutdownAction): string | undefined {
  return action === 'destroy' ? undefined : action.replaceAll('-', '_');
}

/** JSON as yajl prints it: four spaces, and an empty line in an empty object. */
export function prettyJson(value: Json, indent = ''): string {
  if (typeof value !== 'object') return JSON.stringify(value);
  const inner = `${indent}    `;
  const isList = Array.isArray(value);
  const parts = isList
    ? (value as readonly Json[]).map((item) => inner + prettyJson(item, inner))
    : Object.entries(value as Record<string, Json | undefined>)
        .filter((entry): entry is [string, Json] => entry[1] !== undefined)
        .map(([key, item]) => `${inner}${JSON.stringify(key)}: ${prettyJson(item, inner)}`);
  const [open, close] = isList ? '[]' : '{}';
  return `${open}\n${parts.join(',\n')}\n${indent}${close}`;
}
