/** What the consoles log with; pino's shape. Never console bytes, only the toolstack's own words. */
export interface ConsoleLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
