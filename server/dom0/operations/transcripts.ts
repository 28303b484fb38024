import { mkdir, readFile, readdir, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { firstReason } from '../toolstack/reason.js';

/**
 * The files that take the toolstack's output while an operation runs, and the derived configurations: named by the operation, in a
 * directory of their own. As the program holds its transcript open, a dom0 that was killed finds by it whether the program still runs.
 */
export class Transcripts {
  readonly #directory: string;

  constructor(state: string) {
    this.#directory = join(state, 'work');
  }

  async prepare(): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
  }

  transcript(operation: string, what: string): string {
    return join(this.#directory, `${operation}.${what}.log`);
  }

  derivedConfig(operation: string): string {
    return join(this.#directory, `${operation}.cfg`);
  }

  /** The reason that a program gave in its transcript; null when there is none. */
  async reason(operation: string, what: string): Promise<string | null> {
    return readFile(this.transcript(operation, what), 'utf8').then(firstReason, () => null);
  }

  /** The processes that still write to a transcript. Always none where there is no /proc. */
  async holders(operation: string, what: string): Promise<readonly number[]> {
    const path = await realpath(this.transcript(operation, what)).catch(() => null);
    const pids =
      path === null ? [] : (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
    const found = await Promise.all(
      pids.map(async (pid) =>
        (await readlink(`/proc/${pid}/fd/1`).catch(() => null)) === path ? [Number(pid)] : [],
      ),
    );
    return found.flat().filter((pid) => pid !== process.pid);
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
    const names = await readdir(this.#directory).catch(() => []);
    await Promise.all(names.filter(which).map((name) => rm(join(this.#directory, name), { force: true })));
  }
}

/** Kills processes at once; that some end by themselves meanwhile, or by the end of the others, is as good. */
export function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
}
