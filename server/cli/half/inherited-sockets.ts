/** The first inherited descriptor: SD_LISTEN_FDS_START of sd_listen_fds(3). */
const FIRST = 3;
/** More sockets than any gate listens on. */
const MOST = 64;

/**
 * The sockets that systemd opened for this process, by its variables (sd_listen_fds(3)). Variables that were
 * inherited from another process do not count.
 *
 * @returns their descriptors; empty when there are none
 */
export function inheritedSockets(
  { LISTEN_PID: owner, LISTEN_FDS: fds }: Readonly<Record<string, string | undefined>>,
  pid: number,
): readonly number[] {
  if (owner !== String(pid) || fds === undefined || !/^[1-9][0-9]?$/.test(fds)) return [];
  return Array.from({ length: Math.min(Number(fds), MOST) }, (_, at) => FIRST + at);
}
