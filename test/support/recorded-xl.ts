import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** One recorded call of the real xl. */
export interface RecordedCall {
  readonly command: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** The calls of one recording in order, from test/fixtures/xl-VERSION. */
export function recordedCalls(name: string, version = '4.17'): RecordedCall[] {
  const path = fileURLToPath(new URL(`../../../test/fixtures/xl-${version}/${name}.txt`, import.meta.url));
  const call = /^\$ (.*)\n--- stdout\n([\s\S]*?)--- stderr\n([\s\S]*?)--- exit code: (\d+)/gm;
  return [...readFileSync(path, 'utf8').matchAll(call)].map(([, command, stdout, stderr, code]) => ({
    command: command ?? '',
    stdout: stdout ?? '',
    stderr: stderr ?? '',
    code: Number(code),
  }));
}

/** The first call of a recording whose command begins with this text. */
export function recordedCall(name: string, command: string): RecordedCall {
  const found = recordedCalls(name).find((call) => call.command.startsWith(command));
  if (found === undefined) throw new Error(`${name} has no call ${command}`);
  return found;
}
