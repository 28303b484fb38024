/** What both halves log with: JSON lines, one per event, fields first. A pino logger is one. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Where only faults go. */
export type FaultLogger = Pick<Logger, 'error'>;
