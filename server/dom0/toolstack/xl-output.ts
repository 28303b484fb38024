import { parseGuestName } from '../../wire/guest-name.js';
import type { BootShape, Disk, ListedDomain, LongDomain, ShutdownReason, StateFlags } from './toolstack.js';

/** `xl list`, or `xl list -v` with UUID and what follows it. From the right, as names overflow their column. */
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
 * Reads `xl list` and `xl list -v`. Rows of Domain-0, of domains without a name (`(null)` while they are made or torn
 * down) and of names that we would not manage are left out.
 *
 * @returns undefined when this is not a listing
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

/** Reads `xl domid NAME`. @returns undefined when it is no domid of a guest */
export function parseDomid(text: string): number | undefined {
  const match = /^(\d{1,5})\n?$/.exec(text);
  const domid = Number(match?.[1] ?? 0);
  return domid > 0 ? domid : undefined;
}

/** Reads `xl list -l` with or without a name. @returns undefined when this is not one */
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
    const name = parseGuestName(stringOf(member(member(config, 'c_info'), 'name')) ?? '');
    const domid = member(entry, 'domid');
    if (name === undefined || typeof domid !== 'number' || domid === 0) continue;
    domains.push({ name, domid, boot: bootShape(config) });
  }
  return domains;
}

/** Since 4.17 the kernel stands in `b_info`; before 4.10 under `type.pv`. */
function bootShape(config: unknown): BootShape {
  const build = member(config, 'b_info');
  const pv = member(build, 'type.pv');
  const disks = member(config, 'disks');
  const field = (key: string): string | null =>
    stringOf(member(build, key)) ?? stringOf(member(pv, key)) ?? null;
  return {
    kernel: field('kernel'),
    ramdisk: field('ramdisk'),
    cmdline: field('cmdline'),
    bootloader: field('bootloader'),
    disks: Array.isArray(disks) ? (disks as unknown[]).map(disk) : [],
  };
}

function disk(entry: unknown): Disk {
  return {
    target: stringOf(member(entry, 'pdev_path')) ?? '',
    vdev: stringOf(member(entry, 'vdev')) ?? '',
    writable: Boolean(member(entry, 'readwrite')) && member(entry, 'readwrite') !== 'False',
  };
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Record<string, unknown>)[key];
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
