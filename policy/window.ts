import type { Limit, Usage } from './policy.js';

/** The precision of `possibleAgain`: 2^6 parts of the window, so an hour is known to a minute. */
const HALVINGS = 6;

/** The start of the sliding window that ends now. For a limit of how many at once it is now. */
export function windowStart(limit: Limit, now: Date): Date {
  return new Date(now.getTime() - (limit.windowSeconds ?? 0) * 1000);
}

/**
 * When a reached limit has room again, if nothing more is done until then. It is late by at most a 64th of
 * the window, and never early. Null for a limit of how many at once: nobody knows when somebody leaves. It
 * halves the window six times, which works because later start times only count fewer uses.
 */
export function possibleAgain(limit: Limit, usage: Usage, now: Date): Date | null {
  if (limit.windowSeconds === null) return null;
  const window = limit.windowSeconds * 1000;
  let reached = now.getTime() - window;
  let free = now.getTime();
  for (let halving = 0; halving < HALVINGS; halving += 1) {
    const middle = Math.floor((reached + free) / 2);
    if (usage(limit, new Date(middle)) >= limit.count) reached = middle;
    else free = middle;
  }
  return new Date(free + window);
}
