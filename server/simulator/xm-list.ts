import type { DomainConfig } from './config/domain-config.js';
import type { Host } from './host.js';
import { print } from './output.js';
import { checkCount, xmOptions } from './xm-usage.js';
import { xendDomains, xendLookup } from './xend.js';
import type { DomainRecord } from './domain-record.js';
import { SHUTDOWN_CRASH } from './guest/shutdown-reason.js';

type Sxp = string | number | readonly Sxp[];

const LINE_WIDTH = 80;
const INDENT = 4;
const DEFAULT_MEMORY = 128;
/** XEN_API_VM_POWER_STATE_RUNNING and _PAUSED, xend/XendAPIConstants.py. */
const RUNNING = 2;
const PAUSED = 1;

/** `xm list`, xm_list and xm_brief_list in xm/main.py. */
export function list(host: Host, argv: readonly string[]): number {
  const { flags, operands } = xmOptions(argv, { '-l': 'long', '--long': 'long' });
  const all = [null, ...xendDomains(host)];
  const records = operands.length === 0 ? all : operands.map((name) => xendLookup(host, name));
  if (flags.has('long')) {
    print(records.map((record) => `${pretty(domainSxp(host, record), 0)}\n`).join(''));
    return 0;
  }
  print('Name                                        ID   Mem VCPUs      State   Time(s)\n');
  for (const record of records) print(row(host, record));
  return 0;
}

/** `xm domid NAME`. */
export function domid(host: Host, argv: readonly string[]): number {
  checkCount(argv, 'domid', 1);
  print(`${xendLookup(host, argv[0] ?? '')?.domid ?? 0}\n`);
  return 0;
}

/** `xm domname DOMID`. */
export function domname(host: Host, argv: readonly string[]): number {
  checkCount(argv, 'domname', 1);
  print(`${xendLookup(host, argv[0] ?? '')?.name ?? 'Domain-0'}\n`);
  return 0;
}

/**
 * running, blocked, paused, shutdown, crashed, dying (CONFIG_OLD_DOM_STATES, xend/XendConfig.py). A crashed
 * domain is not shown as shut down as well (xc_domain_getinfo, libxc/xc_domain.c).
 */
function state({ pauses, idle, shutdown }: DomainRecord): string {
  const lives = shutdown === null;
  return [
    lives && pauses === 0 && !idle ? 'r' : '-',
    lives && pauses === 0 && idle ? 'b' : '-',
    pauses > 0 ? 'p' : '-',
    !lives && shutdown !== SHUTDOWN_CRASH ? 's' : '-',
    shutdown === SHUTDOWN_CRASH ? 'c' : '-',
    '-',
  ].join('');
}

function seconds(host: Host, { cpu, cpuSince }: DomainRecord): number {
  return cpu + (cpuSince === null ? 0 : (Date.now() - cpuSince) / 1000 / host.settings.timeScale);
}

function row(host: Host, record: DomainRecord | null): string {
  const [name, domid, memory, vcpus, flags, time] =
    record === null
      ? ['Domain-0', 0, 1024, 1, 'r-----', 120]
      : [
          record.name,
          record.domid,
          record.config.memory ?? DEFAULT_MEMORY,
          record.config.vcpus ?? 1,
          state(record),
          seconds(host, record),
        ];
  const numbers = [domid, memory, vcpus].map((number) => String(number).padStart(5)).join(' ');
  return `${name.padEnd(40)} ${numbers} ${flags.padStart(10)} ${time.toFixed(1).padStart(8)}\n`;
}

/**
 * XendConfig.to_sxp and image_sxpr, xend/XendConfig.py. Unlike xl, xend shows the
 * memory from the first moment.
 */
function domainSxp(host: Host, record: DomainRecord | null): Sxp {
  if (record === null) {
    const uuid = '00000000-0000-0000-0000-000000000000';
    return [
      'domain',
      ['domid', 0],
      ['vcpus', 1],
      ['uuid', uuid],
      ['name', 'Domain-0'],
      ['memory', 1024],
      ['online_vcpus', 1],
      ['image', ['linux', ['kernel', '']]],
      ['status', RUNNING],
      ['state', 'r-----'],
    ];
  }
  const { config } = record;
  const vcpus = config.vcpus ?? 1;
  const memory = config.memory ?? DEFAULT_MEMORY;
  const optional = (key: string, value: string | undefined): Sxp[] => (value ? [[key, value]] : []);
  return [
    'domain',
    ['domid', record.domid],
    ['cpu_weight', 256],
    ['cpu_cap', 0],
    ['bootloader', config.bootloader ?? ''],
    ['vcpus', vcpus],
    ['on_poweroff', config.onPoweroff],
    ['on_crash', config.onCrash],
    ['uuid', record.uuid],
    ['bootloader_args', config.bootloaderArguments.join(' ')],
    ['name', record.name],
    ['on_reboot', config.onReboot],
    ['maxmem', memory],
    ['memory', memory],
    ['start_time', (record.createdAt / 1000).toFixed(2)],
    ['cpu_time', Number(seconds(host, record).toFixed(9))],
    ['online_vcpus', vcpus],
    [
      'image',
      [
        imageOf(config),
        ['kernel', config.kernel ?? ''],
        ...emulated(config),
        ...optional('ramdisk', config.ramdisk),
        ...optional('args', config.cmdline),
        ['superpages', 0],
      ],
    ],
    ['status', record.pauses > 0 ? PAUSED : RUNNING],
    ['state', state(record)],
    ...config.disks.map(({ target, device, writable, cdrom }): Sxp => {
      const dev = ['dev', `${device}:${cdrom === undefined ? 'disk' : 'cdrom'}`];
      return [
        'device',
        ['vbd', dev, ['uname', `file:${target}`], ['mode', writable ? 'w' : 'r'], ['VDI', '']],
      ];
    }),
  ];
}

/** The output of `xm create --dryrun`: make_config and its parts, xm/create.py of Xen 4.1. */
export function dryRunSxp(config: DomainConfig): string {
  const optional = (key: string, value: string | undefined): Sxp[] => (value ? [[key, value]] : []);
  const vm: Sxp = [
    'vm',
    ['name', config.name],
    ['memory', config.memory ?? DEFAULT_MEMORY],
    ...optional('uuid', config.uuid),
    ['on_poweroff', config.onPoweroff],
    ['on_reboot', config.onReboot],
    ['on_crash', config.onCrash],
    ['on_xend_start', 'ignore'],
    ['on_xend_stop', 'ignore'],
    ['vcpus', config.vcpus ?? 1],
    ...optional('bootloader', config.bootloader),
    [
      'image',
      [
        imageOf(config),
        ...optional('kernel', config.kernel),
        ...emulated(config),
        ...optional('ramdisk', config.ramdisk),
        ...optional('args', config.cmdline),
      ],
    ],
    ...config.disks.map(({ target, device, writable, cdrom }): Sxp => {
      const dev = cdrom === undefined ? device : `${device}:cdrom`;
      const uname = target === '' ? '' : `file:${target}`;
      return ['device', ['vbd', ['uname', uname], ['dev', dev], ['mode', writable ? 'w' : 'r']]];
    }),
  ];
  return `${pretty(vm, 0)}\n`;
}

/** configure_image, xm/create.py: the builder's name. */
function imageOf({ type }: DomainConfig): string {
  return type === 'hvm' ? 'hvm' : 'linux';
}

/** configure_hvm, xm/create.py, as far as the simulated host has it. */
function emulated({ type, serial, bootOrder }: DomainConfig): readonly Sxp[] {
  if (type !== 'hvm') return [];
  const port = [serial].flat()[0];
  return [['boot', bootOrder ?? 'c'], ...(port === undefined ? [] : [['serial', port]])];
}

/**
 * PrettyPrint.prettyprint, xend/PrettyPrint.py: a list that does not fit into the line has
 * each item on its own line.
 */
function pretty(value: Sxp, indent: number): string {
  const flat = show(value);
  if (typeof value !== 'object' || indent + flat.length <= LINE_WIDTH) return flat;
  const [first = '', ...others] = value;
  const inner = ' '.repeat(indent + INDENT);
  const items = others.map((item) => `\n${inner}${pretty(item, indent + INDENT)}`);
  return `(${pretty(first, indent)}${items.join('')}\n${' '.repeat(indent)})`;
}

/** show and atomp, xend/sxp.py: anything but a plain word is written as Python's repr() does. */
function show(value: Sxp): string {
  if (typeof value === 'object') return `(${value.map(show).join(' ')})`;
  const text = String(value);
  if (/^[A-Za-z0-9.\-_:/~]+$/.test(text)) return text;
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  return quote + text.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`) + quote;
}
