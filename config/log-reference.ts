import { LOG_EVENTS, LOG_LEVELS } from '../server/wire/log-events.js';

/** The tables of docs/log-events.md: what is logged, by half, in the order of the names. */
export function logReference(): string {
  return Object.entries(TITLES)
    .map(([half, title]) => `## ${title}\n\n${table(LOG_EVENTS[half as keyof typeof LOG_EVENTS])}`)
    .join('\n');
}

const TITLES: Readonly<Record<keyof typeof LOG_EVENTS, string>> = {
  both: 'Both halves',
  gate: 'The gate',
  dom0: 'The dom0 half',
};

function table(levels: (typeof LOG_EVENTS)[keyof typeof LOG_EVENTS]): string {
  const rows = LOG_LEVELS.flatMap((level) =>
    Object.entries(levels[level]).map(([event, means]) => `| \`${event}\` | ${level} | ${means} |\n`),
  );
  return `| \`msg\` | level | what it means, and what to do |\n|---|---|---|\n${rows.sort().join('')}`;
}
