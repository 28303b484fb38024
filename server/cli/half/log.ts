import { pino, stdTimeFunctions, type Logger } from 'pino';
import { isJournal, JournalStream } from './journal-stream.js';

/**
 * Opens a half's log: JSON lines on stderr, in UTC, one for each event; under systemd with priorities. Lines
 * are written synchronously, so a killed half loses none.
 */
export function openLog(half: 'gate' | 'dom0', level: string): Logger {
  const stderr = pino.destination({ fd: 2, sync: true });
  return pino(
    {
      level,
      base: { half, pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    isJournal(2, process.env['JOURNAL_STREAM']) ? new JournalStream(stderr) : stderr,
  );
}
