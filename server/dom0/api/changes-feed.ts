import type { ServerResponse } from 'node:http';
import { FaultGuard } from '../../wire/fault-guard.js';
import type { FaultLogger } from '../../wire/logger.js';
import type { Change } from '../../wire/domain.js';

const BEAT_MS = 5_000;
/** A reader that is this many bytes behind is dropped: it can reconnect and get the whole list. */
const BEHIND_LIMIT = 4 * 1024 * 1024;
/** All readers together may be this many bytes behind. Beyond, those that are farthest behind are dropped first. */
const TOGETHER_LIMIT = 32 * 1024 * 1024;

/** The readers of `GET /changes`. */
export class ChangesFeed {
  readonly #guard: FaultGuard;
  /** Each with whether it wants looks. */
  readonly #readers = new Map<ServerResponse, { readonly looks: boolean }>();
  #beat: NodeJS.Timeout | null = null;

  constructor(log: FaultLogger) {
    this.#guard = new FaultGuard(log);
  }

  /**
   * Sends the present state, then `ready`, then later changes in order.
   *
   * @param options whether the reader wants looks, and so hears of no domain again that has not changed
   */
  follow(response: ServerResponse, now: readonly Change[], options: { readonly looks: boolean }): void {
    response.writeHead(200, { 'content-type': 'application/jsonl', 'cache-control': 'no-store' });
    response.on('close', () => {
      this.#leave(response);
    });
    response.on('error', () => {
      this.#leave(response);
    });
    // Before it is one of them: with the whole list to read, it is behind for a moment.
    this.#dropSlowest();
    const ready: Change = { change: 'ready', at: new Date().toISOString() };
    response.write([...now, ready].map(line).join(''));
    this.#readers.set(response, options);
    this.#beat ??= setInterval(
      this.#guard.on('beat', () => {
        this.tell({ change: 'beat', at: new Date().toISOString() });
      }),
      BEAT_MS,
    );
  }

  tell(change: Change): void {
    if (this.#readers.size > 0) this.#send([...this.#readers.keys()], change);
  }

  /** Tells those who want looks. */
  tellLook(change: Change): void {
    this.#send(this.#who({ looks: true }), change);
  }

  /** Tells the others. @param change is called only if there are some */
  tellPlain(change: () => Change): void {
    const readers = this.#who({ looks: false });
    if (readers.length > 0) this.#send(readers, change());
  }

  #who(wanted: { readonly looks: boolean }): readonly ServerResponse[] {
    return [...this.#readers].flatMap(([reader, { looks }]) => (looks === wanted.looks ? [reader] : []));
  }

  #send(readers: readonly ServerResponse[], change: Change): void {
    this.#dropSlowest();
    const text = line(change);
    for (const reader of readers.filter((one) => this.#readers.has(one))) {
      if (reader.writableLength > BEHIND_LIMIT) reader.destroy();
      else reader.write(text);
    }
  }

  /** Ends all connections. Calling it twice is harmless. */
  close(): void {
    for (const reader of this.#readers.keys()) reader.end();
    this.#readers.clear();
    this.#stopBeat();
  }

  #dropSlowest(): void {
    let behind = 0;
    for (const reader of this.#readers.keys()) behind += reader.writableLength;
    if (behind <= TOGETHER_LIMIT) return;
    for (const reader of [...this.#readers.keys()].toSorted(
      (one, other) => other.writableLength - one.writableLength,
    )) {
      if (behind <= TOGETHER_LIMIT) return;
      behind -= reader.writableLength;
      reader.destroy();
      this.#leave(reader);
    }
  }

  #leave(response: ServerResponse): void {
    this.#readers.delete(response);
    if (this.#readers.size === 0) this.#stopBeat();
  }

  #stopBeat(): void {
    if (this.#beat !== null) clearInterval(this.#beat);
    this.#beat = null;
  }
}

function line(change: Change): string {
  return `${JSON.stringify(change)}\n`;
}
