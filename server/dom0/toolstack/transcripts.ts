import { join } from 'node:path';
import { LocalStateDisk } from '../state/local-state-disk.js';
import { writeAll } from '../state/state-disk.js';
import type { StateDisk } from '../state/state-disk.js';
import { BEGUN } from '../process/run-command.js';
import { SYSTEM_PROCESSES } from '../process/processes.js';
import type { Processes } from '../process/processes.js';
import type { Call } from './toolstack.js';

/** At most this much of a transcript is read. */
const REASON_BYTES = 1024 * 1024;

/**
 * The files that take the toolstack's output while an operation runs, and the derived configurations. They
 * are named by the operation, in their own directory. The program holds its transcript open, so a new dom0
 * can see whether a program of the last one still runs.
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

  /** A call of the toolstack for an operation. Its output goes to this transcript. */
  call(operation: string, what: string, timeoutMs: number): Call {
    return { timeoutMs, transcript: this.transcript(operation, what) };
  }

  derivedConfig(operation: string): string {
    return join(this.#directory, `${operation}.cfg`);
  }

  /**
   * Begins a transcript with an empty line, synced to the disk. Later output goes into the same block, even
   * when the disk is full by then.
   */
  async begin(operation: string, what: string): Promise<void> {
    const path = this.transcript(operation, what);
    await this.prepare();
    await writeAll(this.disk, path, 0, Buffer.from(BEGUN));
    await this.disk.truncate(path, BEGUN.length);
    await this.disk.sync(path);
  }

  /** A program's output in its transcript; empty when there is none, or the program never began. */
  async said(operation: string, what: string): Promise<string> {
    const read = this.disk.read(this.transcript(operation, what), 0, REASON_BYTES);
    const text = (await read.catch(() => null))?.toString('utf8') ?? '';
    return text.startsWith(BEGUN) ? text.slice(BEGUN.length) : text;
  }

  /** The processes that still write to a transcript. Without /proc always none. */
  holders(operation: string, what: string): Promise<readonly number[]> {
    return this.#processes.writingTo(this.transcript(operation, what));
  }

  /** Kills processes with SIGKILL. */
  kill(pids: readonly number[]): void {
    this.#processes.kill(pids);
  }

  /** Removes the files of an operation. */
  clear(operation: string): Promise<void> {
    return this.#remove((name) => name.startsWith(`${operation}.`));
  }

  /** Removes the files of operations that are no longer open. */
  sweep(isOpen: (operation: string) => boolean): Promise<void> {
    return this.#remove((name) => !isOpen(name.split('.')[0] ?? ''));
  }

  async #remove(which: (name: string) => boolean): Promise<void> {
    for (const { name } of await this.disk.list(this.#directory)) {
      if (which(name)) await this.disk.remove(join(this.#directory, name));
    }
  }
}
