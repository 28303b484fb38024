import { InvalidArgumentError } from 'commander';

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** A time of an option: `2026-01-31`, `2026-01-31T12:00:00Z`, or how long ago: `90m`, `2h`, `7d`. @throws InvalidArgumentError */
export function timeOrAgo(text: string): string {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) {
    return new Date(Date.now() - Number(count) * SECONDS[unit as keyof typeof SECONDS] * 1000).toISOString();
  }
  if (Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError('Give a time such as 2026-01-31, 90m, 2h or 7d.');
  return text;
}
