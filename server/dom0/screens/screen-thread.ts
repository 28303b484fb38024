import { Worker } from 'node:worker_threads';
import type { FaultGuard } from '../../wire/fault-guard.js';
import { OwnProgram } from '../process/own-program.js';
import type { ScreenAnswer, ScreenJob, ScreenReport } from './screen-job.js';
import { threadMsOf } from './thread-time.js';

const LAST_RESTART_MS = 5_000;
/** So many times `jobMs` may go by until a worker counts as lost that hardly worked: a busy host does not let it. */
const MOST_WAITS = 15;
const HEAP_MIB = 256;
const PROGRAM = new OwnProgram(new URL('./screen-worker.js', import.meta.url));

interface ThreadParts {
  /** A fault in an event ends the worker, not dom0. */
  readonly guard: FaultGuard;
  /**
   * Processor time that the worker may take for one job before it counts as lost. Milliseconds. Node.js before
   * 23.9 cannot tell it: there it is the time that goes by.
   */
  readonly jobMs: number;
  /** How long until a lost worker is replaced, at first. Milliseconds. */
  readonly restartMs: number;
  /** The answer to the last job sent. */
  readonly answered: (answer: ScreenAnswer) => void;
  /** A job may be sent. */
  readonly ready: () => void;
  /** The worker is gone with all its emulators. `ready` comes when another may start. */
  readonly lost: (reason: string) => void;
  /** What the worker runs, if it is not the screens' program. */
  readonly program?: URL;
}

/** The job that the worker has. */
interface Sent {
  /** `performance.now` */
  readonly at: number;
  timer: NodeJS.Timeout;
}

/**
 * The worker thread with the screens' emulators. It gets one job at a time, and is replaced when
 * it ends or does not answer.
 */
export class ScreenThread {
  readonly #parts: ThreadParts;
  #worker: Worker | null = null;
  /** Whether the worker has loaded its code: it says so once, before its first answer. */
  #isUp = false;
  /** Those who wait until the worker has loaded its code. */
  readonly #awaiting: (() => void)[] = [];
  #generation = 0;
  #losses = 0;
  #sent: Sent | null = null;
  /** The worker's processor time when it said something last, milliseconds. */
  #spentMs = 0;
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

  /** Settles when the worker has loaded its code or has ended; at once when there is none. */
  async loaded(): Promise<void> {
    if (this.#worker === null || this.#isUp) return;
    await new Promise<void>((resolve) => {
      this.#awaiting.push(resolve);
    });
  }

  /** Starts the worker, unless there is one or a restart is waiting. */
  start(): void {
    if (this.#worker !== null || this.#restartTimer !== undefined || this.#stopped) return;
    this.#generation += 1;
    const worker = new Worker(this.#parts.program ?? PROGRAM.url, {
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
        ({ answer, spentMs }: ScreenReport) => {
          if (!mine()) return;
          this.#endJob();
          this.#isUp = true;
          this.#endLoading();
          this.#spentMs = spentMs;
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
    this.#sent = { at: performance.now(), timer: this.#lookIn(this.#parts.jobMs) };
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

  #lookIn(ms: number): NodeJS.Timeout {
    return setTimeout(
      this.#parts.guard.on('late answer', () => {
        this.#look();
      }),
      ms,
    ).unref();
  }

  /** The answer is late. The worker counts as lost when it has worked for it, or when too much time went by. */
  #look(): void {
    const [worker, sent, { jobMs }] = [this.#worker, this.#sent, this.#parts];
    if (worker === null || sent === null) return;
    const left = sent.at + MOST_WAITS * jobMs - performance.now();
    const asked = left > 0 ? threadMsOf(worker) : null;
    if (asked === null) {
      this.#lost('it did not answer');
      return;
    }
    // A worker that cannot say it either.
    sent.timer = this.#lookIn(left);
    void asked.then(
      this.#parts.guard.on('processor time', (ms: number) => {
        if (sent !== this.#sent) return;
        clearTimeout(sent.timer);
        const own = jobMs - (ms - this.#spentMs);
        if (own <= 0) this.#lost('it did not answer');
        else sent.timer = this.#lookIn(Math.min(own, left));
      }),
      // It has ended, which is an event of its own.
      () => undefined,
    );
  }

  #endLoading(): void {
    for (const done of this.#awaiting.splice(0)) done();
  }

  #endJob(): void {
    clearTimeout(this.#sent?.timer);
    this.#sent = null;
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
    this.#endJob();
    this.#endLoading();
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }
}
