/**
 * Milliseconds of processor time that this thread took. Work is then as dear on a busy host as on an idle one.
 * Node.js before 23.9 cannot tell it: there it is the time that went by.
 */
export function threadMs(): number {
  // The types know only the newest Node.js.
  const usage = (process as Partial<Pick<NodeJS.Process, 'threadCpuUsage'>>).threadCpuUsage?.();
  return usage === undefined ? performance.now() : (usage.user + usage.system) / 1000;
}
