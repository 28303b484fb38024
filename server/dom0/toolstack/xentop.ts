import { parseGuestName } from '../../wire/guest-name.js';
import type { GuestName } from '../../wire/guest-name.js';
import type { DiskUsage, NetworkUsage } from '../../wire/usage.js';
import { runCommand } from '../process/run-command.js';
import { presentable } from './reason.js';

/** xentop asks each device model for its disks, and one of them may hang. */
const TIMEOUT_MS = 10_000;
/** A row has about 200 bytes. */
const OUTPUT_LIMIT = 4 * 1024 * 1024;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What xentop counted for one guest. Null: not counted. */
export interface XentopRow {
  readonly network: NetworkUsage | null;
  readonly disk: DiskUsage | null;
}

/** Asks for the network and the disks of all guests. */
export interface DeviceCounts {
  /** @throws Error with one sentence when it cannot be told */
  read(): Promise<ReadonlyMap<GuestName, XentopRow>>;
}

/** xentop(1), one iteration in batch mode: one process for all guests. */
export class Xentop implements DeviceCounts {
  readonly #command: string;
  readonly #environment: Readonly<Record<string, string>>;

  /** @param command absolute path */
  constructor(command: string, environment: Readonly<Record<string, string>>) {
    this.#command = command;
    this.#environment = { PATH, LANG: 'C', ...environment };
  }

  async read(): Promise<ReadonlyMap<GuestName, XentopRow>> {
    const { ended, code, stdout, stderr } = await runCommand({
      file: this.#command,
      args: ['-b', '-f', '-i', '1'],
      environment: this.#environment,
      timeoutMs: TIMEOUT_MS,
      outputLimit: OUTPUT_LIMIT,
    });
    const said = presentable(stderr, 200);
    if (ended === 'timeout') throw new Error(`xentop gave no answer in ${TIMEOUT_MS / 1000} s`);
    if (ended !== 'exit' || code !== 0)
      throw new Error(
        `xentop ${ended === 'exit' ? `failed, exit ${code ?? 'by a signal'}` : ended}: ${said}`,
      );
    const rows = parseXentop(stdout);
    if (rows === undefined) throw new Error('xentop printed no table that we know');
    return rows;
  }
}

const NAME = 'NAME';
const STATE = /^[d-][s-][b-][c-][p-][r-]$/;
/** Below 2^53, so that no digit is lost. */
const WHOLE = /^\d{1,15}$/;

/**
 * Reads the table of `xentop -b -f`. Columns are found by their heading, and a row is read from the right, because a
 * name may hold spaces. Leaves out rows that do not fit, Domain-0, and a name that several rows have.
 *
 * @returns undefined when the text is no such table
 */
export function parseXentop(text: string): ReadonlyMap<GuestName, XentopRow> | undefined {
  const lines = text.split('\n');
  const top = lines.findIndex((line) => line.trimStart().startsWith(`${NAME} `));
  const columns = (lines[top] ?? '').trim().split(/\s+/);
  if (columns[1] !== 'STATE') return undefined;
  const found = new Map<GuestName, XentopRow>();
  const twice = new Set<GuestName>();
  for (const line of lines.slice(top + 1)) {
    const cells = cellsOf(line, columns.length);
    if (cells === null || !STATE.test(cells[1] ?? '')) continue;
    const name = parseGuestName(cells[0] ?? '');
    if (name === undefined) continue;
    if (found.has(name)) twice.add(name);
    found.set(name, rowOf(columns, cells));
  }
  for (const name of twice) found.delete(name);
  return found;
}

/** The cells of a row; the first may hold spaces, and `no limit` is one. Null: too few. */
function cellsOf(line: string, columns: number): readonly string[] | null {
  const words = line.trim().split(/\s+/);
  const cells: string[] = [];
  while (cells.length < columns - 1) {
    const word = words.pop();
    if (word === undefined) return null;
    cells.unshift(word === 'limit' && words.at(-1) === 'no' ? `${words.pop() ?? ''} ${word}` : word);
  }
  return words.length === 0 ? null : [words.join(' '), ...cells];
}

function rowOf(columns: readonly string[], cells: readonly string[]): XentopRow {
  const number = (column: string): number | null => {
    const cell = cells[columns.indexOf(column)] ?? '';
    return WHOLE.test(cell) ? Number(cell) : null;
  };
  // Xen counts at the interface in dom0: what that sends, the guest receives.
  const [receivedKiB, sentKiB] = [number('NETTX(k)'), number('NETRX(k)')];
  // VBD_RSECT is no count: libxenstat stores the sectors that were read in the place of the written ones.
  const [reads, writes] = [number('VBD_RD'), number('VBD_WR')];
  return {
    network: receivedKiB === null || sentKiB === null ? null : { receivedKiB, sentKiB },
    disk: reads === null || writes === null ? null : { reads, writes },
  };
}
