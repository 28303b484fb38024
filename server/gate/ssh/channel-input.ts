/**
 * The most that is held for a client while nobody listens, and that it may send before it is given more.
 * Bytes.
 */
export const INPUT_WINDOW = 64 * 1024;

type InputListener = (data: Buffer) => void;

/**
 * The incoming half of one channel. The bytes that the client sends count against its window. Window is given
 * back only for what a listener has taken, so a client whose input nobody wants waits.
 *
 * ssh2 does not do this: it takes 2 MiB per channel, and any amount from a client that ignores its window.
 */
export class ChannelInput {
  readonly #adjust: (bytes: number) => void;
  readonly #guard: (work: () => void) => void;
  /** Made anew at each change, so that it has no room for more: thousands of idle channels have one. */
  #listeners: readonly InputListener[] = [];
  #endListeners: Set<() => void> | null = null;
  #held: Buffer[] = [];
  #window = INPUT_WINDOW;
  #taken = 0;
  #ended = false;
  #saidEnd = false;
  #pumpIsDue = false;

  /**
   * @param adjust sends SSH_MSG_CHANNEL_WINDOW_ADJUST
   * @param guard runs the listeners' code, and deals with what it throws
   */
  constructor(adjust: (bytes: number) => void, guard: (work: () => void) => void) {
    this.#adjust = adjust;
    this.#guard = guard;
  }

  /** @returns false when the client has sent more than its window: it breaks the protocol */
  receive(data: Buffer): boolean {
    if (data.length > this.#window) return false;
    if (this.#ended || data.length === 0) return true;
    this.#window -= data.length;
    this.#held.push(data);
    this.#pump();
    return true;
  }

  /** The client sent EOF. */
  end(): void {
    this.#ended = true;
    this.#pump();
  }

  /** Nothing will be delivered any more. */
  close(): void {
    this.#ended = true;
    this.#saidEnd = true;
    this.#held = [];
    this.#listeners = [];
    this.#endListeners?.clear();
  }

  /** The newest listener has the input; when it stops, the one before has it again. */
  onInput(listener: InputListener): () => void {
    // A wrapper, so that the same function may listen twice.
    const entry: InputListener = (data) => {
      listener(data);
    };
    this.#listeners = this.#listeners.concat([entry]);
    this.#pumpSoon();
    return () => {
      this.#listeners = this.#listeners.filter((one) => one !== entry);
    };
  }

  /**
   * The listener is called once all that was held has been delivered; when that was before, it is called
   * soon.
   */
  onEnd(listener: () => void): () => void {
    if (this.#saidEnd) {
      queueMicrotask(() => {
        this.#guard(listener);
      });
      return () => undefined;
    }
    this.#endListeners ??= new Set();
    this.#endListeners.add(listener);
    return () => {
      this.#endListeners?.delete(listener);
    };
  }

  /** Delivers later: the subscriber does not have its `Unsubscribe` yet. */
  #pumpSoon(): void {
    if (this.#pumpIsDue) return;
    this.#pumpIsDue = true;
    queueMicrotask(() => {
      this.#pumpIsDue = false;
      this.#guard(() => {
        this.#pump();
      });
    });
  }

  #pump(): void {
    if (this.#pumpIsDue) return;
    let listener = this.#listeners.at(-1);
    while (listener !== undefined && this.#held.length > 0) {
      const data = this.#held.shift();
      const take = listener;
      if (data === undefined) break;
      this.#taken += data.length;
      this.#guard(() => {
        take(data);
      });
      listener = this.#listeners.at(-1);
    }
    this.#giveBack();
    if (this.#ended && !this.#saidEnd && this.#held.length === 0) {
      this.#saidEnd = true;
      for (const ended of [...(this.#endListeners ?? [])]) this.#guard(ended);
    }
  }

  #giveBack(): void {
    if (this.#taken === 0 || this.#ended || this.#window > INPUT_WINDOW / 2) return;
    const bytes = this.#taken;
    this.#taken = 0;
    this.#window += bytes;
    this.#adjust(bytes);
  }
}
