import { FaultScope } from '../../wire/fault-scope.js';
import type { Now } from '../../wire/token-bucket.js';
import { TurnShare } from './turn-share.js';

/** A customer who took no more than this lately is served at once. Milliseconds. */
const LITTLE_MS = 5;
/** A customer who took more than this lately takes much. Milliseconds. */
const MUCH_MS = 40;
/** So much of a turn of the event loop is for one customer, and for all but those who take little. Milliseconds. */
const TURN_MS = 4;
/** So much of it is for one customer who takes much, and for all of them together. Milliseconds. */
const OWN_MS = 1;
const ALL_MS = 2;
/** So many sockets of one customer are read on in one turn. */
const READ_ON = 64;

/** A socket whose work takes turns. */
export interface TurnSource {
  /** Reads no more until `readOn`. What was read already may still come. */
  holdReading(): void;
  readOn(): void;
}

/** The place of one socket among its customer's. */
export interface TurnPlace {
  /** Runs it at once. @returns false when the customer has to wait: nothing was run, call `later` */
  now(work: () => void): boolean;
  /** Runs it in one of the next turns, after what waits here already. What it throws goes to its fault scope. */
  later(work: () => void): void;
  /** Runs all that waits. */
  finish(): void;
  /** Forgets what waits. Call it when the socket has closed; twice is harmless. */
  leave(): void;
}

/**
 * Divides the turns of the event loop among customers. A customer who takes little is served at once. A customer who
 * takes much has one millisecond in each turn, and all such customers have two together. Then their sockets are not
 * read until the next turn. So a key of another customer waits no longer, however many sessions, keys or watchers
 * they have. There is no pause between turns: a customer who is alone loses nothing.
 */
export class CustomerTurns {
  readonly #now: Now;
  readonly #later: (work: () => void) => void;
  readonly #shares = new Map<string, TurnShare<Place>>();
  /** Those with a place that waits, in the order of their turns. */
  #waiting: TurnShare<Place>[] = [];
  #turn = 0;
  /** What was used of this turn, and what those have used of it who take much. Milliseconds. */
  #used = 0;
  #usedByMany = 0;
  #isDue = false;
  #isRunning = false;

  /**
   * @param now milliseconds from any moment on
   * @param later calls back when everything else that waits has had its turn
   */
  constructor(
    now: Now = () => performance.now(),
    later: (work: () => void) => void = (work) => {
      setImmediate(work);
    },
  ) {
    this.#now = now;
    this.#later = later;
  }

  /** How many customers have a place. */
  get customers(): number {
    return this.#shares.size;
  }

  /** Gives a socket a place. What waits there runs in the fault scope of the caller. */
  join(customer: string, source: TurnSource): TurnPlace {
    let share = this.#shares.get(customer);
    if (share === undefined) {
      share = new TurnShare();
      this.#shares.set(customer, share);
    }
    share.places += 1;
    return new Place(this, customer, share, source);
  }

  /** For a place. */
  left(customer: string, share: TurnShare<Place>): void {
    share.places -= 1;
    if (share.places === 0) this.#shares.delete(customer);
  }

  /** For a place. */
  take(place: Place, work: () => void): boolean {
    // The time of what another place's work does is that one's.
    if (this.#isRunning) {
      work();
      return true;
    }
    if (place.hasWork || !this.#mayGoOn(place.share) || this.#isBehind(place.share)) return false;
    this.#run(place, work);
    return true;
  }

  /** For a place. */
  wait(place: Place): void {
    if (place.isWaiting || place.hasLeft) return;
    place.isWaiting = true;
    place.source.holdReading();
    const { share } = place;
    share.waiting.push(place);
    this.#standInLine(share);
    this.#beDue();
  }

  /** Once, however often it waits anew while it is served. */
  #standInLine(share: TurnShare<Place>): void {
    if (share.isInLine) return;
    share.isInLine = true;
    this.#waiting.push(share);
  }

  #mayGoOn(share: TurnShare<Place>): boolean {
    const own = share.usedIn(this.#turn);
    const lately = share.lately(this.#now());
    if (lately <= LITTLE_MS) return own < TURN_MS;
    if (own >= TURN_MS || this.#used >= TURN_MS) return false;
    return lately <= MUCH_MS || (own < OWN_MS && this.#usedByMany < ALL_MS);
  }

  /** Whether a customer waits who took less lately. */
  #isBehind(share: TurnShare<Place>): boolean {
    const [first] = this.#waiting;
    if (first === undefined || first === share) return false;
    const now = this.#now();
    const lately = share.lately(now);
    return lately > LITTLE_MS && lately >= first.lately(now);
  }

  /** @returns false when the customer has used its time: then the place waits */
  #run(place: Place, work: () => void): boolean {
    const { share } = place;
    const begun = this.#now();
    this.#isRunning = true;
    try {
      work();
    } finally {
      this.#isRunning = false;
      const now = this.#now();
      share.spend(now - begun, now, this.#turn);
      this.#used += now - begun;
      if (share.lately(now) > MUCH_MS) this.#usedByMany += now - begun;
      this.#beDue();
    }
    const mayGoOn = this.#mayGoOn(share);
    if (!mayGoOn) this.wait(place);
    return mayGoOn;
  }

  /** Has the turn end when all that is ready now was served. */
  #beDue(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#later(() => {
      FaultScope.within(undefined, () => {
        this.#next();
      });
    });
  }

  #next(): void {
    this.#isDue = false;
    this.#turn += 1;
    this.#used = 0;
    this.#usedByMany = 0;
    const round = this.#waiting;
    this.#waiting = [];
    const unserved = round.filter((share) => {
      if (!this.#mayGoOn(share)) return true;
      share.isInLine = false;
      this.#serve(share);
      return false;
    });
    // Those that had no time in this turn come first in the next.
    this.#waiting = [...unserved, ...this.#waiting];
    if (this.#waiting.length > 0) this.#beDue();
  }

  /** Each place of the customer once at most, as long as there is time. */
  #serve(share: TurnShare<Place>): void {
    let left = Math.min(share.waiting.length, READ_ON);
    for (; left > 0 && this.#mayGoOn(share); left -= 1) {
      const place = share.waiting.shift();
      if (place === undefined) break;
      place.isWaiting = false;
      const work = place.takeWork();
      const mayGoOn = work === null || this.#run(place, work);
      if (place.hasWork) this.wait(place);
      else if (mayGoOn)
        place.within(() => {
          place.source.readOn();
        });
    }
    if (share.waiting.length > 0) this.#standInLine(share);
  }
}

class Place implements TurnPlace {
  readonly share: TurnShare<Place>;
  readonly source: TurnSource;
  /** Whether it stands in the share's line. */
  isWaiting = false;
  readonly #turns: CustomerTurns;
  readonly #customer: string;
  readonly #scope = FaultScope.current;
  #work: (() => void)[] | null = null;
  #left = false;

  constructor(turns: CustomerTurns, customer: string, share: TurnShare<Place>, source: TurnSource) {
    this.#turns = turns;
    this.#customer = customer;
    this.share = share;
    this.source = source;
  }

  get hasWork(): boolean {
    return this.#work !== null;
  }

  get hasLeft(): boolean {
    return this.#left;
  }

  now(work: () => void): boolean {
    if (!this.#left) return this.#turns.take(this, work);
    work();
    return true;
  }

  later(work: () => void): void {
    if (this.#left) return;
    (this.#work ??= []).push(work);
    this.#turns.wait(this);
  }

  finish(): void {
    for (let work = this.takeWork(); work !== null; work = this.takeWork()) work();
  }

  leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#work = null;
    const at = this.isWaiting ? this.share.waiting.indexOf(this) : -1;
    if (at !== -1) this.share.waiting.splice(at, 1);
    this.#turns.left(this.#customer, this.share);
  }

  /** @returns what waits longest */
  takeWork(): (() => void) | null {
    const work = this.#work?.shift();
    if (this.#work?.length === 0) this.#work = null;
    if (work === undefined) return null;
    return () => {
      this.within(() => {
        try {
          work();
        } catch (fault) {
          // It is its session's fault, and the turns of all others go on.
          queueMicrotask(() => {
            throw fault;
          });
        }
      });
    };
  }

  within(work: () => void): void {
    FaultScope.within(this.#scope, work);
  }
}
