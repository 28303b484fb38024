import type { RescueTimes } from './menu-domain.js';

const HOUR = 3_600;
const DAY = 24 * HOUR;
/** As long as the host's own longest: 366 days. Seconds. */
const LONGEST = 366 * DAY;

const OFFERED = [HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 12 * HOUR, DAY, 2 * DAY, 3 * DAY, 7 * DAY];
const UNITS = { s: 1, m: 60, h: HOUR, d: DAY } as const;

/** The choice of how long a rescue lasts. Seconds; null is no end. */
export interface RescueTime {
  readonly choices: readonly (number | null)[];
  /** The index of the choice. */
  readonly at: number;
  /** The length without a choice. */
  readonly usual: number | null;
}

/** The choices within what is allowed, shortest first; no end comes last. */
export function rescueTime({ usual, most }: RescueTimes): RescueTime {
  const lengths = new Set([...OFFERED.filter((length) => most === null || length <= most)]);
  if (usual !== null) lengths.add(usual);
  if (most !== null) lengths.add(most);
  const sorted = [...lengths].sort((one, other) => one - other);
  // Without a usual length a rescue has no end, and may be given one.
  const choices = usual === null ? [...sorted, null] : sorted;
  return { choices, at: choices.indexOf(usual), usual };
}

/** The choice that is so many steps further. */
export function otherTime(time: RescueTime, steps: number): RescueTime {
  return { ...time, at: Math.min(time.choices.length - 1, Math.max(0, time.at + steps)) };
}

/** The chosen length; null: no end. */
export function chosenTime({ choices, at }: RescueTime): number | null {
  return choices[at] ?? null;
}

/**
 * Takes a typed `for 2h`.
 *
 * @returns undefined when the line is none; null when it is no length, or longer than allowed
 */
export function typedTime(
  line: string,
  time: RescueTime,
  most: number | null,
): RescueTime | null | undefined {
  const [, text] = /^for\s+(\S+)$/i.exec(line.trim()) ?? [];
  if (text === undefined) return undefined;
  const seconds = parseLength(text);
  if (seconds === undefined || (most !== null && seconds > most)) return null;
  return { ...time, choices: [seconds], at: 0 };
}

/** Parses a length of time like `90m`. @returns seconds; undefined when it is none, or longer than 366 days */
export function parseLength(text: string): number | undefined {
  const [, count, unit] = /^([1-9]\d{0,7})(s|m|h|d)$/.exec(text) ?? [];
  if (count === undefined) return undefined;
  const seconds = Number(count) * UNITS[unit as keyof typeof UNITS];
  return seconds <= LONGEST ? seconds : undefined;
}
