import type { Socket } from 'node:net';

/** What xenconsoled keeps while nobody is attached; the oldest is lost. */
const KEPT_BYTES = 1024 * 1024;
/** Above this the guest's floods wait for the client to read. */
const HIGH_WATER = 256 * 1024;
const ATTENDED_STEP = 16 * 1024;
/** What nobody reads is not worth much of the machine. */
const UNATTENDED_STEP = 256;

/** One domain's console between the guest and at most one `xl console`. */
export class ConsoleRing {
  #client: Socket | undefined;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  readonly #onInput: (bytes: Buffer) => void;
  readonly #onLock: (held: boolean) => void;

  constructor(onInput: (bytes: Buffer) => void, onLock: (held: boolean) => void) {
    this.#onInput = onInput;
    this.#onLock = onLock;
  }

  get locked(): boolean {
    return this.#client !== undefined;
  }

  /** Bytes that a flooding guest may write now. */
  get room(): number {
    if (!this.#client) return UNATTENDED_STEP;
    return this.#client.writableLength < HIGH_WATER ? ATTENDED_STEP : 0;
  }

  /** Takes over a connection whose reply was sent; what was kept goes to it, once. */
  attach(client: Socket): void {
    this.#client = client;
    this.#onLock(true);
    for (const bytes of this.#kept) client.write(bytes);
    this.#kept = [];
    this.#keptBytes = 0;
    client.on('data', this.#onInput);
    client.on('close', () => {
      if (this.#client === client) this.#release();
    });
    client.resume();
  }

  write(bytes: Buffer): void {
    if (this.#client) {
      this.#client.write(bytes);
      return;
    }
    this.#kept.push(bytes);
    this.#keptBytes += bytes.length;
    while (this.#keptBytes > KEPT_BYTES) {
      const oldest = this.#kept[0];
      if (!oldest) break;
      const excess = this.#keptBytes - KEPT_BYTES;
      if (oldest.length <= excess) this.#kept.shift();
      else this.#kept[0] = oldest.subarray(excess);
      this.#keptBytes -= Math.min(oldest.length, excess);
    }
  }

  /** The attached client sees the end of its console, silently. */
  dispose(): void {
    this.#client?.destroySoon();
    this.#release();
  }

  #release(): void {
    if (!this.#client) return;
    this.#client = undefined;
    this.#onLock(false);
  }
}
