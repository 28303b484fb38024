/** Words for times, for the menus and the gate. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time in its two largest units: `12 s`, `3 min`, `5 h 2 min`, `12 d 3 h`. */
export function duration(milliseconds: number): string {
  const time = Math.max(0, milliseconds);
  if (time < MINUTE) return `${Math.floor(time / SECOND)} s`;
  if (time < HOUR) return `${Math.floor(time / MINUTE)} min`;
  if (time < DAY) return two(time, HOUR, 'h', MINUTE, 'min');
  return two(time, DAY, 'd', HOUR, 'h');
}

function two(time: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((time % large) / small);
  const first = `${Math.floor(time / large)} ${largeName}`;
  return rest === 0 ? first : `${first} ${rest} ${smallName}`;
}

/** A moment as `2025-11-21 07:15`, in UTC. */
export function moment(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? '?' : date.toISOString().slice(0, 16).replace('T', ' ');
}

/** As `moment`, the day only. */
export function day(milliseconds: number): string {
  return moment(milliseconds).slice(0, 10);
}

/** @param since and `now` in milliseconds since the epoch */
export function sinceSentence(since: number, now: number): string {
  return `since ${moment(since)} UTC (${duration(now - since)})`;
}

/** As `sinceSentence`, for little room. */
export function sinceWord(since: number, now: number): string {
  return `for ${duration(now - since)}`;
}

/** @param age in milliseconds */
export function agoWord(age: number): string {
  return `${duration(age)} ago`;
}
