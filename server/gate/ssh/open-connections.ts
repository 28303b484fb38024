import { randomBytes } from 'node:crypto';
import type { SessionInfo } from '../session/session-info.js';
import type { Connection } from './connection.js';

/** A connection that has logged in and has no session, in the shape of a session. */
export interface ConnectionInfo extends Omit<SessionInfo, 'what'> {
  readonly what: 'connection';
}

/** The connections of one process, before login and after it. */
export class OpenConnections implements Iterable<Connection> {
  readonly #idPrefix: string;
  readonly #byId = new Map<string, Connection>();
  #allClosed: (() => void) | undefined;

  /** @param idPrefix what the ids of connections begin with; at most four hex digits */
  constructor(idPrefix: string) {
    this.#idPrefix = idPrefix;
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#byId.values();
  }

  /** An unused id for all log lines and audit rows of a connection. */
  newId(): string {
    for (;;) {
      const id = `${this.#idPrefix}${randomBytes(4).toString('hex')}`.slice(0, 8);
      if (!this.#byId.has(id)) return id;
    }
  }

  add(connection: Connection): void {
    this.#byId.set(connection.id, connection);
  }

  delete({ id }: Connection): void {
    this.#byId.delete(id);
    if (this.#byId.size === 0) this.#allClosed?.();
  }

  /** Those that have logged in and have none of these sessions. */
  without(sessions: readonly SessionInfo[]): Connection[] {
    const used = new Set(sessions.map(({ identity }) => identity.connection));
    return [...this].filter(({ id, identity }) => identity !== null && !used.has(id));
  }

  /** Waits until all have closed, or for so long. Milliseconds. */
  async untilAllClosed(ms: number): Promise<void> {
    if (this.#byId.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#allClosed = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#allClosed = undefined;
  }
}

/** @throws Error for one that has not logged in */
export function connectionInfo({ id, identity, openedAt }: Connection): ConnectionInfo {
  if (identity === null) throw new Error('it has not logged in');
  return { id, identity, openedAt, what: 'connection', command: null, hasPty: false };
}
