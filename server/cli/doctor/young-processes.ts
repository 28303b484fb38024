import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second in proc(5): 100 on every architecture that Postern runs on. */
const TICKS = 100;

/**
 * The command lines, split into words, of processes that started less than this many seconds ago. Processes
 * that this user may not see are left out.
 */
export function youngCommandLines(seconds: number): readonly (readonly string[])[] {
  const [uptime = ''] = read('/proc/uptime').split(' ');
  const pids = uptime === '' ? [] : readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    // The program's name in parentheses may contain anything. Field 22 is the start time.
    const [, after = ''] = /^.*\) (.*)$/s.exec(read(`/proc/${pid}/stat`)) ?? [];
    const started = Number(after.split(' ')[19]) / TICKS;
    if (!(Number(uptime) - started < seconds)) return [];
    return [read(`/proc/${pid}/cmdline`).split('\0')];
  });
}

/** Returns an empty text for a process that has ended meanwhile. */
function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
