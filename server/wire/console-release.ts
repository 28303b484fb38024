/**
 * `PUT /domains/NAME/console`: dom0 leaves a console for a time, so that an admin's own
 * `xl console` can have it.
 */
export interface ConsoleRelease {
  /** 0 takes the console back; from a client that locks it, as soon as that client leaves. */
  readonly seconds: number;
  /** The admin's name on the host, for dom0's journal. */
  readonly admin: string;
}

/** The answer, sent when dom0's own client has ended. */
export interface ConsoleReleased {
  /** ISO 8601, UTC; null when the console is taken back. */
  readonly until: string | null;
}

/** A day. */
export const MOST_RELEASE_SECONDS = 86_400;
