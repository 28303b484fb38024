import { createHash } from 'node:crypto';
import { parseGuestType } from '../../../policy/guest-type.js';
import { parseGuestName } from '../../wire/guest-name.js';
import { presentable } from './reason.js';
import type {
  BootShape,
  ConfigReading,
  ConfiguredDisk,
  Disk,
  GuestFacts,
  ListedDomain,
  LongDomain,
  Nic,
  ShutdownReason,
  StateFlags,
} from './toolstack.js';

/**
 * A row of `xl list`, or of `xl list -v` with the UUID and what follows. Read from the right, because
 * names overflow their column.
 */
const ROW =
  /^(\S+)\s+(\d+)\s+(\d+)\s+(\d+)\s+([r-][b-][p-][s-][-rscw?][d-])\s+(\d+\.\d)(?:\s+([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\s.*)?)?\s*$/;
const HEADER = /^Name\s+ID\s+Mem\s+VCPUs\s+State\s+Time\(s\)/;

const REASONS: Readonly<Record<string, ShutdownReason>> = {
  '-': 'poweroff',
  r: 'reboot',
  s: 'suspend',
  c: 'crash',
  w: 'crash',
};

/**
 * Reads `xl list` and `xl list -v`. Leaves out Domain-0, domains without a name (`(null)` while they are made
 * or torn down), and names that we would not manage.
 *
 * @returns undefined when the text is no such listing
 */
export function parseXlList(text: string): ListedDomain[] | undefined {
  const lines = text.split('\n');
  if (!HEADER.test(lines[0] ?? '')) return undefined;
  const domains: ListedDomain[] = [];
  for (const line of lines.slice(1)) {
    const row = ROW.exec(line);
    if (row === null) continue;
    const name = parseGuestName(row[1] ?? '');
    const domid = Number(row[2]);
    if (name === undefined || domid === 0) continue;
    domains.push({
      name,
      domid,
      memoryMiB: Number(row[3]),
      vcpus: Number(row[4]),
      flags: parseState(row[5] ?? '------'),
      cpuSeconds: Number(row[6]),
      uuid: row[7] ?? null,
    });
  }
  return domains;
}

/** The six columns: running, blocked, paused, shut down, why (or xm's `c`), dying. */
export function parseState(columns: string): StateFlags {
  const shutdown = columns[3] === 's' ? (REASONS[columns[4] ?? '-'] ?? 'poweroff') : null;
  return {
    paused: columns[2] === 'p',
    shutdown: shutdown === null && columns[4] === 'c' ? 'crash' : shutdown,
    dying: columns[5] === 'd',
  };
}

/** Reads `xl domid NAME`. @returns undefined when the text is no domid of a guest */
export function parseDomid(text: string): number | undefined {
  const match = /^(\d{1,5})\n?$/.exec(text);
  const domid = Number(match?.[1] ?? 0);
  return domid > 0 ? domid : undefined;
}

/** Reads `xl list -l` with or without a name. @returns undefined when the text is no such listing */
export function parseXlLongList(text: string): LongDomain[] | undefined {
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(entries)) return undefined;
  const domains: LongDomain[] = [];
  for (const entry of entries as unknown[]) {
    const config = member(entry, 'config');
    const name = parseGuestName(stringOf(member(member(config, 'c_info'), 'name')) ?? '') ?? null;
    const domid = member(entry, 'domid');
    if (typeof domid !== 'number' || domid === 0) continue;
    domains.push({ name, domid, guest: guestFacts(config), boot: bootShape(config) });
  }
  return domains;
}

/** Reads `xl -N create FILE`. @returns undefined when the text is no configuration */
export function parseXlDryRun(text: string): ConfigReading | undefined {
  try {
    return configReading(JSON.parse(text));
  } catch {
    // No JSON, or nested so deep that nobody can have meant it.
    return undefined;
  }
}

function configReading(config: unknown): ConfigReading | undefined {
  const info = member(config, 'c_info');
  const build = member(config, 'b_info');
  const name = stringOf(member(info, 'name'));
  if (name === undefined || build === undefined) return undefined;
  const disks = member(config, 'disks');
  // libxl leaves out values that are the default of their type.
  const action = (key: string): string => stringOf(member(config, key)) ?? 'destroy';
  const memory = numberOf(member(build, 'target_memkb')) ?? numberOf(member(build, 'max_memkb'));
  const present = member(build, 'avail_vcpus');
  return {
    name,
    uuid: stringOf(member(info, 'uuid'))?.toLowerCase() ?? null,
    memoryMiB: memory === undefined || memory < 0 ? null : Math.floor(memory / 1024),
    vcpus: Array.isArray(present) ? present.length : (numberOf(member(build, 'max_vcpus')) ?? null),
    guest: guestFacts(config),
    boot: {
      ...bootShape(config),
      disks: Array.isArray(disks) ? (disks as unknown[]).map(configuredDisk) : [],
    },
    nics: nicsOf(member(config, 'nics')),
    actions: { poweroff: action('on_poweroff'), reboot: action('on_reboot'), crash: action('on_crash') },
    rest: createHash('sha256').update(stableText(config, OF_A_BOOT)).digest('hex'),
  };
}

/** The paths of what a boot profile sets, and of the UUID, which each dry run may draw anew. */
const OF_A_BOOT: ReadonlySet<string> = new Set([
  'c_info uuid',
  'disks',
  'b_info type.hvm boot',
  ...['kernel', 'ramdisk', 'cmdline', 'bootloader', 'bootloader_args'].flatMap((key) => [
    `b_info ${key}`,
    `b_info type.pv ${key}`,
  ]),
]);

/** Gives the same text for the same value, whatever the order of its keys. */
function stableText(value: unknown, without: ReadonlySet<string>, path = ''): string {
  if (Array.isArray(value))
    return `[${(value as unknown[]).map((item) => stableText(item, without, `${path} []`)).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .map(([key, item]) => ({ key, item: item as unknown, at: path === '' ? key : `${path} ${key}` }))
    .filter(({ at }) => !without.has(at))
    .sort((one, other) => (one.key < other.key ? -1 : 1));
  return `{${members.map(({ key, item, at }) => `${JSON.stringify(key)}:${stableText(item, without, at)}`).join()}}`;
}

const PARSING = /^Parsing config from /m;
/** Lines that xl also prints for files that it accepts. */
const NO_ERROR = /^Parsing config from |^warning: |: warning: |^WARNING: |^Warning: |^\s*$/;
const SENTENCE_LIMIT = 200;

/**
 * What xl says against a configuration file, in its own words; the file appears by its base name.
 *
 * @returns undefined when xl did not come as far as the file
 */
export function xlConfigRefusal(stderr: string, file: string): string | undefined {
  if (!PARSING.test(stderr) && !/^Failed to read config file/m.test(stderr)) return undefined;
  const line = stderr.split('\n').find((each) => !NO_ERROR.test(each)) ?? 'it gives no reason';
  const bare = line.replaceAll(file, file.slice(file.lastIndexOf('/') + 1));
  return presentable(bare, SENTENCE_LIMIT);
}

/**
 * Reads `xl uptime`: seconds by domid. From the right, as names may hold blanks. @returns undefined
 * when the text is no such list
 */
export function parseUptimes(text: string): ReadonlyMap<number, number> | undefined {
  const [header = '', ...lines] = text.split('\n');
  if (!/^Name\s+ID\s+Uptime/.test(header)) return undefined;
  const uptimes = new Map<number, number>();
  for (const line of lines) {
    const row = /\s(\d+)\s+(?:(\d+) days?,\s*)?(\d+):(\d\d):(\d\d)\s*$/.exec(line);
    if (row === null) continue;
    const [domid = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = row
      .slice(1)
      .map((part) => Number(part));
    uptimes.set(domid, ((Number.isNaN(days) ? 0 : days) * 24 + hours) * 3600 + minutes * 60 + seconds);
  }
  return uptimes;
}

/**
 * The fields are those of `libxl_domain_build_info` in libxl_types.idl. A guest in a shim is PV inside: it boots
 * what a PV guest boots.
 */
function guestFacts(config: unknown): GuestFacts {
  const type = parseGuestType(member(member(config, 'c_info'), 'type')) ?? null;
  const isShim = isSet(member(member(member(config, 'b_info'), 'type.pvh'), 'pvshim'));
  if (type !== 'hvm') return { type: isShim ? 'pv' : type, textConsole: true };
  const hvm = hvmOf(config);
  const ports = member(hvm, 'serial_list');
  const first: unknown = Array.isArray(ports) ? ports[0] : undefined;
  return { type, textConsole: (stringOf(member(hvm, 'serial')) ?? first) === 'pty' };
}

function hvmOf(config: unknown): unknown {
  return member(member(config, 'b_info'), 'type.hvm');
}

/** The kernel is in `b_info` since Xen 4.17, and under `type.pv` before 4.10. */
function bootShape(config: unknown): BootShape {
  const build = member(config, 'b_info');
  const pv = member(build, 'type.pv');
  const disks = member(config, 'disks');
  const order = stringOf(member(hvmOf(config), 'boot'));
  const field = (key: string): string | null =>
    stringOf(member(build, key)) ?? stringOf(member(pv, key)) ?? null;
  return {
    kernel: field('kernel'),
    ramdisk: field('ramdisk'),
    cmdline: field('cmdline'),
    bootloader: field('bootloader'),
    ...(order === undefined ? {} : { bootOrder: order }),
    disks: Array.isArray(disks) ? (disks as unknown[]).map(disk) : [],
  };
}

function disk(entry: unknown): Disk {
  const script = stringOf(member(entry, 'script'));
  return {
    target: stringOf(member(entry, 'pdev_path')) ?? '',
    vdev: stringOf(member(entry, 'vdev')) ?? '',
    writable: isSet(member(entry, 'readwrite')),
    ...(isSet(member(entry, 'is_cdrom')) ? { cdrom: true } : {}),
    ...(script === undefined ? {} : { script }),
  };
}

function configuredDisk(entry: unknown): ConfiguredDisk {
  const format = stringOf(member(entry, 'format'));
  const more = stableText(entry, OF_A_DISK);
  return {
    ...disk(entry),
    ...(format === undefined ? {} : { format }),
    ...(more === '{}' ? {} : { more }),
  };
}

/** The fields of `libxl_device_nic` in libxl_types.idl. xl leaves out a MAC that is still to be drawn. */
function nicsOf(entries: unknown): readonly Nic[] {
  if (!Array.isArray(entries)) return [];
  return (entries as unknown[]).map((entry) => {
    const mac = stringOf(member(entry, 'mac'))?.toLowerCase() ?? null;
    return {
      mac: mac === NO_MAC ? null : mac,
      bridge: stringOf(member(entry, 'bridge')) ?? null,
      ip: stringOf(member(entry, 'ip')) ?? null,
    };
  });
}

const NO_MAC = '00:00:00:00:00:00';

const OF_A_DISK: ReadonlySet<string> = new Set([
  'pdev_path',
  'vdev',
  'readwrite',
  'is_cdrom',
  'script',
  'format',
]);

function isSet(value: unknown): boolean {
  return Boolean(value) && value !== 'False';
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Record<string, unknown>)[key];
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
