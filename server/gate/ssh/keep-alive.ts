import { FaultGuard } from '../../wire/fault-guard.js';
import type { FaultLogger } from '../../wire/logger.js';
import { Slices } from '../scheduling/slices.js';
import type { SshSettings } from './ssh-settings.js';

/** A client that is asked whether it is still there. */
export interface AskedClient {
  /** Sends the question. Whatever the client sends is an answer. */
  ask(): void;
  /** It has answered nothing for too long. */
  gone(): void;
}

interface KeepAliveParts {
  readonly settings: SshSettings['keepAlive'];
  readonly log: FaultLogger;
  readonly slices?: Slices;
}

/** The clock's longest step. Milliseconds. */
const LONGEST_STEP = 1_000;

/** The place of one client. Times are steps of the clock. */
export class Place {
  readonly client: AskedClient;
  heardAt: number;
  /** Pieces that were heard since the first open question. */
  heard = 0;
  /** Questions without an answer, and when the first of them was sent. */
  open = 0;
  askedAt = 0;
  /** How long it may be silent before it is asked. */
  patience: number;
  dueAt: number;

  constructor(client: AskedClient, now: number, patience: number) {
    this.client = client;
    this.heardAt = now;
    this.patience = patience;
    this.dueAt = now + patience;
  }
}

/**
 * Asks clients that are silent whether they are still there, with one clock for all. ssh2 has a timer for each, and its
 * questions are most of what thousands of idle connections cost. A client that was silent but for its answer is asked
 * half as often the next time, down to every `intervalSeconds` times `countMax`. One that does not answer is asked
 * every `intervalSeconds`.
 */
export class KeepAlive {
  readonly #interval: number;
  readonly #longest: number;
  readonly #most: number;
  readonly #step: number;
  readonly #slices: Slices;
  readonly #guard: FaultGuard;
  readonly #due = new Map<number, Set<Place>>();
  /** Those that are due, and what settles when all have been looked at. */
  readonly #looking: Place[] = [];
  #isLooking = false;
  #looks: Promise<void> = Promise.resolve();
  #now = 0;
  #size = 0;
  #clock: NodeJS.Timeout | null = null;

  constructor({ settings: { intervalSeconds, countMax }, log, slices = new Slices() }: KeepAliveParts) {
    const interval = intervalSeconds * 1_000;
    this.#step = Math.min(LONGEST_STEP, interval);
    this.#interval = Math.max(1, Math.round(interval / this.#step));
    this.#most = countMax;
    this.#longest = this.#interval * countMax;
    this.#slices = slices;
    this.#guard = new FaultGuard(log);
  }

  watch(client: AskedClient): Place {
    const place = new Place(client, this.#now, this.#interval);
    this.#wait(place);
    this.#size += 1;
    this.#clock ??= setInterval(
      this.#guard.on('keep-alive', () => {
        void this.tick();
      }),
      this.#step,
    ).unref();
    return place;
  }

  /** The client has sent something. */
  heard(place: Place): void {
    place.heardAt = this.#now;
    place.heard += 1;
  }

  /** Call it once. */
  forget(place: Place): void {
    this.#due.get(place.dueAt)?.delete(place);
    place.dueAt = NaN;
    this.#size -= 1;
    if (this.#size > 0 || this.#clock === null) return;
    clearInterval(this.#clock);
    this.#clock = null;
  }

  /** The clock's next step. @returns settles when everybody who is due has been looked at */
  tick(): Promise<void> {
    this.#now += 1;
    const due = this.#due.get(this.#now) ?? [];
    this.#due.delete(this.#now);
    for (const place of due) this.#looking.push(place);
    // A busy machine may take longer than a step of the clock.
    if (this.#isLooking || this.#looking.length === 0) return this.#looks;
    this.#isLooking = true;
    const look = this.#guard.on('keep-alive', (place: Place) => {
      // It may have gone meanwhile.
      if (place.dueAt <= this.#now) this.#look(place, this.#now);
    });
    this.#looks = this.#slices.run(() => {
      const place = this.#looking.pop();
      this.#isLooking = this.#looking.length > 0;
      if (place !== undefined) look(place);
      return this.#isLooking;
    });
    return this.#looks;
  }

  #look(place: Place, now: number): void {
    if (place.open > 0 && place.heardAt < place.askedAt) {
      if (place.open < this.#most) this.#ask(place, now);
      else place.client.gone();
      return;
    }
    const wasAsked = place.open > 0;
    place.open = 0;
    if (wasAsked)
      place.patience = place.heard === 1 ? Math.min(this.#longest, place.patience * 2) : this.#interval;
    else if (place.heardAt + place.patience > now) place.patience = this.#interval;
    if (place.heardAt + place.patience <= now) this.#ask(place, now);
    else this.#at(place, place.heardAt + place.patience);
  }

  #ask(place: Place, now: number): void {
    if (place.open === 0) {
      place.askedAt = now;
      place.heard = 0;
    }
    place.open += 1;
    this.#at(place, now + this.#interval);
    place.client.ask();
  }

  #at(place: Place, moment: number): void {
    place.dueAt = Math.max(this.#now + 1, moment);
    this.#wait(place);
  }

  #wait(place: Place): void {
    const others = this.#due.get(place.dueAt);
    if (others === undefined) this.#due.set(place.dueAt, new Set([place]));
    else others.add(place);
  }
}
