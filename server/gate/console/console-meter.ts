/** What went through consoles since it was last taken. */
export interface ConsoleUse {
  /** Bytes of guests that customers were sent. */
  readonly toCustomers: number;
  /** Bytes that customers typed into guests. */
  readonly toGuests: number;
  /** For each measured key: seconds until the guest's console said something. */
  readonly echoes: readonly number[];
}

/** Later than this it is no echo: a password, or a program that is busy. Milliseconds. */
const LONGEST_ECHO_MS = 10_000;
/** More is no key: a paste, or a file. Bytes. */
const LONGEST_KEY = 16;
/** Where nobody takes the numbers, no more echoes are kept. */
const MOST_ECHOES = 10_000;

/** Counts what goes through the consoles of this process. It sees lengths and times, and keeps no byte. */
export class ConsoleMeter {
  #toCustomers = 0;
  #toGuests = 0;
  #echoes: number[] = [];
  readonly #clock: () => number;

  /** @param clock milliseconds that nobody can set */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** Measures one attachment. */
  attachment(): AttachmentMeter {
    return new AttachmentMeter(this, this.#clock);
  }

  /** Adds what another process, or an attachment of this one, counted. */
  add({ toCustomers = 0, toGuests = 0, echoes = [] }: Partial<ConsoleUse>): void {
    this.#toCustomers += toCustomers;
    this.#toGuests += toGuests;
    this.#echoes.push(...echoes.slice(0, MOST_ECHOES - this.#echoes.length));
  }

  /** What was counted since this was called last. Null: nothing. */
  take(): ConsoleUse | null {
    if (this.#toCustomers === 0 && this.#toGuests === 0 && this.#echoes.length === 0) return null;
    const use = { toCustomers: this.#toCustomers, toGuests: this.#toGuests, echoes: this.#echoes };
    this.#toCustomers = 0;
    this.#toGuests = 0;
    this.#echoes = [];
    return use;
  }
}

/** The part of a meter that one attachment moves. */
export class AttachmentMeter {
  readonly #meter: ConsoleMeter;
  readonly #clock: () => number;
  /** When the first key that has no echo yet was sent; null: none waits. */
  #keyAt: number | null = null;

  /** Use `ConsoleMeter.attachment`. */
  constructor(meter: ConsoleMeter, clock: () => number) {
    this.#meter = meter;
    this.#clock = clock;
  }

  /** Bytes went to the guest. */
  typed(bytes: number): void {
    if (bytes === 0) return;
    if (bytes <= LONGEST_KEY) this.#keyAt ??= this.#clock();
    this.#meter.add({ toGuests: bytes });
  }

  /** The guest's console said something. */
  shown(bytes: number): void {
    const waited = this.#keyAt === null ? Infinity : this.#clock() - this.#keyAt;
    this.#keyAt = null;
    this.#meter.add({ toCustomers: bytes, echoes: waited <= LONGEST_ECHO_MS ? [waited / 1000] : [] });
  }
}
