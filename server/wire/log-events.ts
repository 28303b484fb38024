import { DOM0_LOG_EVENTS } from './dom0-log-events.js';
import { GATE_LOG_EVENTS } from './gate-log-events.js';
import { HALF_LOG_EVENTS } from './half-log-events.js';

/** The levels of log lines, the gravest first. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * All that is logged, by who logs it and at which level. A line's message is the name of its event; the facts are
 * its fields. An event told again and again may be at `debug` after the first time. The tables of
 * docs/log-events.md are made from this.
 */
export const LOG_EVENTS = {
  both: HALF_LOG_EVENTS,
  gate: GATE_LOG_EVENTS,
  dom0: DOM0_LOG_EVENTS,
} as const satisfies Record<string, Record<LogLevel, Readonly<Record<string, string>>>>;

/** The events that are logged at this level. */
export type LogEvent<L extends LogLevel = LogLevel> =
  | EventsOf<typeof HALF_LOG_EVENTS, L>
  | EventsOf<typeof GATE_LOG_EVENTS, L>
  | EventsOf<typeof DOM0_LOG_EVENTS, L>;

type EventsOf<T extends Record<LogLevel, object>, L extends LogLevel> = {
  [K in L]: keyof T[K] & string;
}[L];

/** What an admin must know of an event at `warn` and above, by its name: what it means, and what to do. */
export const LOG_MEANINGS: ReadonlyMap<string, string> = new Map(
  Object.values(LOG_EVENTS).flatMap(({ fatal, error, warn }) =>
    Object.entries({ ...fatal, ...error, ...warn } as Readonly<Record<string, string>>),
  ),
);
