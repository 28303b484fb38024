/** What a server used in one minute. Null: not known. */
export interface UsageMinute {
  /** Percent of one CPU. */
  readonly cpuPercent: number | null;
  /** Bytes a second. */
  readonly received: number | null;
  readonly sent: number | null;
  /** Requests a second. */
  readonly diskRequests: number | null;
}

/** One quantity over the last 24 hours. */
export interface UsageLine {
  /** 96 quarters of an hour, the oldest first: `0` to `7` of the highest, a blank where nothing is known. */
  readonly levels: string;
  /** Of the last minute; null: not known. */
  readonly now: number | null;
  /** Of the minute that had most; null: nothing is known at all. */
  readonly most: number | null;
}

/** The last 24 hours of a server, small enough to be kept for each menu. */
export interface UsageGraph {
  /** The end. Milliseconds since the epoch. */
  readonly to: number;
  readonly cpu: UsageLine;
  readonly network: UsageLine;
  readonly disk: UsageLine;
}

export const GRAPH_MINUTES = 24 * 60;
export const QUARTERS = 96;
const PER_QUARTER = GRAPH_MINUTES / QUARTERS;
/** A minute is written a little after its end. */
const NOW_MINUTES = 3;
/** What is less than these looks like little, however little the rest is. */
const LEAST = { cpu: 100, network: 100_000, disk: 100 } as const;

/** @param minutes of the last 24 hours, the oldest first @returns null when nothing is known of any */
export function usageGraph(minutes: readonly (UsageMinute | null)[], to: number): UsageGraph | null {
  if (minutes.every((minute) => minute === null)) return null;
  const line = (value: (minute: UsageMinute) => number | null, least: number): UsageLine =>
    lineOf(
      minutes.map((minute) => (minute === null ? null : value(minute))),
      least,
    );
  return {
    to,
    cpu: line(({ cpuPercent }) => cpuPercent, LEAST.cpu),
    network: line(
      ({ received, sent }) => (received === null || sent === null ? null : received + sent),
      LEAST.network,
    ),
    disk: line(({ diskRequests }) => diskRequests, LEAST.disk),
  };
}

function lineOf(minutes: readonly (number | null)[], least: number): UsageLine {
  const known = minutes.filter((value) => value !== null);
  const quarters = Array.from({ length: QUARTERS }, (_, at) => mean(minutes, at));
  const top = quarters.reduce<number>((most, value) => Math.max(most, value ?? 0), least);
  const levels = quarters.map((value) => (value === null ? ' ' : `${levelOf(value / top)}`));
  const last = minutes.slice(-NOW_MINUTES).findLast((value) => value !== null);
  return {
    levels: levels.join(''),
    now: last ?? null,
    most: known.length === 0 ? null : known.reduce((most, value) => Math.max(most, value)),
  };
}

function mean(minutes: readonly (number | null)[], quarter: number): number | null {
  const known = minutes
    .slice(quarter * PER_QUARTER, (quarter + 1) * PER_QUARTER)
    .filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

function levelOf(part: number): number {
  return Math.min(7, Math.max(0, Math.ceil(part * 8) - 1));
}
