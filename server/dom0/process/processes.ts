import { readdir, readlink, realpath } from 'node:fs/promises';

/** The processes of this machine, as far as a half needs them that finds an earlier one's `xl` at work. */
export interface Processes {
  /** Those whose standard output is this file. */
  writingTo(file: string): Promise<readonly number[]>;
  /** Kills them at once; that some have ended by themselves meanwhile is as good. */
  kill(pids: readonly number[]): void;
}

/** By /proc. There are none where there is no /proc. */
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
