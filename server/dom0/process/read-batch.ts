/** A read of less is no part of a flood, and is passed on at once. Bytes. */
const LEAST = 2 * 1024;
/** As much as an SSH packet carries. Bytes. */
const MOST = 32 * 1024;
/** How long the first bytes of a batch may wait. Milliseconds. */
const WAIT_MS = 1;

/**
 * Joins the reads of a flood, so that the log, the screen, the frames and the packets have work once for 32 KiB
 * and not once for 4. The first large read is passed on at once, and so is every small one, with all that waits.
 */
export class ReadBatch {
  readonly #take: (bytes: Buffer) => void;
  readonly #now: () => number;
  #buffer: Buffer | null = null;
  #length = 0;
  /** When a large read came last. */
  #largeAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #held = false;
  #ended = false;

  /**
   * @param take gets the bytes in order; they are valid until it returns
   * @param now milliseconds from any moment on
   */
  constructor(take: (bytes: Buffer) => void, now: () => number = () => performance.now()) {
    this.#take = take;
    this.#now = now;
  }

  /** @param bytes may change when this has returned */
  push(bytes: Buffer): void {
    const isLarge = bytes.length >= LEAST && bytes.length < MOST;
    const now = isLarge ? this.#now() : 0;
    const isFlood = isLarge && now - this.#largeAt <= WAIT_MS;
    if (isLarge) this.#largeAt = now;
    if (this.#length + bytes.length > MOST) this.#passOn();
    if (this.#ended || (this.#length === 0 && !isFlood)) {
      this.#take(bytes);
      return;
    }
    this.#buffer ??= Buffer.allocUnsafeSlow(MOST);
    this.#length += bytes.copy(this.#buffer, this.#length);
    if (!isLarge) this.#passOn();
    else this.#wait();
  }

  /** What waits goes on waiting, until `release`. */
  hold(): void {
    this.#held = true;
    this.#stop();
  }

  release(): void {
    this.#held = false;
    this.#wait();
  }

  /** Passes on what waits. Nothing waits from now on. */
  end(): void {
    this.#ended = true;
    this.#passOn();
    this.#buffer = null;
  }

  #wait(): void {
    if (this.#held || this.#length === 0) return;
    this.#timer ??= setTimeout(() => {
      this.#passOn();
      // The flood is over, or nearly so.
      if (this.#length === 0) this.#buffer = null;
    }, WAIT_MS);
  }

  #passOn(): void {
    this.#stop();
    const length = this.#length;
    if (length === 0 || this.#buffer === null) return;
    this.#length = 0;
    this.#take(this.#buffer.subarray(0, length));
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
