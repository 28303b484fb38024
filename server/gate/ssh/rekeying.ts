import type { Connection as Ssh2Connection } from 'ssh2';
import { EqualDelays } from '../scheduling/equal-delays.js';
import type { Guarded } from './connection-faults.js';
import type { Ssh2Protocol } from './ssh2-private.js';

/** RFC 4253 §9: new keys after each gigabyte, and each hour. */
export const REKEY: RekeyLimit = { bytes: 2 ** 30, ms: 60 * 60 * 1000, exchangeMs: 30_000 };

/** When to ask for new keys, and how long an exchange that the gate began may take. */
export interface RekeyLimit {
  readonly bytes: number;
  readonly ms: number;
  readonly exchangeMs: number;
}

/** Exchanges that a client may ask for in a minute; each costs up to 3 ms. */
const MOST_A_MINUTE = 120;
/** Messages that may wait for the end of an exchange; ssh2 has no limit. */
const MOST_WAITING = 10_000;

/** Asks for new keys in time, which ssh2 does not do, and limits what a client can cause by key exchanges. */
export class Rekeying {
  readonly #client: Ssh2Connection;
  readonly #protocol: Ssh2Protocol;
  readonly #limit: RekeyLimit;
  readonly #guarded: Guarded;
  readonly #violation: (what: string) => void;
  readonly #hours: EqualDelays<Rekeying>;
  #bytes = 0;
  #exchanges = 0;
  #minuteBeganAt = performance.now();
  #deadline: NodeJS.Timeout | undefined;
  #loggedIn = false;

  constructor(
    client: Ssh2Connection,
    protocol: Ssh2Protocol,
    limit: RekeyLimit,
    guarded: Guarded,
    violation: (what: string) => void,
    hours: EqualDelays<Rekeying> = Rekeying.hours(limit),
  ) {
    this.#hours = hours;
    this.#client = client;
    this.#protocol = protocol;
    this.#limit = limit;
    this.#guarded = guarded;
    this.#violation = violation;
  }

  /** The clock that connections with the same limit share. */
  static hours({ ms }: RekeyLimit): EqualDelays<Rekeying> {
    return new EqualDelays(ms, (rekeying) => {
      rekeying.#guarded(() => {
        rekeying.#ask();
      })();
    });
  }

  /** Whether keys are being exchanged; what is sent meanwhile would wait in ssh2 without a bound. */
  get isBusy(): boolean {
    return this.#protocol._kexinit !== undefined;
  }

  loggedIn(): void {
    this.#loggedIn = true;
    this.#restart();
  }

  count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes >= this.#limit.bytes) this.#ask();
    if ((this.#protocol._queue?.length ?? 0) > MOST_WAITING)
      this.#violation('asks too much while keys are exchanged');
  }

  dispose(): void {
    this.#hours.stop(this);
    clearTimeout(this.#deadline);
  }

  #ask(): void {
    if (!this.#loggedIn || this.isBusy || this.#deadline !== undefined) return;
    const late = this.#guarded(() => {
      this.#violation('does not exchange keys');
    });
    this.#deadline = setTimeout(late, this.#limit.exchangeMs);
    this.#client.rekey();
  }

  /** To be called after each exchange but the first. */
  exchanged(): void {
    if (!this.#loggedIn) {
      this.#violation('exchanged keys again before login');
      return;
    }
    const now = performance.now();
    if (now - this.#minuteBeganAt > 60_000) {
      this.#minuteBeganAt = now;
      this.#exchanges = 0;
    }
    this.#exchanges += 1;
    if (this.#exchanges > MOST_A_MINUTE) this.#violation('exchanges keys too often');
    else this.#restart();
  }

  #restart(): void {
    this.dispose();
    this.#deadline = undefined;
    this.#bytes = 0;
    this.#hours.start(this);
  }
}
