import type { Logger } from 'pino';
import { FaultScope } from '../../wire/fault-scope.js';

/** One half of Postern as a process. */
export interface Half {
  /** Lets go of everything. Twice is harmless. */
  stop(): Promise<void>;
}

/** What the log has of a half that cannot start: the sentence that says why, and a stack only of a fault of ours. */
export function startFault(error: unknown): { readonly reason: string } | { readonly err: unknown } {
  const isOurs = OUR_FAULTS.some((kind) => error instanceof kind);
  return error instanceof Error && !isOurs ? { reason: error.message } : { err: error };
}

const OUR_FAULTS = [TypeError, RangeError, ReferenceError, SyntaxError];

/** Longer than this and the process leaves all the same, milliseconds. */
const LEAVE_MS = 8000;

/**
 * Keeps the process until SIGTERM or SIGINT, then stops the half and ends with status 0. A fault that nobody caught ends the session that
 * it belongs to. One that belongs to none is logged and ends the process with 1: systemd starts it again in a known state.
 *
 * The handlers are there before any library could install its own.
 */
export function liveUntilStopped(log: Logger): { serve(half: Half): void } {
  let half: Half | undefined;
  let leaving = false;
  const leave = (status: number): void => {
    if (leaving) return;
    leaving = true;
    process.exitCode = status;
    setTimeout(() => process.exit(), LEAVE_MS).unref();
    void Promise.resolve(half?.stop())
      .catch((error: unknown) => {
        log.error({ err: error }, 'stopping failed');
      })
      .finally(() => process.exit());
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
    process.on(signal, () => {
      log.info({ signal }, 'asked to stop');
      leave(0);
    });
  }
  for (const kind of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(kind, (error: unknown) => {
      if (isAnswered(error)) return;
      log.fatal({ err: error, kind }, 'a fault that nobody caught');
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
