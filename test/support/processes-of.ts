import { readdirSync, readFileSync } from 'node:fs';

export interface FoundProcess {
  readonly pid: number;
  /** Its arguments, separated by spaces. */
  readonly command: string;
}

/** It answers for the tools of a simulated host, and lives as long as that. */
const TOOLS_PROCESS = '/server/simulator/tools-process.js ';

/** The processes whose command line names a path in this directory, without the tools' own. (proc(5)) */
export function processesOf(directory: string): FoundProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), command: commandOf(name) }))
    .filter(({ pid, command }) => pid !== process.pid && command.includes(directory))
    .filter(({ command }) => !command.includes(TOOLS_PROCESS));
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}
