import { pino, stdTimeFunctions, type DestinationStream, type LogFn } from 'pino';
import { LOG_MEANINGS } from '../../wire/log-events.js';
import type { HalfLogger } from '../../wire/logger.js';
import { isJournal, JournalStream } from './journal-stream.js';

/**
 * Opens a half's log: JSON lines on stderr, in UTC, one for each event; under systemd with priorities. `msg` is the
 * event. From `warn` on `means` says in words what it means and what to do. Lines are written synchronously, so a
 * killed half loses none.
 *
 * @param always fields of each line
 * @param to takes the lines
 */
export function openLog(
  half: 'gate' | 'dom0',
  level: string,
  always: object = {},
  to = journalOrStderr(),
): HalfLogger {
  return pino(
    {
      level,
      base: { half, pid: process.pid, ...always },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { logMethod: sayWhatItMeans },
    },
    to,
  );
}

function journalOrStderr(): DestinationStream {
  const stderr = pino.destination({ fd: 2, sync: true });
  return isJournal(2, process.env['JOURNAL_STREAM']) ? new JournalStream(stderr) : stderr;
}

const DEBUG = 20;

/** An event that is told again at `debug` was explained the first time. */
function sayWhatItMeans(this: unknown, given: Parameters<LogFn>, method: LogFn, level: number): void {
  const [fields, event] = given as [object, string];
  const means = level > DEBUG ? LOG_MEANINGS.get(event) : undefined;
  method.call(this as never, means === undefined ? fields : { ...fields, means }, event);
}
