import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { AWAY_MS } from '../hosts/domain-moves.js';
import type { LogAccess } from './log-access.js';
import type { OpenedLog } from './opened-log.js';

/** The waits before a lost host is asked again, doubled from the first up to the last. Milliseconds. */
const AGAIN: readonly [number, number] = [250, 2_000];

export interface ResumptionParts {
  readonly access: Pick<LogAccess, 'moved' | 'isAway'>;
  /** Whether nobody wants the log any more, or may read it. */
  readonly isOver: () => boolean;
  /** Is given a function that ends a wait. */
  readonly waiting: (wake: () => void) => void;
}

/**
 * Asks for a log that was followed again after its host was lost, as often as it takes. Positions of a log outlive the
 * half, so every byte comes once.
 *
 * @param ask asks for what stands behind the last byte that came
 * @returns a refusal when it can be followed no more; null when it is over, or is elsewhere now
 */
export async function resumeLog<T extends object>(
  opened: OpenedLog,
  ask: () => Promise<T | Refusal>,
  { access, isOver, waiting }: ResumptionParts,
): Promise<T | Refusal | null> {
  const [first, last] = AGAIN;
  for (let wait = first; ; wait = Math.min(2 * wait, last)) {
    await pause(wait, waiting);
    if (isOver() || access.moved(opened) !== null || access.isAway(opened)) return null;
    const answer = await ask();
    if (!isLost(answer)) return answer;
  }
}

/** Whether this is no answer: the host may be upgraded, and answer again. */
export function isLost(answer: object | null): answer is Refusal {
  return isRefusal(answer) && answer.code === 'host-unreachable';
}

/** Waits while the domain is on its way. @returns null when it is not on another host in the end */
export async function arrivedLog(
  opened: OpenedLog,
  { access, isOver, waiting }: ResumptionParts,
): Promise<OpenedLog | null> {
  for (;;) {
    if (isOver()) return null;
    const moved = access.moved(opened);
    if (moved !== null || !access.isAway(opened)) return moved;
    await pause(AWAY_MS, waiting);
  }
}

async function pause(milliseconds: number, waiting: ResumptionParts['waiting']): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    waiting(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
