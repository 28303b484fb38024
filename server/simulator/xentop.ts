import { DOMAIN_0_MEMORY } from './domain-0.js';
import type { DomainRecord } from './domain-record.js';
import type { Host } from './host.js';
import { complain, print } from './output.js';

/** The simulated `xentop -b -f -i 1`: one table. */
export function xentop(host: Host, argv: readonly string[]): number {
  if (argv.join(' ') !== '-b -f -i 1') {
    complain('xentop (simulated): only -b -f -i 1\n');
    return 1;
  }
  print(
    '      NAME  STATE   CPU(sec) CPU(%)     MEM(k) MEM(%)  MAXMEM(k) MAXMEM(%) VCPUS NETS NETTX(k) NETRX(k) VBDS   VBD_OO   VBD_RD   VBD_WR  VBD_RSECT  VBD_WSECT SSID\n',
  );
  const memory = DOMAIN_0_MEMORY * 1024;
  print(
    row([
      'Domain-0',
      '-----r',
      120,
      '0.0',
      memory,
      '1.5',
      'no limit',
      'n/a',
      1,
      1,
      0,
      0,
      1,
      0,
      0,
      0,
      0,
      0,
      0,
    ]),
  );
  for (const record of host.domains()) print(rowOf(record));
  return 0;
}

/** A guest that works uses its network and its disk, too. */
function rowOf(record: DomainRecord): string {
  const now = Date.now();
  const used = record.cpu * 1000 + (record.cpuSince === null ? 0 : now - record.cpuSince);
  const age = Math.max(0, Math.floor((now - record.memoryAt) / 1000));
  const memory = (record.config.memory ?? 128) * 1024;
  const [seconds, ...counts] = [
    used / 1000,
    age * 3 + used / 10,
    age + used / 40,
    used / 8,
    age + used / 20,
  ].map(Math.floor);
  const [sent = 0, received = 0, reads = 0, writes = 0] = counts;
  return row([
    record.name,
    '--b---',
    seconds ?? 0,
    '0.0',
    memory,
    '1.5',
    memory,
    '1.5',
    record.config.vcpus ?? 1,
    1,
    sent,
    received,
    1,
    0,
    reads,
    writes,
    0,
    writes * 8,
    0,
  ]);
}

const WIDTHS = [10, 0, 10, 6, 10, 6, 10, 9, 5, 4, 8, 8, 4, 8, 8, 8, 10, 10, 4];

function row(values: readonly (string | number)[]): string {
  return `${values.map((value, at) => String(value).padStart(WIDTHS[at] ?? 0)).join(' ')}\n`;
}
