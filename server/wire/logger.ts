/** The logger of both halves: JSON lines, one per event, fields first. A pino logger fits. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A logger for faults only. */
export type FaultLogger = Pick<Logger, 'error'>;
