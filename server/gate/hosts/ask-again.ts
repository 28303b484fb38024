import { setTimeout as pause } from 'node:timers/promises';
import type { RefusalCode } from '../../../policy/refusal.js';
import type { Outcome } from './host-requests.js';

/** The waits before a request is repeated when it is not known whether it arrived. Milliseconds. */
const AGAIN = [100, 1000];

/** Refusals that say nothing of an earlier request: the host is lost, or cannot read or write its journal. */
const SAY_NOTHING: readonly RefusalCode[] = ['host-unreachable', 'audit-unavailable'];

/**
 * Makes a request, and repeats it while it is not known whether it arrived. The request must be one that may
 * arrive twice: an operation with its id, a switch.
 *
 * @param mayStill asked before each repetition: the right may have gone while we waited
 */
export async function askAgain<Done extends { readonly result: string }>(
  ask: () => Promise<Outcome<Done>>,
  mayStill: () => boolean,
): Promise<Outcome<Done>> {
  let outcome = await ask();
  for (const wait of AGAIN) {
    if (outcome.result !== 'uncertain') return outcome;
    await pause(wait);
    if (!mayStill()) return outcome;
    const again = await ask();
    // The first may have arrived, so a failed retry proves nothing.
    const isLost =
      again.result === 'refused' && 'refusal' in again && SAY_NOTHING.includes(again.refusal.code);
    outcome = isLost ? { result: 'uncertain', refusal: again.refusal } : again;
  }
  return outcome;
}
