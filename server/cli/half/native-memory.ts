import { createRequire } from 'node:module';

/** Milliseconds. Once takes a millisecond or two, and some more after thousands of logins. */
const EVERY_MS = 60_000;

/**
 * Gives free native memory back to the system each minute. A login needs much for a moment, and what stays of it lies
 * between: malloc alone returns only what is free at the end. Without the native part, the half keeps more memory.
 */
export function keepNativeMemorySmall(): void {
  const trim = loadTrim();
  if (trim !== null) setInterval(trim, EVERY_MS).unref();
}

/** @returns null where the native part is not there, or is older */
function loadTrim(): (() => void) | null {
  try {
    const { trim } = createRequire(import.meta.url)('./notify-socket.node') as { readonly trim?: () => void };
    return trim ?? null;
  } catch {
    return null;
  }
}
