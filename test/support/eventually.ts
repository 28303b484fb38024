import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Polls until the condition holds, and fails with its description when it does not in time.
 *
 * @returns the first value that is neither undefined, null nor false
 */
export async function eventually<T>(
  what: string,
  condition: () => T | Promise<T>,
  { withinMs = 15_000, everyMs = 20 } = {},
): Promise<NonNullable<T>> {
  const end = Date.now() + withinMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== null && value !== false) return value;
    if (Date.now() > end) assert.fail(`waited ${withinMs} ms for ${what}`);
    await delay(everyMs);
  }
}
