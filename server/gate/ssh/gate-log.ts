/** The part of a pino logger that the SSH front uses; one line per event, with the connection's id. */
export interface GateLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
