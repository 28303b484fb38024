import { pino, stdTimeFunctions, type Logger } from 'pino';
import { isJournal, JournalStream } from './journal-stream.js';

/**
 * The log of a half: JSON lines on stderr, UTC, one per event; under systemd each with its priority. Written at once: a killed half has
 * said all it knew.
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
