import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { LogAccess } from '../console-log/log-access.js';
import * as say from '../console-log/log-words.js';
import type { OpenedLog } from '../console-log/opened-log.js';
import type { LogStream } from '../hosts/log-stream.js';

/** The waits before a lost host is asked again, doubled from the first up to the last. Milliseconds. */
const AGAIN: readonly [number, number] = [250, 2_000];

interface ResumptionParts {
  readonly access: Pick<LogAccess, 'moved' | 'isAway'>;
  /** Whether nobody wants the log any more, or may read it. */
  readonly isOver: () => boolean;
  /** Is given a function that ends a wait. */
  readonly waiting: (wake: () => void) => void;
}

/**
 * Opens a log that was followed again after its host was lost, as often as it takes. Positions of a log outlive the
 * half, so every byte comes once.
 *
 * @param position of the first byte that has not come
 * @returns a refusal when it can be followed no more; null when it is over, or is elsewhere now
 */
export async function resumeLog(
  opened: OpenedLog,
  position: number,
  { access, isOver, waiting }: ResumptionParts,
): Promise<LogStream | Refusal | null> {
  const { demanded, host } = opened;
  const [first, last] = AGAIN;
  for (let wait = first; ; wait = Math.min(2 * wait, last)) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wait);
      waiting(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    if (isOver() || access.moved(opened) !== null || access.isAway(opened)) return null;
    const stream = await host.log.open(demanded, { from: position, follow: true });
    if (isRefusal(stream)) {
      if (stream.code !== 'host-unreachable') return stream;
    } else if (isOver()) {
      stream.close();
      return null;
    } else if (stream.head?.place === 'disk') {
      return stream;
    } else {
      stream.close();
      return say.inMemory(demanded.domain);
    }
  }
}
