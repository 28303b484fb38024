/** Where to begin: at a time (milliseconds since 1970), or so long ago (milliseconds). */
export type LogSince = { readonly at: number } | { readonly ago: number };

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const AGO = /^(\d{1,6})(s|m|h|d|w)$/;
/** RFC 3339 in UTC; parts that are left out are zero. */
const TIME = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(:\d\d(?:\.\d{1,3})?)?Z?)?$/;

/** @returns undefined when it is neither `10m` nor a time */
export function parseSince(text: string): LogSince | undefined {
  const [, count, unit] = AGO.exec(text) ?? [];
  if (count !== undefined) return { ago: Number(count) * UNITS[unit as keyof typeof UNITS] };
  const [, day, minute = '00:00', second = ':00'] = TIME.exec(text) ?? [];
  const at = day === undefined ? NaN : Date.parse(`${day}T${minute}${second}Z`);
  return Number.isNaN(at) ? undefined : { at };
}

/** @param now milliseconds since 1970 @returns the time in milliseconds since 1970 */
export function timeOf(since: LogSince, now: number): number {
  return 'at' in since ? since.at : Math.max(0, now - since.ago);
}
