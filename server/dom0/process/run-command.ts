import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { Patience } from '../../wire/patience.js';
import { withoutInherited } from './pty.js';

const OUTPUT_LIMIT = 1024 * 1024;
const KILL_AFTER_MS = 5_000;
/** After the exit, the longest wait for output in the pipes. A daemon left behind may hold them for ever. */
const DRAIN_MS = 250;
const TRANSCRIPT_CHECK_MS = 1_000;
/**
 * A transcript may begin with this, so that it has a block on the disk before the program prints anything.
 */
export const BEGUN = '\n';

/** An argv to run: no shell, no inherited environment. */
export interface Command {
  /** Absolute path. */
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** While this process may run. After it SIGTERM, and SIGKILL after `killAfterMs` more (5 s by default). */
  readonly timeoutMs: number;
  readonly killAfterMs?: number;
  readonly outputLimit?: number;
  readonly signal?: AbortSignal | undefined;
  /** A file for stdout and stderr, mode 0600. If the disk has no room for it, pipes are used. */
  readonly transcript?: string | undefined;
}

export interface CommandResult {
  /** `exit`: it ended by itself. Otherwise we ended it, or it never began. */
  readonly ended: 'exit' | 'timeout' | 'overflow' | 'aborted' | 'not-started';
  readonly code: number | null;
  readonly stdout: string;
  /** With a transcript, both streams. */
  readonly stderr: string;
}

/**
 * Runs a command until it exits, not until its pipes close. It has its own process group, so that no signal
 * to ours reaches it or the daemon that it leaves.
 */
export async function runCommand(command: Command): Promise<CommandResult> {
  if (command.signal?.aborted === true) return { ended: 'aborted', code: null, stdout: '', stderr: '' };
  const transcript =
    command.transcript === undefined ? null : await openTranscript(command.transcript).catch(() => null);
  try {
    return await runWith(command, transcript);
  } finally {
    await transcript?.close();
  }
}

async function openTranscript(file: string): Promise<FileHandle> {
  const { O_CREAT, O_RDWR, O_APPEND, O_NOFOLLOW } = constants;
  const transcript = await open(file, O_CREAT | O_RDWR | O_APPEND | O_NOFOLLOW, 0o600);
  // A transcript that was only begun keeps its block on the disk.
  if ((await transcript.stat()).size > BEGUN.length) await transcript.truncate(0);
  return transcript;
}

async function runWith(command: Command, transcript: FileHandle | null): Promise<CommandResult> {
  const limit = command.outputLimit ?? OUTPUT_LIMIT;
  const output = transcript === null ? 'pipe' : transcript.fd;
  const child = spawn(command.file, [...command.args], {
    env: { ...command.environment },
    cwd: '/',
    // Otherwise the daemon that `xl create` leaves would keep every console's client, and
    // its lock, alive after us.
    stdio: withoutInherited(['ignore', output, output]),
    detached: true,
    shell: false,
  });
  let ended: CommandResult['ended'] = 'exit';
  const end = (why: CommandResult['ended']): void => {
    if (ended !== 'exit') return;
    ended = why;
    child.kill('SIGTERM');
    timers.push(setTimeout(() => child.kill('SIGKILL'), command.killAfterMs ?? KILL_AFTER_MS));
  };
  const timers: NodeJS.Timeout[] = [];
  const patience = new Patience(command.timeoutMs, () => {
    end('timeout');
  });
  const onAbort = (): void => {
    end('aborted');
  };
  command.signal?.addEventListener('abort', onAbort, { once: true });
  if (transcript !== null) {
    const check = (): void =>
      void transcript.stat().then(
        (seen) => {
          if (seen.size > limit) end('overflow');
        },
        () => undefined,
      );
    timers.push(setInterval(check, TRANSCRIPT_CHECK_MS));
  }
  const stdout = collect(child.stdout, limit, () => {
    end('overflow');
  });
  const stderr = collect(child.stderr, limit, () => {
    end('overflow');
  });
  try {
    const exit = await exitOf(child);
    if (exit instanceof Error) return { ended: 'not-started', code: null, stdout: '', stderr: exit.message };
    await Promise.all([stdout.drained(DRAIN_MS), stderr.drained(DRAIN_MS)]);
    const kept = transcript === null ? stderr.text() : await readStart(transcript, limit);
    return { ended, code: exit, stdout: stdout.text(), stderr: kept };
  } finally {
    patience.stop();
    timers.forEach((timer) => {
      clearTimeout(timer);
    });
    command.signal?.removeEventListener('abort', onAbort);
  }
}

function exitOf(child: ChildProcess): Promise<number | null | Error> {
  return new Promise((resolve) => {
    child.once('error', resolve);
    child.once('exit', (code) => {
      resolve(code);
    });
  });
}

function collect(stream: ChildProcess['stdout'], limit: number, overflow: () => void) {
  const chunks: Buffer[] = [];
  let size = 0;
  stream?.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > limit) overflow();
    else chunks.push(chunk);
  });
  stream?.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => {
    if (stream === null) resolve();
    else stream.once('close', resolve);
  });
  return {
    text: () => Buffer.concat(chunks).toString('utf8'),
    drained: async (withinMs: number) => {
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([closed, new Promise((resolve) => (timer = setTimeout(resolve, withinMs)))]);
      clearTimeout(timer);
      stream?.destroy();
    },
  };
}

async function readStart(file: FileHandle, limit: number): Promise<string> {
  const { size } = await file.stat();
  const { buffer, bytesRead } = await file.read(
    Buffer.alloc(Math.min(size, limit)),
    0,
    Math.min(size, limit),
    0,
  );
  return buffer.toString('utf8', 0, bytesRead);
}
