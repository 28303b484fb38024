import type { Guarded } from './connection-faults.js';

/** How long a connection may wait for sessions. Milliseconds. */
export interface ConnectionWaits {
  /** How long it may stay without a session channel. */
  readonly idleMs: number;
  /** How long its sessions may take to end when it is to end. */
  readonly leaveMs: number;
}

/** When a connection ends by itself: after a while without a session, or with its last one once it is to end. */
export class ConnectionEnd {
  readonly #waits: ConnectionWaits;
  readonly #guarded: Guarded;
  readonly #hasSessions: () => boolean;
  readonly #end: (sentence: string) => void;
  #timer: NodeJS.Timeout | undefined;
  /** The sentence for the client, set once the connection only waits for its sessions to end. */
  #sentence: string | null = null;
  #isOver = false;

  /** @param end ends the connection with a sentence for the client */
  constructor(
    waits: ConnectionWaits,
    guarded: Guarded,
    hasSessions: () => boolean,
    end: (sentence: string) => void,
  ) {
    this.#waits = waits;
    this.#guarded = guarded;
    this.#hasSessions = hasSessions;
    this.#end = end;
  }

  /** Why it takes no more sessions, for the client; null: it takes some. */
  get sentence(): string | null {
    return this.#sentence;
  }

  /** Takes no more sessions, and ends when the last one has, or after `leaveMs`. */
  soon(sentence: string): void {
    if (this.#sentence !== null) return;
    this.#sentence = sentence;
    this.#forget();
    // Others call it, and a fault here is not theirs.
    const end = this.#guarded(() => {
      this.#end(sentence);
    });
    if (this.#hasSessions()) this.#timer = setTimeout(end, this.#waits.leaveMs);
    else end();
  }

  /** Somebody has logged in, or the last session has gone. */
  isEmpty(): void {
    if (this.#isOver || this.#hasSessions()) return;
    if (this.#sentence !== null) {
      this.#end(this.#sentence);
      return;
    }
    this.#forget();
    const end = this.#guarded(() => {
      this.#end('No session was open for a while.');
    });
    this.#timer = setTimeout(end, this.#waits.idleMs);
    this.#timer.unref();
  }

  /** A session begins. */
  isUsed(): void {
    if (this.#sentence === null) this.#forget();
  }

  /** The connection has ended. */
  over(): void {
    this.#isOver = true;
    this.#forget();
  }

  /** A timer that has been stopped takes as much room as one that runs. */
  #forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
