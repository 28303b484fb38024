import type { Worker } from 'node:worker_threads';

/**
 * Milliseconds of processor time that this thread took. Work is then as dear on a busy host as on an idle one.
 * Node.js before 23.9 cannot tell it: there it is the time that went by.
 */
export function threadMs(): number {
  // The types know only the newest Node.js.
  const usage = (process as Partial<Pick<NodeJS.Process, 'threadCpuUsage'>>).threadCpuUsage?.();
  return usage === undefined ? performance.now() : (usage.user + usage.system) / 1000;
}

/**
 * The same of a worker's thread, while it works.
 *
 * @returns it may never resolve, and is rejected when the worker has ended; null where Node.js cannot tell it
 */
export function threadMsOf(worker: Worker): Promise<number> | null {
  const asked = (worker as Partial<Pick<Worker, 'cpuUsage'>>).cpuUsage?.();
  return asked?.then(({ user, system }) => (user + system) / 1000) ?? null;
}
