/**
 * A listing counts CPU time in tenths of a second: over a shorter time than this the
 * percentage would be noise.
 */
const WINDOW_MS = 1_500;

/** Percent of one CPU that an incarnation used, from the CPU seconds in listings. */
export class CpuGauge {
  #domid = 0;
  #seconds = 0;
  #at = 0;
  #percent: number | null = null;

  /** @returns null until the incarnation was listed twice, far enough apart */
  read(domid: number, cpuSeconds: number, now: number): number | null {
    if (domid !== this.#domid || cpuSeconds < this.#seconds) {
      this.#percent = null;
    } else {
      const passed = now - this.#at;
      if (passed < WINDOW_MS) return this.#percent;
      this.#percent = Math.round(((cpuSeconds - this.#seconds) * 100_000) / passed);
    }
    this.#domid = domid;
    this.#seconds = cpuSeconds;
    this.#at = now;
    return this.#percent;
  }
}
