import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second in proc(5): 100 on every architecture that Postern runs on. */
const TICKS = 100;

/**
 * The command lines, each in its words, of the processes that started less than so many seconds ago. Those that this user may not
 * see are not among them.
 */
export function youngCommandLines(seconds: number): readonly (readonly string[])[] {
  const [uptime = ''] = read('/proc/uptime').split(' ');
  const pids = uptime === '' ? [] : readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    // The name of the program, in brackets, may hold anything. Field 22 is when it started.
    const [, after = ''] = /^.*\) (.*)$/s.exec(read(`/proc/${pid}/stat`)) ?? [];
    const started = Number(after.split(' ')[19]) / TICKS;
    if (!(Number(uptime) - started < seconds)) return [];
    return [read(`/proc/${pid}/cmdline`).split('\0')];
  });
}

/** Empty for a process that has ended meanwhile. */
function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
