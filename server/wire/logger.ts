import type { LogEvent } from './log-events.js';

/** The logger of both halves: JSON lines, one per event, fields first. A pino logger fits. */
export interface Logger {
  debug(fields: object, event: LogEvent): void;
  info(fields: object, event: LogEvent<'info'>): void;
  warn(fields: object, event: LogEvent<'warn'>): void;
  error(fields: object, event: LogEvent<'error'>): void;
}

/** A logger for faults only. */
export type FaultLogger = Pick<Logger, 'error'>;

/** The logger of a half as a process, which may end, and reads its settings again. */
export interface HalfLogger extends Logger {
  level: string;
  fatal(fields: object, event: LogEvent<'fatal'>): void;
}
