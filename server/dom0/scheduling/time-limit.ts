import type { HostClock } from './host-clock.js';

/**
 * Waits at most this many milliseconds for work; the work goes on after it.
 *
 * @returns null when the work takes longer
 * @throws the work's error when it fails in time; a later one is ignored
 */
export async function within<T>(
  host: Pick<HostClock, 'after'>,
  ms: number,
  work: Promise<T>,
): Promise<T | null> {
  let cancel: () => void = () => undefined;
  const late = new Promise<null>((resolve) => {
    cancel = host.after(ms, () => {
      resolve(null);
    });
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel();
  }
}
