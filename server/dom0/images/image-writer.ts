import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { OwnProgram } from '../process/own-program.js';
import { withoutInherited } from '../process/pty.js';
import { GO } from './image-job.js';
import type { ImageJob, ImageReport } from './image-job.js';

/** How the work on an image ended. `ended`: the process ended without a word. */
export type ImageEnd =
  | { readonly end: 'done' | 'ended' }
  | { readonly end: 'changed' | 'failed'; readonly why: string };

export interface ImageWork {
  readonly job: ImageJob;
  /** A file that the process holds open as its standard output, so that the next half sees it. */
  readonly transcript: string;
  /** The files are open. Nothing is written before this resolves, or if it rejects. */
  readonly begin: () => Promise<void>;
  /** @param done bytes of `total` */
  readonly progress: (done: number, total: number) => void;
  /** Ends the process at once. */
  readonly signal: AbortSignal;
}

/** Checks images and writes them to disks. */
export interface ImageWriter {
  /** @throws what `begin` throws, and the signal's reason */
  run(work: ImageWork): Promise<ImageEnd>;
}

const PROGRAM = new OwnProgram(new URL('./image-worker.js', import.meta.url));
const REPORTS = 3;
/** Where the process reads its program. */
const TEXT = 4;
const RUN_TEXT = `await import('data:text/javascript;base64,' + (await import('node:fs')).readFileSync(${TEXT}, 'base64'))`;
/** The Node.js that runs this half, also when its file was replaced or removed. (proc(5)) */
const THIS_NODE = '/proc/self/exe';

/** Works in a process of its own, which ends with this one. */
export const PROCESS_IMAGE_WRITER: ImageWriter = {
  async run({ job, transcript, begin, progress, signal }) {
    signal.throwIfAborted();
    const { O_CREAT, O_WRONLY, O_APPEND, O_NOFOLLOW } = constants;
    const output = openSync(transcript, O_CREAT | O_WRONLY | O_APPEND | O_NOFOLLOW, 0o600);
    let child: ChildProcess;
    try {
      // The last word is for who looks at the processes.
      child = spawn(THIS_NODE, ['--input-type=module', '--eval', RUN_TEXT, PROGRAM.file], {
        argv0: process.execPath,
        env: {},
        cwd: '/',
        stdio: withoutInherited(['pipe', output, output, 'pipe', 'pipe']),
        detached: true,
      });
    } finally {
      closeSync(output);
    }
    const kill = (): void => {
      child.kill('SIGKILL');
    };
    signal.addEventListener('abort', kill, { once: true });
    try {
      return await talk(child, job, begin, progress);
    } finally {
      signal.removeEventListener('abort', kill);
      kill();
      signal.throwIfAborted();
    }
  },
};

async function talk(
  child: ChildProcess,
  job: ImageJob,
  begin: () => Promise<void>,
  progress: (done: number, total: number) => void,
): Promise<ImageEnd> {
  const exited = new Promise<void>((resolve) => {
    child.once('error', () => {
      resolve();
    });
    child.once('exit', () => {
      resolve();
    });
  });
  child.stdin?.on('error', () => undefined);
  const text = child.stdio[TEXT] as Writable | null | undefined;
  text?.on('error', () => undefined);
  text?.end(PROGRAM.text);
  child.stdin?.write(`${JSON.stringify(job)}\n`);
  let end: ImageEnd = { end: 'ended' };
  const reports = child.stdio[REPORTS] as Readable | null | undefined;
  if (reports !== null && reports !== undefined) {
    for await (const line of createInterface({ input: reports })) {
      const report = parsed(line);
      if (report?.report === 'ready') {
        await begin();
        child.stdin?.write(GO);
      } else if (report?.report === 'progress') progress(report.done, report.total);
      else if (report?.report === 'done') end = { end: 'done' };
      else if (report !== undefined) end = { end: report.report, why: report.why };
    }
  }
  await exited;
  return end;
}

/** @returns undefined for a line that was cut off */
function parsed(line: string): ImageReport | undefined {
  try {
    return JSON.parse(line) as ImageReport;
  } catch {
    return undefined;
  }
}
