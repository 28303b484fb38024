import type { HostClock } from '../scheduling/host-clock.js';
import type { HaltReason } from './operation.js';

/** Thrown through the work of an operation that is interrupted. Not a fault. */
export class HaltedError extends Error {
  readonly why: HaltReason;

  constructor(why: HaltReason) {
    super(why);
    this.why = why;
  }
}

/** @throws HaltedError as soon as the signal is aborted with one */
export async function pause(host: Pick<HostClock, 'after'>, ms: number, signal: AbortSignal): Promise<void> {
  let cancel: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => {
    cancel = host.after(ms, resolve);
  });
  try {
    await unlessHalted(passed, signal);
  } finally {
    cancel();
  }
}

/**
 * The promise's value, unless the signal is aborted first. The work behind the promise goes on. @throws
 * HaltedError
 */
export async function unlessHalted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  // Its work goes on when we no longer wait. That it fails then must not end the half.
  promise.catch(() => undefined);
  signal.throwIfAborted();
  let onAbort: () => void = () => undefined;
  const halted = new Promise<never>((_, reject) => {
    onAbort = () => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, halted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
