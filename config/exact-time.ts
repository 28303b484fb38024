/** The form that `exactTime` accepts, for a sentence. */
export const TIME_WORDS = 'a day, 2027-01-31, or a time with its zone, 2027-01-31T12:00:00Z';

const TIME = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/;

/**
 * Reads a time that means the same on every machine. A day begins at midnight UTC.
 *
 * @returns ISO 8601, UTC, with milliseconds; undefined when it is no such time
 */
export function exactTime(text: string): string | undefined {
  const [, day] = TIME.exec(text) ?? [];
  const time = new Date(text);
  if (day === undefined || Number.isNaN(time.getTime())) return undefined;
  // The 31st of February would be the 3rd of March.
  const isDay = new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
  return isDay ? time.toISOString() : undefined;
}
