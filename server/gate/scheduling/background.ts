/** Long work goes on for so long at once, and then rests so many times as long. Milliseconds of CPU time. */
const AT_ONCE_MS = 0.5;
const REST = 9;

interface BackgroundClock {
  /** CPU milliseconds of this thread. */
  readonly cpu: () => number;
  /** Calls back after so many milliseconds. */
  readonly after: (milliseconds: number, work: () => void) => void;
}

const CLOCK: BackgroundClock = {
  cpu: () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  },
  after: (milliseconds, work) => {
    setTimeout(work, milliseconds).unref();
  },
};

/**
 * Does what nobody waits for, step by step, such as the ages in thousands of menus. It takes a tenth of a processor at
 * most, and delays others by one step or half a millisecond. CPU time counts: a machine that is busy with something
 * else does not make the work wait for longer still.
 */
export class Background {
  readonly #clock: BackgroundClock;

  constructor(clock: BackgroundClock = CLOCK) {
    this.#clock = clock;
  }

  /**
   * Takes steps until one returns false; the first ones before this returns.
   *
   * @param step must not throw
   */
  run(step: () => boolean): void {
    const { cpu, after } = this.#clock;
    const end = cpu() + AT_ONCE_MS;
    let now = end;
    do {
      if (!step()) return;
      now = cpu();
    } while (now < end);
    after((now - end + AT_ONCE_MS) * REST, () => {
      this.run(step);
    });
  }
}
