import { Worker } from 'node:worker_threads';
import type { FaultGuard } from '../../wire/fault-guard.js';
import { OwnProgram } from '../process/own-program.js';
import type { ScreenAnswer, ScreenJob } from './screen-job.js';

const LAST_RESTART_MS = 5_000;
const HEAP_MIB = 256;
const PROGRAM = new OwnProgram(new URL('./screen-worker.js', import.meta.url));

interface ThreadParts {
  /** A fault in an event ends the worker, not dom0. */
  readonly guard: FaultGuard;
  /** How long the worker may take for one job before it counts as lost. Milliseconds. */
  readonly jobMs: number;
  /** How long until a lost worker is replaced, at first. Milliseconds. */
  readonly restartMs: number;
  /** The answer to the last job sent. */
  readonly answered: (answer: ScreenAnswer) => void;
  /** A job may be sent. */
  readonly ready: () => void;
  /** The worker is gone with all its emulators. `ready` comes when another may start. */
  readonly lost: (reason: string) => void;
}

/**
 * The worker thread with the screens' emulators. It gets one job at a time, and is replaced when
 * it ends or does not answer.
 */
export class ScreenThread {
  readonly #parts: ThreadParts;
  #worker: Worker | null = null;
  /** Whether the worker has loaded its code: it sends null once, before its first answer. */
  #isUp = false;
  #generation = 0;
  #losses = 0;
  #jobTimer: NodeJS.Timeout | undefined;
  #restartTimer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(parts: ThreadParts) {
    this.#parts = parts;
  }

  /** The number of the present worker. Each emulator belongs to one worker. */
  get generation(): number {
    return this.#generation;
  }

  get isThere(): boolean {
    return this.#worker !== null;
  }

  get isUp(): boolean {
    return this.#worker !== null && this.#isUp;
  }

  /** Starts the worker, unless there is one or a restart is waiting. */
  start(): void {
    if (this.#worker !== null || this.#restartTimer !== undefined || this.#stopped) return;
    this.#generation += 1;
    const worker = new Worker(PROGRAM.url, {
      env: {},
      execArgv: [],
      name: 'screens',
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
    });
    worker.unref();
    const mine = (): boolean => worker === this.#worker;
    const { guard, answered, ready } = this.#parts;
    const lost = (reason: string): void => {
      if (mine()) this.#lost(reason);
    };
    worker.on(
      'message',
      guard.on(
        'message',
        (answer: ScreenAnswer | null) => {
          if (!mine()) return;
          clearTimeout(this.#jobTimer);
          this.#isUp = true;
          if (answer !== null) {
            answered(answer);
            this.#losses = 0;
          }
          ready();
        },
        () => {
          lost('its answer could not be taken');
        },
      ),
    );
    worker.on(
      'error',
      guard.on('error', (error: unknown) => {
        lost(error instanceof Error ? error.message : String(error));
      }),
    );
    worker.on(
      'exit',
      guard.on('exit', () => {
        lost('it ended');
      }),
    );
    this.#isUp = false;
    this.#worker = worker;
  }

  /** Only after the former job was answered. */
  send(job: ScreenJob): void {
    this.#jobTimer = setTimeout(
      this.#parts.guard.on('late answer', () => {
        this.#lost('it did not answer');
      }),
      this.#parts.jobMs,
    ).unref();
    // The ring's copy is the job's alone. Short ones lie in Node.js's pool with others.
    const own = job.bytes.length === job.bytes.buffer.byteLength && job.bytes.length > 0;
    this.#worker?.postMessage(job, own ? [job.bytes.buffer as ArrayBuffer] : []);
  }

  /** Resolves when the worker has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#restartTimer);
    await this.#letGo();
  }

  #lost(reason: string): void {
    void this.#letGo();
    const wait = Math.min(this.#parts.restartMs * 2 ** this.#losses, LAST_RESTART_MS);
    this.#losses += 1;
    this.#restartTimer = setTimeout(
      this.#parts.guard.on('restart', () => {
        this.#restartTimer = undefined;
        this.#parts.ready();
      }),
      wait,
    ).unref();
    this.#parts.lost(reason);
  }

  async #letGo(): Promise<void> {
    clearTimeout(this.#jobTimer);
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }
}
