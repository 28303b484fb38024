import { readFileSync } from 'node:fs';

/** Milliseconds of a clock tick in proc(5): 100 ticks a second on every architecture that Postern runs on. */
const TICK_MS = 10;

/** The processor time that a process had so far. */
export interface ProcessorUse {
  /** Whether its main thread runs, or would if it were let. */
  readonly isRunnable: boolean;
  /** User and system time of all its threads. */
  readonly ms: number;
}

/** @returns null for a process that has ended, and without /proc */
export function processorUse(pid: number): ProcessorUse | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null;
  }
  // The program's name in parentheses may contain anything. The state is field 3; the times are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { isRunnable: fields[0] === 'R', ms: (Number(fields[11]) + Number(fields[12])) * TICK_MS };
}

/**
 * Whether a process that owes an answer wants to work, and is hardly let: a busy host is not its fault.
 *
 * @param asked when it was asked
 * @param enoughMs processor time in which it would have answered
 */
export function isStarved(asked: ProcessorUse | null, now: ProcessorUse | null, enoughMs: number): boolean {
  return asked !== null && now !== null && now.isRunnable && now.ms - asked.ms < enoughMs;
}
