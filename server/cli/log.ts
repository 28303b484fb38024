import { pino, stdTimeFunctions, type Logger } from 'pino';

/** The log of a half: JSON lines on stderr, UTC, one per event. Written at once: a killed half has said all it knew. */
export function openLog(half: 'gate' | 'dom0', level: string): Logger {
  return pino(
    {
      level,
      base: { half, pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ fd: 2, sync: true }),
  );
}
