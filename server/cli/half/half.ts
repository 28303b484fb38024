import { FaultScope } from '../../wire/fault-scope.js';
import type { HalfLogger } from '../../wire/logger.js';

/** One half of Postern as a process. */
export interface Half {
  /** Releases everything. Calling it twice is harmless. */
  stop(): Promise<void>;
}

/**
 * Log fields for a half that cannot start: the reason in a sentence, or the error with its stack when it is a
 * fault of ours.
 */
export function startFault(error: unknown): { readonly reason: string } | { readonly err: unknown } {
  const isOurs = OUR_FAULTS.some((kind) => error instanceof kind);
  return error instanceof Error && !isOurs ? { reason: error.message } : { err: error };
}

const OUR_FAULTS = [TypeError, RangeError, ReferenceError, SyntaxError];

/** Milliseconds. After this the process exits even if stopping has not finished. */
const LEAVE_MS = 8000;

/**
 * Keeps the process until SIGTERM, SIGINT or SIGQUIT, then stops the half and exits with status 0. An
 * uncaught fault ends the session that it belongs to. A fault that belongs to no session is logged and ends
 * the process with 1: systemd starts it again in a known state.
 *
 * The handlers are installed first, before any library can install its own.
 *
 * @param manager who is told that the half ends
 */
export function liveUntilStopped(
  log: HalfLogger,
  manager: { stopping(): void } | null = null,
): { serve(half: Half): void } {
  let half: Half | undefined;
  let leaving = false;
  const leave = (status: number): void => {
    if (leaving) return;
    leaving = true;
    process.exitCode = status;
    manager?.stopping();
    setTimeout(() => process.exit(), LEAVE_MS).unref();
    void Promise.resolve(half?.stop())
      .catch((error: unknown) => {
        log.error({ err: error }, 'half.not-stopped');
      })
      .finally(() => process.exit());
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
    process.on(signal, () => {
      log.info({ signal }, 'half.stopping');
      leave(0);
    });
  }
  for (const kind of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(kind, (error: unknown) => {
      if (isAnswered(error)) return;
      log.fatal({ err: error, kind }, 'half.fault');
      leave(1);
    });
  }
  return {
    serve(started) {
      half = started;
    },
  };
}

function isAnswered(fault: unknown): boolean {
  try {
    return FaultScope.take(fault);
  } catch {
    return false;
  }
}
