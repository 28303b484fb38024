import { InvalidArgumentError } from 'commander';

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/**
 * Reads a time: `2026-01-31`, `2026-01-31T12:00:00Z`, or how long ago: `90m`, `2h`, `7d`.
 *
 * @throws InvalidArgumentError
 */
export function timeOrAgo(text: string): string {
  return timeOf(text, -1);
}

/** As `timeOrAgo`, but ahead: `90m` is in 90 minutes. @throws InvalidArgumentError */
export function timeOrAhead(text: string): string {
  return timeOf(text, 1);
}

/** As `timeOrAhead`, or `never`. @throws InvalidArgumentError */
export function timeOrNever(text: string): string {
  return text === 'never' ? text : timeOrAhead(text);
}

function timeOf(text: string, direction: 1 | -1): string {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) {
    const distance = Number(count) * SECONDS[unit as keyof typeof SECONDS] * 1000;
    return new Date(Date.now() + direction * distance).toISOString();
  }
  if (Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError('Give a time such as 2026-01-31, 90m, 2h or 7d.');
  return text;
}
