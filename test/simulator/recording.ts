import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** One recorded command of the real xl, with all its output. */
export interface RecordedCommand {
  readonly command: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

const BLOCK = /^\$ (.*)\n--- stdout\n([\s\S]*?)--- stderr\n([\s\S]*?)--- exit code: (\d+)/gm;

/** The versions of Xen whose `xl` was recorded. The simulator has the words of the first. */
export const RECORDED_VERSIONS = ['4.17', '4.20'] as const;
export type RecordedVersion = (typeof RECORDED_VERSIONS)[number];

export function recordingText(name: string, version: RecordedVersion = '4.17'): string {
  return readFileSync(
    fileURLToPath(new URL(`../../../test/fixtures/xl-${version}/${name}.txt`, import.meta.url)),
    'utf8',
  );
}

/** The commands of `test/fixtures/xl-VERSION/NAME.txt`, in order. */
export function readRecording(name: string, version: RecordedVersion = '4.17'): RecordedCommand[] {
  const blocks = [...recordingText(name, version).matchAll(BLOCK)];
  return blocks.map(([, command = '', stdout = '', stderr = '', status]) => ({
    command,
    stdout,
    stderr,
    status: Number(status),
  }));
}

/**
 * Removes differences that are allowed between the real and the simulated host, or between two runs: UUIDs,
 * pids, times, and free memory. Also whether a running domain was computing or waiting, and how long a paused
 * one is still shown as blocked.
 */
export function comparable(text: string): string {
  return text
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (uuid) => (/^0+-/.test(uuid) ? uuid : 'UUID'))
    .replace(/\[pid \d+\]/g, '[pid N]')
    .replace(/(bootloader|console child) \[\d+\]/g, '$1 [N]')
    .replace(/( [r-][b-][p-][s-][rscw-][d-]) +\d+\.\d/g, '$1 SECONDS')
    .replace(/ (r-----|-b----) /g, ' running ')
    .replace(/ -bp--- /g, ' --p--- ')
    .replace(/ ?\d+:\d\d:\d\d\n/g, 'UPTIME\n')
    .replace(/^free_memory .*$/m, 'free_memory')
    .replace(/^( +0: +\d+) +\d+ {6}10$/m, '$1 MEMFREE 10')
    .replace(/\nreal\t.*\nuser\t.*\nsys\t.*\n/g, '');
}
