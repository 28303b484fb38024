import { readdir, readlink, realpath } from 'node:fs/promises';

/** The processes of this machine. A new dom0 uses it to find an `xl` that an earlier one left running. */
export interface Processes {
  /** The processes whose standard output is this file. */
  writingTo(file: string): Promise<readonly number[]>;
  /** Sends SIGKILL. A process that has already ended is no error. */
  kill(pids: readonly number[]): void;
}

/** Uses /proc; without it finds no process. */
export const SYSTEM_PROCESSES: Processes = {
  async writingTo(file) {
    const path = await realpath(file).catch(() => null);
    const pids =
      path === null ? [] : (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
    const found = await Promise.all(
      pids.map(async (pid) =>
        (await readlink(`/proc/${pid}/fd/1`).catch(() => null)) === path ? [Number(pid)] : [],
      ),
    );
    return found.flat().filter((pid) => pid !== process.pid);
  },
  kill: killAll,
};

/** Sends SIGKILL to each process. A process that has already ended is no error. */
export function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
}
