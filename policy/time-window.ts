/** Days of the week in the order of JavaScript and of `Intl`. */
export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** A part of the week by local time: some days, and on each a time from one minute to another. */
export interface TimeWindow {
  /** As the file has it: `mon-fri 22:00-06:00`. */
  readonly text: string;
  /** The days on which it begins: indexes of DAYS. */
  readonly days: readonly number[];
  /** Minutes after midnight: the first minute inside. */
  readonly from: number;
  /** Minutes after midnight: the first minute outside. When it is before `from`, it is on the next day. */
  readonly to: number;
}

/** A local time in some zone. */
interface WallTime {
  /** Index of DAYS. */
  readonly day: number;
  /** Minutes after midnight. */
  readonly minutes: number;
}

/** The form that `parseTimeWindow` accepts, for a sentence. */
export const TIME_WINDOW_WORDS = 'days, times or both: `mon-fri 08:00-18:00`, `sat,sun`, `22:00-06:00`';

const DAY_MINUTES = 24 * 60;
const DAYS_FORM = '[a-z]{3}(?:[-,][a-z]{3}){0,7}';
const CLOCK_FORM = '\\d\\d:\\d\\d-\\d\\d:\\d\\d';
const FORM = new RegExp(`^(?:(?<days>${DAYS_FORM})(?: +(?=\\d)|$))?(?<clock>${CLOCK_FORM})?$`);

/** @returns undefined when the text is no window, or an empty one */
export function parseTimeWindow(text: string): TimeWindow | undefined {
  const { days, clock } = FORM.exec(text.trim().toLowerCase())?.groups ?? {};
  if (days === undefined && clock === undefined) return undefined;
  const on = days === undefined ? DAYS.map((_, index) => index) : daysOf(days);
  const [begins, ends] = (clock ?? '00:00-24:00').split('-').map(minutesOf);
  if (on === undefined || begins === undefined || ends === undefined) return undefined;
  if (begins === ends || begins === DAY_MINUTES) return undefined;
  // Until 00:00 means until the end of the day.
  return { text, days: on, from: begins, to: ends === 0 ? DAY_MINUTES : ends };
}

function daysOf(text: string): readonly number[] | undefined {
  const days = new Set<number>();
  for (const part of text.split(',')) {
    const [first = '', last = first, more] = part.split('-');
    const [begin, end] = [first, last].map((day) => (DAYS as readonly string[]).indexOf(day));
    if (more !== undefined || begin === undefined || end === undefined || begin < 0 || end < 0)
      return undefined;
    for (let day = begin; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === end) break;
    }
  }
  return [...days].sort((a, b) => a - b);
}

function minutesOf(clock: string): number | undefined {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  const all = hours * 60 + minutes;
  return minutes < 60 && all <= DAY_MINUTES ? all : undefined;
}

/**
 * Whether a local time is inside the window. A window over midnight belongs to the day on which it begins.
 */
export function isWithin({ days, from, to }: TimeWindow, { day, minutes }: WallTime): boolean {
  if (from < to) return days.includes(day) && from <= minutes && minutes < to;
  return (days.includes(day) && from <= minutes) || (days.includes((day + 6) % 7) && minutes < to);
}

/** Zones found valid so far: this check costs more than the rest of a rule. */
const zones = new Set<string>();

/** Whether the IANA database has this zone, under any of its names. */
export function isTimeZone(name: string): boolean {
  if (zones.has(name)) return true;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    zones.add(name);
    return true;
  } catch {
    return false;
  }
}

interface Clock {
  readonly format: Intl.DateTimeFormat;
  /**
   * Milliseconds since the epoch, and the local time then: the rules of one decision ask about one moment.
   */
  at: number;
  shown: WallTime;
}

/** The number of zones is limited, so this map is too. */
const clocks = new Map<string, Clock>();

/** The local time of a zone, with daylight saving time. @throws RangeError when there is no such zone */
export function wallTime(zone: string, now: Date): WallTime {
  const at = now.getTime();
  const known = clocks.get(zone);
  if (known?.at === at) return known.shown;
  const format =
    known?.format ??
    new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  const shown = read(format, now);
  clocks.set(zone, { format, at, shown });
  return shown;
}

function read(format: Intl.DateTimeFormat, now: Date): WallTime {
  const parts = new Map(format.formatToParts(now).map(({ type, value }) => [type, value]));
  const day = (DAYS as readonly string[]).indexOf((parts.get('weekday') ?? '').toLowerCase());
  return { day, minutes: Number(parts.get('hour')) * 60 + Number(parts.get('minute')) };
}

/** `thu 23:05` */
export function wallText({ day, minutes }: WallTime): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${DAYS[day] ?? ''} ${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
