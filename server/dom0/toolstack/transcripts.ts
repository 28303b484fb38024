import { join } from 'node:path';
import { LocalStateDisk } from '../state/local-state-disk.js';
import { writeAll } from '../state/state-disk.js';
import type { StateDisk } from '../state/state-disk.js';
import { firstReason } from './reason.js';
import { BEGUN } from '../process/run-command.js';
import { SYSTEM_PROCESSES } from '../process/processes.js';
import type { Processes } from '../process/processes.js';

export { killAll } from '../process/processes.js';

/** More than this of a transcript is not read for its reason. */
const REASON_BYTES = 1024 * 1024;

/**
 * The files that take the toolstack's output while an operation runs, and the derived configurations: named by the operation, in a
 * directory of their own. As the program holds its transcript open, a dom0 that was killed finds by it whether the program still runs.
 */
export class Transcripts {
  readonly #directory: string;
  readonly disk: StateDisk;
  readonly #processes: Processes;

  constructor(
    state: string,
    disk: StateDisk = new LocalStateDisk(),
    processes: Processes = SYSTEM_PROCESSES,
  ) {
    this.#directory = join(state, 'work');
    this.disk = disk;
    this.#processes = processes;
  }

  prepare(): Promise<void> {
    return this.disk.makeFolder(this.#directory);
  }

  transcript(operation: string, what: string): string {
    return join(this.#directory, `${operation}.${what}.log`);
  }

  derivedConfig(operation: string): string {
    return join(this.#directory, `${operation}.cfg`);
  }

  /**
   * Begins a transcript with an empty line that is on the disk: what the toolstack says goes into the same block, also where the disk
   * is full by then.
   */
  async begin(operation: string, what: string): Promise<void> {
    const path = this.transcript(operation, what);
    await this.prepare();
    await writeAll(this.disk, path, 0, Buffer.from(BEGUN));
    await this.disk.truncate(path, BEGUN.length);
    await this.disk.sync(path);
  }

  /** The reason that a program gave in its transcript; null when there is none. */
  async reason(operation: string, what: string): Promise<string | null> {
    return firstReason(await this.said(operation, what));
  }

  /** What a program said in its transcript; empty when it said nothing, or never began. */
  async said(operation: string, what: string): Promise<string> {
    const read = this.disk.read(this.transcript(operation, what), 0, REASON_BYTES);
    const text = (await read.catch(() => null))?.toString('utf8') ?? '';
    return text.startsWith(BEGUN) ? text.slice(BEGUN.length) : text;
  }

  /** The processes that still write to a transcript. Always none where there is no /proc. */
  holders(operation: string, what: string): Promise<readonly number[]> {
    return this.#processes.writingTo(this.transcript(operation, what));
  }

  /** Kills processes at once. */
  kill(pids: readonly number[]): void {
    this.#processes.kill(pids);
  }

  /** Removes what is there of an operation. */
  clear(operation: string): Promise<void> {
    return this.#remove((name) => name.startsWith(`${operation}.`));
  }

  /** Removes what is there of operations that are under way no more. */
  sweep(open: ReadonlySet<string>): Promise<void> {
    return this.#remove((name) => !open.has(name.split('.')[0] ?? ''));
  }

  async #remove(which: (name: string) => boolean): Promise<void> {
    const files = await this.disk.list(this.#directory);
    for (const { name } of files.filter((file) => which(file.name))) {
      await this.disk.remove(join(this.#directory, name));
    }
  }
}
