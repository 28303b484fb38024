import type { Halt } from './operation.js';

/** Thrown through the work of an operation that is broken off. Not a fault. */
export class Halted extends Error {
  readonly why: Halt;

  constructor(why: Halt) {
    super(why);
    this.why = why;
  }
}

/** @throws Halted as soon as the signal is aborted with one */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  try {
    await unlessHalted(passed, signal);
  } finally {
    clearTimeout(timer);
  }
}

/** The promise's value, unless the signal is aborted before. What the promise stands for goes on. @throws Halted */
export async function unlessHalted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let onAbort: () => void = () => undefined;
  const halted = new Promise<never>((_, reject) => {
    onAbort = () => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, halted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
