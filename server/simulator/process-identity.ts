import { readFileSync } from 'node:fs';

/** Identifies a process even if its number has been given to another one since. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time in clock ticks since boot, proc(5) field 22; null without /proc. */
  readonly started: string | null;
}

interface Status {
  readonly state: string;
  readonly started: string;
}

function readStatus(pid: number): Status | 'gone' | 'no-proc' {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', started: fields[19] ?? '' };
  } catch {
    return process.platform === 'linux' ? 'gone' : 'no-proc';
  }
}

export function ownIdentity(): ProcessIdentity {
  return identityOf(process.pid);
}

export function identityOf(pid: number): ProcessIdentity {
  const status = readStatus(pid);
  return { pid, started: typeof status === 'string' ? null : status.started };
}

/** A zombie counts as dead: there may be nobody to reap it. */
export function isAlive(identity: ProcessIdentity): boolean {
  const status = readStatus(identity.pid);
  if (status === 'gone') return false;
  if (status !== 'no-proc') {
    return status.state !== 'Z' && (identity.started === null || identity.started === status.started);
  }
  try {
    process.kill(identity.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
