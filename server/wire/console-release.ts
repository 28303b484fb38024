/** `PUT /domains/NAME/console`: dom0 lets go of a console for so long, so that an admin's own `xl console` can have it. */
export interface ConsoleRelease {
  /** 0 takes it back, also from whoever has locked it, as soon as they leave. */
  readonly seconds: number;
  /** Who asks, by their name on the host: for dom0's journal. */
  readonly admin: string;
}

/** The answer, once dom0's own client has ended. */
export interface ConsoleReleased {
  /** ISO 8601, UTC; null when it is taken back. */
  readonly until: string | null;
}

/** A day. */
export const MOST_RELEASE_SECONDS = 86_400;
