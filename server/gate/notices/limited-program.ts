import { reason } from '../../wire/reason.js';
import { spawn } from 'node:child_process';
import { printable } from '../../../policy/printable.js';

/** A program that never ends is killed after so long, with all that it started. Milliseconds. */
const PROGRAM_MS = 30_000;
/** More of what it complains of is not read. Bytes. */
const MOST_COMPLAINT = 4_096;
/** Its output may come so long after its end. Milliseconds. */
const LAST_WORDS_MS = 250;
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' };

interface ProgramRun {
  readonly file: string;
  readonly args: readonly string[];
  /** Its standard input. */
  readonly input: string;
  readonly signal: AbortSignal;
  /** For tests. Milliseconds. */
  readonly timeLimit?: number;
}

/**
 * Runs a program that an admin's settings name: no shell, an environment of its own, in `/`, in a process group of
 * its own. Its standard output is thrown away.
 *
 * @returns null when it exits with 0; else why not, with the last line of its standard error
 */
export function runProgram({
  file,
  args,
  input,
  signal,
  timeLimit = PROGRAM_MS,
}: ProgramRun): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: '/',
      env: ENVIRONMENT,
      stdio: ['pipe', 'ignore', 'pipe'],
      detached: true,
    });
    let complaint = '';
    let killed: string | null = null;
    const kill = (why: string): void => {
      killed ??= why;
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended just now.
      }
    };
    const timer = setTimeout(() => {
      kill(`it did not end within ${Math.ceil(timeLimit / 1000)} s`);
    }, timeLimit);
    const aborted = (): void => {
      kill('the gate was stopped');
    };
    let lastWords: NodeJS.Timeout | null = null;
    const finish = (trouble: string | null): void => {
      clearTimeout(timer);
      if (lastWords !== null) clearTimeout(lastWords);
      signal.removeEventListener('abort', aborted);
      child.stderr.destroy();
      child.stdin.destroy();
      resolve(trouble);
    };
    child.once('error', (error) => {
      finish(`it cannot be run: ${reason(error)}`);
    });
    child.stdin.on('error', () => undefined);
    child.stderr.on('error', () => undefined);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (complaint.length < MOST_COMPLAINT) complaint += text.slice(0, MOST_COMPLAINT);
    });
    child.once('exit', (status, ended) => {
      const end = (): void => {
        if (killed !== null) finish(killed);
        else if (status === 0) finish(null);
        else
          finish(
            `${status === null ? `ended by ${ended ?? 'a signal'}` : `exit status ${status}`}${said(complaint)}`,
          );
      };
      // What it has started may keep its standard error open.
      if (child.stderr.readableEnded) end();
      else {
        child.once('close', end);
        lastWords = setTimeout(end, LAST_WORDS_MS);
      }
    });
    if (signal.aborted) aborted();
    else signal.addEventListener('abort', aborted);
    child.stdin.end(input);
  });
}

function said(complaint: string): string {
  const line = complaint.trim().split('\n').at(-1)?.trim() ?? '';
  return line === '' ? '' : `: ${printable(line, 200)}`;
}
