import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { printable } from '../../../policy/printable.js';
import type { Command } from './command.js';
import { parseSince } from './log-since.js';
import { usage, wrongForm } from './usage.js';

type LogCommand = Extract<Command, { command: 'log' | 'log-switch' }>;
type Reading = Extract<Command, { command: 'log' }>;

const FORM =
  'NAME log [--lines N] [--since 10m|TIME] [--boot -1] [--follow] [--raw] [--json], NAME log on|off [--json]';
const FLAGS = ['--follow', '--raw', '--json'] as const;
const MOST_LINES = 1_000_000;

/** Parses what follows `NAME log`. */
export function parseLogCommand(domain: string, words: readonly string[]): LogCommand | Refusal {
  const [first, ...more] = words;
  if (first === 'on' || first === 'off') {
    if (more.some((word) => word !== '--json')) return wrongForm('NAME log on|off [--json]');
    return { command: 'log-switch', domain, keep: first === 'on', json: more.length > 0 };
  }
  let reading: Reading = {
    command: 'log',
    domain,
    json: false,
    raw: false,
    follow: false,
    lines: null,
    since: null,
    boot: null,
  };
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const flag = FLAGS.find((known) => known === word);
    if (flag !== undefined) {
      reading = { ...reading, [flag.slice(2)]: true };
      continue;
    }
    // Both `--lines 10` and `--lines=10`.
    const [name = '', ...given] = word.split('=');
    const value = given.length > 0 ? given.join('=') : words[(at += 1)];
    const next = valued(reading, name, value);
    if (isRefusal(next)) return next;
    reading = next;
  }
  return together(reading);
}

function valued(reading: Reading, name: string, value: string | undefined): Reading | Refusal {
  const number = /^-?\d{1,7}$/.test(value ?? '') ? Number(value) : NaN;
  switch (name) {
    case '--lines':
      if (number >= 0 && number <= MOST_LINES) return { ...reading, lines: number };
      return usage(`--lines takes a number, at most ${MOST_LINES}.`);
    case '--boot':
      if (number <= 0 && number > -1000) return { ...reading, boot: number === 0 ? 0 : number };
      return usage('--boot takes 0 for the last boot, -1 for the one before it, and so on.');
    case '--since': {
      const since = parseSince(value ?? '');
      if (since !== undefined) return { ...reading, since };
      return usage('--since takes a time in UTC (2026-01-31T12:00) or how long ago (30s, 10m, 2h, 3d, 1w).');
    }
    default:
      return usage(`There is no "${printable(name, 40)}" here. The form is: ${FORM}.`);
  }
}

function together(reading: Reading): Reading | Refusal {
  const { json, raw, follow, boot } = reading;
  if (json && (raw || follow)) return usage('--json goes with neither --raw nor --follow.');
  if (follow && (boot ?? 0) < 0) return usage('Only the last boot can be followed.');
  return reading;
}
