import { configAsJson, prettyJson } from './config/domain-config.js';
import { DOMAIN_0_MEMORY, longEntryOfDomain0 } from './domain-0.js';
import { findDomid } from './find-domain.js';
import { getopt, operandsOf } from './getopt.js';
import type { Host } from './host.js';
import { complain, print } from './output.js';
import { usage } from './usage.js';
import type { DomainRecord } from './domain-record.js';

const ZERO_UUID = '00000000-0000-0000-0000-000000000000';
/** A blocked domain that was just paused is shown as blocked and paused for this long. */
const BLOCKED_PAUSE_MILLISECONDS = 300;

/** One row of `xl list`, also for Domain-0. */
interface Row {
  readonly domid: number;
  readonly name: string;
  readonly uuid: string;
  readonly memory: number;
  readonly vcpus: number;
  readonly state: string;
  readonly seconds: number;
  readonly reason: number | null;
  readonly record: DomainRecord | undefined;
}

function stateLetters(record: DomainRecord, host: Host): string {
  const paused = record.pauses > 0;
  const fresh = Date.now() < record.pausedAt + host.scaled(BLOCKED_PAUSE_MILLISECONDS);
  const down = record.shutdown !== null;
  return [
    !paused && !down && !record.idle ? 'r' : '-',
    !down && record.idle && (!paused || fresh) ? 'b' : '-',
    paused ? 'p' : '-',
    down ? 's' : '-',
    record.shutdown === null ? '-' : ('-r-c'[record.shutdown] ?? '-'),
    '-',
  ].join('');
}

function rowOf(record: DomainRecord, host: Host): Row {
  const now = Date.now();
  const built = now >= record.memoryAt;
  const busy = record.cpuSince === null ? 0 : (now - record.cpuSince) / 1000 / host.settings.timeScale;
  return {
    domid: record.domid,
    name: record.name,
    uuid: record.uuid,
    memory: built ? (record.config.memory ?? 128) : 0,
    vcpus: built ? (record.config.vcpus ?? 1) : 0,
    state: stateLetters(record, host),
    seconds: record.cpu + busy,
    reason: record.shutdown,
    record,
  };
}

function domainZero(host: Host): Row {
  const seconds = 120 + (Date.now() - host.settings.bootedAt) / 10_000;
  const row = { domid: 0, name: 'Domain-0', uuid: ZERO_UUID, memory: DOMAIN_0_MEMORY, vcpus: 1 };
  return { ...row, state: 'r-----', seconds, reason: null, record: undefined };
}

function allRows(host: Host): Row[] {
  return [domainZero(host), ...host.domains().map((record) => rowOf(record, host))];
}

function rowJson({ record }: Row): Parameters<typeof prettyJson>[0] {
  if (record === undefined) return longEntryOfDomain0();
  return { domid: record.domid, config: configAsJson(record.config, record.uuid, true) };
}

/** Not recorded from a host: the words come from libxl's source. The listing goes on, and succeeds. */
function noConfiguration(domid: number): string {
  return `libxl: error: libxl_domain.c:1937:retrieve_domain_configuration_lock_acquired: Domain ${domid}:Fail to get domain configuration\n`;
}

function line(row: Row, verbose: boolean): string {
  const columns = [
    row.name.padEnd(40),
    String(row.domid).padStart(5),
    String(row.memory).padStart(5),
    String(row.vcpus).padStart(5),
    `    ${row.state}`,
    row.seconds.toFixed(1).padStart(9),
  ];
  if (verbose) columns.push(row.uuid, (row.reason?.toString(16) ?? '-').padStart(8), '-'.padStart(16));
  return `${columns.join(' ')}\n`;
}

/** `xl list`. */
export function list(host: Host, argv: readonly string[]): number {
  const options = getopt(argv, 'lvhZcn', {
    long: 'l',
    verbose: 'v',
    context: 'Z',
    cpupool: 'c',
    numa: 'n',
    help: 'h',
  });
  if (options.problem !== undefined) {
    complain(options.problem);
    return 2;
  }
  if (options.flags.has('h')) return usage('list', 0);
  const [wanted, ...more] = options.operands;
  if (more.length > 0) return usage('list', 1);

  let rows = allRows(host);
  if (wanted !== undefined) {
    const domid = findDomid(host, wanted);
    if (domid === undefined) return 1;
    rows = rows.filter((row) => row.domid === domid);
    if (rows.length === 0) {
      complain(`Error: Domain '${wanted}' does not exist.\n`);
      return 1;
    }
  }
  if (options.flags.has('l')) {
    const configured = rows.filter(({ record }) => record?.configured !== false);
    for (const { domid } of rows.filter((row) => !configured.includes(row))) complain(noConfiguration(domid));
    print(`${prettyJson(configured.map(rowJson))}\n\n`);
    return 0;
  }
  print(table(rows, options.flags.has('v')));
  return 0;
}

/** The whole table of `xl list`, as text. */
export function listTable(host: Host): string {
  return table(allRows(host), false);
}

function table(rows: readonly Row[], verbose: boolean): string {
  const heading = 'Name                                        ID   Mem VCPUs\tState\tTime(s)';
  const extra = verbose ? '   UUID                            Reason-Code\tSecurity Label' : '';
  return `${heading}${extra}\n${rows.map((row) => line(row, verbose)).join('')}`;
}

/** `xl vm-list`. */
export function vmList(host: Host): number {
  const rows = allRows(host).map((row) => `${row.uuid}  ${row.domid}    ${row.name.padEnd(30)}\n`);
  print(`UUID                                  ID    name\n${rows.join('')}`);
  return 0;
}

/** `xl domid NAME`. */
export function domid(host: Host, argv: readonly string[]): number {
  const operands = operandsOf(argv);
  if (!operands) return 2;
  const [name] = operands;
  if (name === undefined) return usage('domid', 2, 1);
  const found = allRows(host).find((row) => row.name === name);
  if (!found) {
    complain(`Can't get domid of domain name '${name}', maybe this domain does not exist.\n`);
    return 1;
  }
  print(`${found.domid}\n`);
  return 0;
}

/** `xl domname DOMID`. */
export function domname(host: Host, argv: readonly string[]): number {
  const operands = operandsOf(argv);
  if (!operands) return 2;
  const [id] = operands;
  if (id === undefined) return usage('domname', 2, 1);
  if (!/^[0-9]+$/.test(id)) {
    complain('Invalid domain id.\n\n');
    return 1;
  }
  const found = allRows(host).find((row) => row.domid === Number(id));
  if (!found) {
    complain(`Can't get domain name of domain id '${id}', maybe this domain does not exist.\n`);
    return 1;
  }
  print(`${found.name}\n`);
  return 0;
}

/** `xl uptime`. */
export function uptime(host: Host, argv: readonly string[]): number {
  let rows = allRows(host);
  const wanted = operandsOf(argv, 's');
  if (!wanted) return 2;
  if (wanted.length > 0) {
    const ids: number[] = [];
    for (const name of wanted) {
      const id = findDomid(host, name);
      if (id === undefined) return 1;
      ids.push(id);
    }
    rows = rows.filter((row) => ids.includes(row.domid));
  }
  const lines = rows.map((row) => {
    const since = row.record?.createdAt ?? host.settings.bootedAt;
    const seconds = Math.floor((Date.now() - since) / 1000);
    const [hours, minutes] = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
    const days = Math.floor(seconds / 86_400);
    const clock = `${days > 0 ? `${days} day${days > 1 ? 's' : ''}, ` : ''}${String(hours).padStart(2)}:${two(minutes)}:${two(seconds % 60)}`;
    return `${row.name.padEnd(33)} ${String(row.domid).padStart(4)} ${clock}\n`;
  });
  print(`Name                                ID Uptime\n${lines.join('')}`);
  return 0;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
