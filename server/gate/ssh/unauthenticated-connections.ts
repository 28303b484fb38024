import type { Now } from '../../wire/token-bucket.js';
import { BoundedMap } from '../../wire/token-bucket.js';

interface UnauthenticatedConnectionsParts {
  /** Connections that may wait at once. */
  readonly most: number;
  readonly now?: Now;
  /** From 0 to below 1. */
  readonly random?: () => number;
}

interface Source {
  readonly bucket: string;
  waiting: number;
  /** Arrivals; each half minute, half of them are forgotten. */
  arrivals: number;
  countedAt: number;
}

interface Waiting<T> {
  readonly one: T;
  readonly source: Source;
}

/**
 * From this share of the places on, some are dropped, with this chance at first: it rises to 1 at the last
 * place.
 */
const EARLY = { share: 0.75, chance: 0.3 } as const;
const HALF_LIFE_MS = 30_000;
/** For `ms` after a login from a source, its crowd counts as smaller by `factor`. */
const SPARED = { ms: 24 * 60 * 60 * 1000, factor: 8 } as const;
/** The worst is sought among all that wait; if more than this wait, among so many drawn at random. */
const SAMPLE = 256;
const MOST_SOURCES = 20_000;

/**
 * The connections that have not logged in yet, a bounded number. When the places run out, one from the most
 * crowded source goes. The crowd is how many wait from there, and how many came lately. A login takes some
 * round trips, so neither the newest nor the oldest may be the one to go: a flood would then keep out
 * customers who are far away. Random early drop, as `MaxStartups` of sshd_config(5).
 */
export class UnauthenticatedConnections<T> {
  readonly #most: number;
  readonly #now: Now;
  readonly #random: () => number;
  readonly #places: Waiting<T>[] = [];
  readonly #placeOf = new Map<T, number>();
  /** The sources that somebody waits from: counted exactly, however many come. */
  readonly #present = new Map<string, Source>();
  readonly #lately: BoundedMap<string, Source>;
  /**
   * When somebody last logged in from each source, oldest first. Only customers get in here, so no flood
   * pushes them out.
   */
  readonly #loggedInAt = new Map<string, number>();

  constructor({
    most,
    now = () => performance.now(),
    random = Math.random,
  }: UnauthenticatedConnectionsParts) {
    this.#most = most;
    this.#now = now;
    this.#random = random;
    this.#lately = new BoundedMap(MOST_SOURCES, (bucket) => ({
      bucket,
      waiting: 0,
      arrivals: 0,
      countedAt: now(),
    }));
  }

  get size(): number {
    return this.#places.length;
  }

  /**
   * @param isTight whether one must go in any case
   * @returns the one to drop, already removed from here: maybe the one that arrives; null for none
   */
  arrives(one: T, bucket: string, isTight = false): T | null {
    const source = this.#present.get(bucket) ?? this.#lately.of(bucket);
    this.#present.set(bucket, source);
    this.#age(source, this.#now());
    source.arrivals += 1;
    source.waiting += 1;
    this.#placeOf.set(one, this.#places.length);
    this.#places.push({ one, source });
    if (!isTight && !this.#shouldDrop()) return null;
    const worst = this.#worst();
    if (worst !== null) this.#remove(worst);
    return worst;
  }

  /** It has logged in and waits no longer. Twice is harmless. */
  loggedIn(one: T): void {
    const source = this.#remove(one);
    if (source === null) return;
    this.#loggedInAt.delete(source.bucket);
    this.#loggedInAt.set(source.bucket, this.#now());
    const [oldest] = this.#loggedInAt.keys();
    if (this.#loggedInAt.size > MOST_SOURCES && oldest !== undefined) this.#loggedInAt.delete(oldest);
  }

  /** Twice is harmless. */
  left(one: T): void {
    this.#remove(one);
  }

  waitingFrom(bucket: string): number {
    return this.#present.get(bucket)?.waiting ?? 0;
  }

  #shouldDrop(): boolean {
    const before = this.#places.length - 1;
    const early = this.#most * EARLY.share;
    if (before >= this.#most) return true;
    if (before < early) return false;
    const chance = EARLY.chance + ((1 - EARLY.chance) * (before - early)) / (this.#most - early);
    return this.#random() < chance;
  }

  /** One from the most crowded source, drawn by chance. */
  #worst(): T | null {
    const offset = Math.floor(this.#random() * this.#places.length);
    const now = this.#now();
    let worst: Waiting<T> | null = null;
    let crowd = -Infinity;
    for (let n = 0; n < Math.min(this.#places.length, SAMPLE); n += 1) {
      const place = this.#place(offset + n);
      // A crowd only becomes smaller with time, so most are compared without a look at the time.
      if (place === undefined || place.source.waiting + place.source.arrivals <= crowd) continue;
      const its = this.#crowd(place.source, now);
      if (its <= crowd) continue;
      crowd = its;
      worst = place;
    }
    return worst?.one ?? null;
  }

  /** Neighbours came at about the same moment, so a sample of many is drawn at random. */
  #place(at: number): Waiting<T> | undefined {
    const { length } = this.#places;
    return this.#places[length <= SAMPLE ? at % length : Math.floor(this.#random() * length)];
  }

  #crowd(source: Source, now: number): number {
    this.#age(source, now);
    const crowd = source.waiting + source.arrivals;
    const since = now - (this.#loggedInAt.get(source.bucket) ?? -Infinity);
    return since < SPARED.ms ? crowd / SPARED.factor : crowd;
  }

  #age(source: Source, now: number): void {
    source.arrivals *= 0.5 ** ((now - source.countedAt) / HALF_LIFE_MS);
    source.countedAt = now;
  }

  #remove(one: T): Source | null {
    const at = this.#placeOf.get(one);
    const place = at === undefined ? undefined : this.#places[at];
    if (at === undefined || place === undefined) return null;
    this.#placeOf.delete(one);
    const last = this.#places.pop();
    if (last !== undefined && last !== place) {
      this.#places[at] = last;
      this.#placeOf.set(last.one, at);
    }
    place.source.waiting -= 1;
    if (place.source.waiting === 0) this.#present.delete(place.source.bucket);
    return place.source;
  }
}
