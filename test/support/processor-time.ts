/**
 * The processor time of work that does not wait, milliseconds. Unlike the time on a clock, it does not grow
 * with what else the machine does.
 */
export function processorMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
