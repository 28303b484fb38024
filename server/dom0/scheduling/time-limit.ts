import type { HostClock } from './host-clock.js';

/** A pause of the process costs one of so many rounds of a wait at most, as in `Patience`. */
const ROUNDS = 10;

/**
 * Waits at most this many milliseconds for work; the work goes on after it. Where the host stops this process
 * meanwhile, an answer that came is read before it is late.
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
    const round = (left: number): void => {
      cancel = host.after(ms / ROUNDS, () => {
        if (left > 1) round(left - 1);
        else resolve(null);
      });
    };
    round(ROUNDS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel();
  }
}
