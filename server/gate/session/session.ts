import type { Identity } from './identity.js';
import type { SessionInfo } from './session-info.js';
import type { Terminal } from './terminal.js';

/** One session channel of an authenticated connection, once the client has said what it wants. */
export interface Session {
  /** Unique while the gate runs: `c3f9a1.2`. */
  readonly id: string;
  readonly identity: Identity;
  readonly terminal: Terminal;
  readonly openedAt: Date;
  /** `shell` is the menu; `exec` carries the client's command as sent, at most 8 KiB. */
  readonly request: { readonly kind: 'shell' } | { readonly kind: 'exec'; readonly command: string };
  /** Settles when the audit log has its opening on the disk, or cannot be written. Nothing is shown or done before. */
  readonly recorded: Promise<void>;
  /**
   * Called when revocation, an admin or the shut-down ends the session. The listener puts the terminal right
   * and shows the sentence. There is one listener: a later one takes the place of the first.
   */
  onEnd(listener: (sentence: string) => void): void;
}

/** Admits sessions and runs them. */
export interface SessionHandler {
  /**
   * @param session takes a place among the customer's sessions, unless it is refused; without one nothing changes
   * @returns a sentence when the customer may not open another session now, else null
   */
  refuses(identity: Identity, session?: SessionInfo): string | null;
  /** Takes the session over, with its place; never throws. */
  open(session: Session): void;
}
