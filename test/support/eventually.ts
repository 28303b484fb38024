import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Milliseconds that a test waits for an event before it fails. It is long for the slowest machine, and costs nothing
 * where the event comes. Never a sleep.
 */
export const PATIENCE_MS = 120_000;

/** Milliseconds. */
interface Patience {
  readonly withinMs?: number;
  readonly everyMs?: number;
  readonly slowestMs?: number;
  /** What there is instead; said when the wait was in vain. */
  readonly instead?: () => unknown;
}

/**
 * Polls until the condition holds. Fails with its description when it does not hold in time.
 *
 * @param everyMs between the first two looks; each wait is a fifth longer than the one before, up to
 * `slowestMs`
 * @returns the first value that is neither undefined, null nor false
 */
export async function eventually<T>(
  what: string,
  condition: () => T | Promise<T>,
  { withinMs = PATIENCE_MS, everyMs = 20, slowestMs = everyMs, instead }: Patience = {},
): Promise<NonNullable<T>> {
  const end = Date.now() + withinMs;
  let pause = everyMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== null && value !== false) return value;
    if (Date.now() > end) {
      const there = instead === undefined ? '' : `; instead: ${JSON.stringify(instead())}`;
      assert.fail(`waited ${withinMs} ms for ${what}${there}`);
    }
    await delay(pause);
    pause = Math.min(pause * 1.2, slowestMs);
  }
}
