import { pino, stdTimeFunctions, type DestinationStream } from 'pino';
import { LOG_MEANINGS, type LogEvent } from '../../wire/log-events.js';
import type { HalfLogger } from '../../wire/logger.js';
import { isJournal, JournalStream } from './journal-stream.js';
import { LinePace } from './line-pace.js';

/** An event that is told again at this level was explained the first time. */
const DEBUG = 20;
const FATAL = 60;
const LEFT_OUT: LogEvent = 'log.left-out';

/**
 * Opens a half's log: JSON lines on stderr, in UTC, one for each event; under systemd with priorities. `msg` is the
 * event. From `warn` on `means` says in words what it means and what to do. Lines are written synchronously, so a
 * killed half loses none. Lines of the dom0 half have a pace for each event: a gate in an attacker's hands may cause
 * them. The gate bounds what strangers cause by their source.
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
  const pace =
    half === 'gate'
      ? null
      : new LinePace((event, lines) => {
          log.warn({ event, lines }, 'log.left-out');
        });
  const log: HalfLogger = pino(
    {
      level,
      base: { half, pid: process.pid, ...always },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: {
        logMethod(given, method, rank): void {
          const [fields, event] = given as [object, string];
          const isBounded = rank < FATAL && event !== LEFT_OUT;
          if (isBounded && pace?.admits(event) === false) return;
          const means = rank > DEBUG ? LOG_MEANINGS.get(event) : undefined;
          method.call(this, means === undefined ? fields : { ...fields, means }, event);
        },
      },
    },
    to,
  );
  return log;
}

function journalOrStderr(): DestinationStream {
  const stderr = pino.destination({ fd: 2, sync: true });
  return isJournal(2, process.env['JOURNAL_STREAM']) ? new JournalStream(stderr) : stderr;
}
