import type { Logger } from '../../server/wire/logger.js';

/** Logs nothing, unless POSTERN_TEST_LOG is set. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: say,
  warn: say,
  error: say,
};

function say(fields: object, message: string): void {
  if (process.env['POSTERN_TEST_LOG'] !== undefined)
    process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
}
