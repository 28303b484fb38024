import { readFileSync } from 'node:fs';

/** Descriptors of a gate besides those of connections and consoles: the database, the hosts, the admins. */
const OTHERS = 256;

/**
 * Each connection takes a descriptor, and each console another.
 *
 * @param connections as many as the settings allow at once
 * @param limits the text of /proc/PID/limits (proc(5))
 * @returns a sentence for the admin when the gate may not open so many files; else null
 */
export function whyTooFewFiles(connections: number, limits: string): string | null {
  const [, soft] = /^Max open files +(\d+)/m.exec(limits) ?? [];
  const needed = 2 * connections + OTHERS;
  if (soft === undefined || Number(soft) >= needed) return null;
  return `This process may open ${soft} files. \`login.connections: ${connections}\`, with a console each, may need ${needed}. Raise LimitNOFILE= of the unit or \`ulimit -n\`, or lower \`login.connections\`.`;
}

/** The limits of this process; empty when they cannot be read. */
export function limitsOfThisProcess(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}
