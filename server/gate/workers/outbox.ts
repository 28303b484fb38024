import type { SendHandle } from 'node:child_process';
import type { Batch } from './messages.js';

/** The other process. */
interface Peer {
  readonly connected: boolean;
  send(message: unknown, handle: SendHandle | undefined, callback: (error: Error | null) => void): boolean;
}

/** Sends messages to another process, those of one turn of the event loop together, in their order. */
export class Outbox<Message> {
  readonly #peer: Peer;
  #waiting: Message[] = [];
  #soon: NodeJS.Immediate | null = null;

  constructor(peer: Peer) {
    this.#peer = peer;
  }

  post(message: Message): void {
    this.#waiting.push(message);
    this.#soon ??= setImmediate(() => {
      this.flush();
    });
  }

  /** Sends what waits, now. A peer that has gone hears nothing. */
  flush(): void {
    if (this.#soon !== null) clearImmediate(this.#soon);
    this.#soon = null;
    if (this.#waiting.length === 0) return;
    const batch: Batch<Message> = this.#waiting;
    this.#waiting = [];
    this.#send(batch);
  }

  /** Hands a socket over, with a message that goes after all before it. */
  hand(message: Message, handle: SendHandle, failed: () => void): void {
    this.flush();
    this.#send([message], handle, failed);
  }

  #send(batch: Batch<Message>, handle?: SendHandle, failed: () => void = () => undefined): void {
    if (!this.#peer.connected) {
      failed();
      return;
    }
    this.#peer.send(batch, handle, (error) => {
      if (error !== null) failed();
    });
  }
}
