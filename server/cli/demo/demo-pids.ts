import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeDirectorySync } from '../../wire/make-directory.js';

/**
 * The processes of a demo. A second start finds a running demo by them, and ends the halves of a crashed one.
 */
interface DemoPids {
  readonly demo: number;
  readonly halves: readonly number[];
}

/** Whether the process runs and its command line names the directory. proc(5). */
function isRunningFor(pid: number, directory: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').includes(directory);
  } catch {
    return false;
  }
}

function isDemoRunning(pid: number): boolean {
  try {
    return / demo( |$)/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '));
  } catch {
    return false;
  }
}

function readPids(file: string): DemoPids | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as DemoPids;
  } catch {
    return undefined;
  }
}

export function writePids(file: string, pids: DemoPids): void {
  makeDirectorySync(dirname(file), 0o700);
  writeFileSync(file, JSON.stringify(pids), { mode: 0o600 });
}

/**
 * Ends the halves that a killed demo left behind.
 *
 * @returns the pid of a demo that still runs on this directory; then nothing is ended
 */
export function clearLeftovers(file: string, directory: string): number | undefined {
  const pids = readPids(file);
  if (pids === undefined) return undefined;
  if (pids.demo !== process.pid && isDemoRunning(pids.demo)) return pids.demo;
  for (const pid of pids.halves) {
    if (isRunningFor(pid, directory)) process.kill(pid, 'SIGKILL');
  }
  rmSync(file, { force: true });
  return undefined;
}
