import type { DomainName } from '../../policy/names.js';
import { Database, Sql } from './database.js';

/** How long points are kept. */
const MINUTES = 7 * 24 * 60;
/** A domain that was not seen for an hour is noted as seen again; more often would be a write for each domain. */
const NOTE_MINUTES = 60;
/** Of all domains within a week: bounds the size of a row. */
const MOST_SERIES = 10_000;

/**
 * `sample` is a ring: one row for each minute, at `minute % MINUTES`, with all domains' points one after the other.
 * `series` says whose place is which, and since which minute.
 */
const SCHEMA = `
CREATE TABLE series (
  place INTEGER PRIMARY KEY, domain TEXT NOT NULL, uuid TEXT NOT NULL, first INTEGER NOT NULL, seen INTEGER NOT NULL,
  UNIQUE (domain, uuid)
) STRICT;
CREATE TABLE sample (slot INTEGER PRIMARY KEY, minute INTEGER NOT NULL, points BLOB NOT NULL) STRICT;
CREATE INDEX sample_minute ON sample (minute);
`;
const SCHEMA_VERSION = 1;

const SERIES = new Sql<StoredSeries>('SELECT place, domain, uuid, first, seen FROM series');
const PLACE = new Sql<{ place: number; first: number }>(
  'SELECT place, first FROM series WHERE domain = ? AND uuid = ?',
);
const OCCUPY = new Sql(
  `INSERT INTO series (place, domain, uuid, first, seen) VALUES (?, ?, ?, ?, ?)
   ON CONFLICT (place) DO UPDATE SET domain = excluded.domain, uuid = excluded.uuid, first = excluded.first,
     seen = excluded.seen`,
);
const SEEN = new Sql('UPDATE series SET first = ?, seen = ? WHERE place = ?');
const WRITE = new Sql('INSERT OR REPLACE INTO sample (slot, minute, points) VALUES (?, ?, ?)');
const FORGET_AFTER = new Sql('DELETE FROM sample WHERE minute > ?');
const READ = new Sql<{ minute: number; point: Buffer }>(
  `SELECT minute, substr(points, ?, ?) AS point FROM sample
   WHERE slot BETWEEN ? AND ? AND minute BETWEEN ? AND ?`,
);

interface StoredSeries {
  readonly place: number;
  readonly domain: DomainName;
  readonly uuid: string;
  /** What is at its place from before this minute is another domain's. */
  first: number;
  /** The minute in which it was seen last, or up to an hour before. */
  seen: number;
}

/** What a domain used in one minute. Null: not known. */
export interface UsagePoint {
  /** Percent of one CPU. */
  readonly cpuPercent: number | null;
  /** Bytes a second. */
  readonly received: number | null;
  readonly sent: number | null;
  /** Requests to disks, a second. */
  readonly diskRequests: number | null;
}

/** Which domain's points these are: another UUID in the configuration is another domain. */
export interface UsageSeries {
  readonly domain: DomainName;
  /** As the configuration sets it; null: it sets none. */
  readonly uuid: string | null;
}

/** The keys of a point, in the order in which they are stored, with what is stored of 1. */
const FIELDS = [
  ['cpuPercent', 100],
  ['received', 1],
  ['sent', 1],
  ['diskRequests', 100],
] as const satisfies readonly (readonly [keyof UsagePoint, number])[];
/** Bytes. */
const POINT_SIZE = 2 * FIELDS.length;
const UNKNOWN = 0xffff;
/** A number is stored by its logarithm: exact to 0.05 %, and up to 10^13. */
const STEPS = 1_500;

/**
 * What all domains used in each minute of the last week, in a file of its own. It never grows beyond that. It is no
 * evidence: it is in no backup, and begins anew when it cannot be read.
 */
export class UsageHistory {
  readonly #database: Database;
  readonly #remade: ((why: string) => void) | null;
  /** By `keyOf`; null: not read yet. Only the process that records keeps it. */
  #series: Map<string, StoredSeries> | null = null;

  /** Use `open`. */
  constructor(database: Database, remade: ((why: string) => void) | null) {
    this.#database = database;
    this.#remade = remade;
  }

  /**
   * Opens the file, or makes it.
   *
   * @param remade for the process that records: it makes a broken file anew, and is told why. Null for the others
   * @throws StoreError
   */
  static open(file: string, remade: ((why: string) => void) | null = () => undefined): UsageHistory {
    return new UsageHistory(Database.openExpendable(file, SCHEMA, SCHEMA_VERSION, remade), remade);
  }

  /**
   * Writes a minute, in one transaction. One of the same number is replaced. Later ones are removed: the clock was set
   * back, and what it said before must not be taken for the time after. A file that proves to be broken begins anew,
   * without this minute.
   *
   * @param minute since the epoch
   * @throws AuditUnavailableError when it cannot be written; the minute is lost then
   */
  record(minute: number, points: ReadonlyMap<UsageSeries, UsagePoint>): void {
    try {
      this.#database.transaction(() => {
        this.#database.run(FORGET_AFTER, minute);
        // Those that have a place first: no other domain is given it meanwhile.
        const known = [...points].map(([series, point]) => ({
          series,
          point,
          place: this.#known(series, minute),
        }));
        const places = known.flatMap(({ series, point, place: has }) => {
          const place = has ?? this.#newPlace(series, minute);
          return place === null ? [] : [{ place, point }];
        });
        const length = Math.max(0, ...places.map(({ place }) => place + 1));
        const row = Buffer.alloc(length * POINT_SIZE, 0xff);
        for (const { place, point } of places) write(row, place * POINT_SIZE, point);
        this.#database.run(WRITE, slotOf(minute), minute, row);
      });
    } catch (error) {
      this.#series = null;
      if (this.#remade === null || !this.#database.leaveBroken(error, true)) throw error;
      this.#remade((error as Error).message);
    }
  }

  /**
   * Removes what is later than this minute: the clock was set back while no gate ran.
   *
   * @throws AuditUnavailableError
   */
  forgetAfter(minute: number): void {
    this.#database.transaction(() => this.#database.run(FORGET_AFTER, minute));
  }

  /**
   * The points of these minutes, the first and the last included; null for a minute of which nothing is known. A few
   * hundred minutes take a few milliseconds with 1,000 domains, so read more in parts.
   *
   * @throws AuditUnavailableError when the file cannot be read now
   */
  read(series: UsageSeries, first: number, last: number): (UsagePoint | null)[] {
    // Another process records: between two reads it could give the place to another domain.
    try {
      return this.#database.snapshot(() => this.#read(series, first, last));
    } catch (error) {
      // The recorder makes it anew, and the next read finds the new one.
      if (this.#remade === null) this.#database.leaveBroken(error, false);
      throw error;
    }
  }

  /** Calling it twice is harmless. */
  close(): void {
    this.#database.close();
  }

  #read({ domain, uuid }: UsageSeries, first: number, last: number): (UsagePoint | null)[] {
    const points = new Array<UsagePoint | null>(Math.max(0, last - first + 1)).fill(null);
    const series = this.#database.get(PLACE, domain, uuid ?? '');
    if (series === undefined) return points;
    const { place } = series;
    const from = Math.max(first, series.first, last - MINUTES + 1);
    if (from > last) return points;
    const ranges =
      slotOf(from) <= slotOf(last)
        ? [[slotOf(from), slotOf(last)] as const]
        : [[slotOf(from), MINUTES - 1] as const, [0, slotOf(last)] as const];
    for (const [low, high] of ranges)
      for (const { minute, point } of this.#database.all(
        READ,
        place * POINT_SIZE + 1,
        POINT_SIZE,
        low,
        high,
        from,
        last,
      ))
        points[minute - first] = readPoint(point);
    return points;
  }

  get #all(): Map<string, StoredSeries> {
    return (this.#series ??= new Map(
      this.#database.all(SERIES).map((stored) => [keyOf(stored.domain, stored.uuid), { ...stored }]),
    ));
  }

  /** The place that it has; null when it has none. */
  #known({ domain, uuid }: UsageSeries, minute: number): number | null {
    const known = this.#all.get(keyOf(domain, uuid ?? ''));
    if (known === undefined) return null;
    // An earlier minute than its first: the clock was set back.
    if (minute < known.first || Math.abs(minute - known.seen) >= NOTE_MINUTES) {
      known.first = Math.min(known.first, minute);
      known.seen = minute;
      this.#database.run(SEEN, known.first, known.seen, known.place);
    }
    return known.place;
  }

  /** @returns null when there are too many */
  #newPlace({ domain, uuid }: UsageSeries, minute: number): number | null {
    const place = this.#freePlace(minute);
    if (place === null) return null;
    this.#database.run(OCCUPY, place, domain, uuid ?? '', minute, minute);
    const stored = { place, domain, uuid: uuid ?? '', first: minute, seen: minute };
    this.#all.set(keyOf(domain, stored.uuid), stored);
    return place;
  }

  /** One whose domain left no point in the ring, or the next. */
  #freePlace(minute: number): number | null {
    const taken = new Set<number>();
    for (const [key, { place, seen }] of this.#all) {
      if (minute - seen > MINUTES + NOTE_MINUTES) {
        this.#all.delete(key);
        return place;
      }
      taken.add(place);
    }
    for (let place = 0; place < MOST_SERIES; place += 1) if (!taken.has(place)) return place;
    return null;
  }
}

function keyOf(domain: string, uuid: string): string {
  return `${domain} ${uuid}`;
}

function slotOf(minute: number): number {
  return ((minute % MINUTES) + MINUTES) % MINUTES;
}

function write(row: Buffer, at: number, point: UsagePoint): void {
  FIELDS.forEach(([field, scale], index) => {
    const value = point[field];
    const stored = value === null ? UNKNOWN : Math.round(Math.log2(1 + Math.max(0, value) * scale) * STEPS);
    row.writeUInt16LE(value === null ? UNKNOWN : Math.min(stored, UNKNOWN - 1), at + index * 2);
  });
}

/** @returns null when nothing is known */
function readPoint(bytes: Buffer): UsagePoint | null {
  if (bytes.length < POINT_SIZE) return null;
  const values = FIELDS.map(([, scale], index) => {
    const stored = bytes.readUInt16LE(index * 2);
    return stored === UNKNOWN ? null : (2 ** (stored / STEPS) - 1) / scale;
  });
  const [cpuPercent = null, received = null, sent = null, diskRequests = null] = values;
  if (values.every((value) => value === null)) return null;
  return { cpuPercent, received, sent, diskRequests };
}
