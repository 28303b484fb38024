import { Patience } from '../../wire/patience.js';
import type { HostClock } from './host-clock.js';

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
  let patience: Patience | undefined;
  const late = new Promise<null>((resolve) => {
    const after: HostClock['after'] = (wait, done) => host.after(wait, done);
    patience = new Patience(
      ms,
      () => {
        resolve(null);
      },
      after,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    patience?.stop();
  }
}
