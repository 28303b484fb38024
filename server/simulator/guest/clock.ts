const SOON_MILLISECONDS = 2;

interface Alarm {
  readonly action: () => void;
  /** Guest time, in milliseconds. */
  due: number;
  timer: NodeJS.Timeout | undefined;
}

/** The time of one guest: scaled, and stopped while its domain is paused. */
export class GuestClock {
  readonly #scale: number;
  readonly #alarms = new Set<Alarm>();
  #held: (() => void)[] = [];
  #elapsed = 0;
  #runningSince: number | undefined;
  #disposed = false;

  /** @param scale real time per unit of the guest's time. */
  constructor(scale: number) {
    this.#scale = scale;
  }

  /** How long the guest has run, in milliseconds of its own time. */
  get elapsed(): number {
    if (this.#runningSince === undefined) return this.#elapsed;
    return this.#elapsed + (performance.now() - this.#runningSince) / this.#scale;
  }

  run(): void {
    if (this.#runningSince !== undefined || this.#disposed) return;
    this.#runningSince = performance.now();
    for (const alarm of this.#alarms) this.#arm(alarm);
    const held = this.#held;
    this.#held = [];
    for (const action of held) this.whenRunning(action);
  }

  stop(): void {
    this.#elapsed = this.elapsed;
    this.#runningSince = undefined;
    for (const alarm of this.#alarms) clearTimeout(alarm.timer);
  }

  /** Calls back after `milliseconds` of guest time. @returns a function that cancels the call. */
  after(milliseconds: number, action: () => void): () => void {
    const alarm: Alarm = { action, due: this.elapsed + milliseconds, timer: undefined };
    this.#alarms.add(alarm);
    if (this.#runningSince !== undefined) this.#arm(alarm);
    return () => {
      clearTimeout(alarm.timer);
      this.#alarms.delete(alarm);
    };
  }

  /**
   * Calls back after `milliseconds` of real time, which also stops while the domain is
   * paused: for waits on people.
   */
  afterReal(milliseconds: number, action: () => void): () => void {
    return this.after(milliseconds / this.#scale, action);
  }

  /** Calls back after about two milliseconds of real time: a faster clock makes no faster floods. */
  soon(action: () => void): () => void {
    return this.afterReal(SOON_MILLISECONDS, action);
  }

  /** Calls at once when the guest runs, otherwise as soon as it does. */
  whenRunning(action: () => void): void {
    if (this.#disposed) return;
    if (this.#runningSince === undefined) this.#held.push(action);
    else action();
  }

  dispose(): void {
    this.stop();
    this.#disposed = true;
    this.#alarms.clear();
    this.#held = [];
  }

  #arm(alarm: Alarm): void {
    alarm.timer = setTimeout(
      () => {
        this.#alarms.delete(alarm);
        alarm.action();
      },
      Math.max(0, alarm.due - this.elapsed) * this.#scale,
    );
  }
}
