import { setTimeout as after } from 'node:timers/promises';

const MIB = 1024 * 1024;
/** A shorter wait is not worth a timer. */
const LEAST_MS = 5;

/** Spreads writes over time, so that the disks of others stay quick. */
export class Pace {
  readonly #bytesPerMs: number;
  #freeAt = performance.now();

  constructor(mibPerSecond: number) {
    this.#bytesPerMs = (mibPerSecond * MIB) / 1000;
  }

  /** Waits as long as these bytes should have taken. Time that was not used is not saved up. */
  async spent(bytes: number): Promise<void> {
    const now = performance.now();
    this.#freeAt = Math.max(this.#freeAt, now) + bytes / this.#bytesPerMs;
    const wait = this.#freeAt - bytes / this.#bytesPerMs - now;
    if (wait >= LEAST_MS) await after(wait);
  }
}
