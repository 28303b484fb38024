import { Worker } from 'node:worker_threads';
import type { ConsoleLogger } from './console-logger.js';
import { KeptScreen } from './kept-screen.js';
import type { RawRing } from './raw-ring.js';
import type { ScreenText } from '../../wire/console.js';
import type { ScreenAnswer, ScreenJob, ScreenQuestion, ScreenSize } from './screen-job.js';

/** Milliseconds. */
export interface ScreensTiming {
  /** How long bytes may wait before an emulator gets them: nobody looks, and a flood costs one ring in this time. */
  readonly feed: number;
  /** How long a repaint is waited for. */
  readonly paint: number;
  /** How long the worker may take over one job before it is taken for lost. */
  readonly job: number;
  /** How long until a lost worker is replaced, at first. */
  readonly restart: number;
}

const TIMING: ScreensTiming = { feed: 500, paint: 250, job: 2_000, restart: 100 };
const LAST_RESTART_MS = 5_000;
const WAITING = 256;
const HEAP_MIB = 256;

type Answer = ScreenAnswer['answer'];

interface Task {
  readonly job: ScreenJob;
  readonly screen: KeptScreen;
  readonly done: (answer: Answer) => void;
}

/**
 * The emulators of all consoles, in one worker thread. Whatever becomes of it, no call here fails or blocks: a repaint that
 * cannot be had in time is null.
 */
export class Screens {
  readonly #logger: ConsoleLogger;
  readonly #timing: ScreensTiming;
  #worker: Worker | null = null;
  /** Whether it has loaded what it needs: it says so by a null before its first answer. */
  #isUp = false;
  /** Counts the workers: an emulator belongs to one of them. */
  #generation = 0;
  #losses = 0;
  #task: Task | null = null;
  #tasks: Task[] = [];
  readonly #dirty = new Set<KeptScreen>();
  #due: KeptScreen[] = [];
  #lastId = 0;
  #feedTimer: NodeJS.Timeout | undefined;
  #jobTimer: NodeJS.Timeout | undefined;
  #restartTimer: NodeJS.Timeout | undefined;
  #disposed = false;

  constructor(logger: ConsoleLogger, timing: Partial<ScreensTiming> = {}) {
    this.#logger = logger;
    this.#timing = { ...TIMING, ...timing };
  }

  open(ring: RawRing): KeptScreen {
    this.#start();
    this.#lastId += 1;
    return new KeptScreen(this.#lastId, ring);
  }

  close(screen: KeptScreen): void {
    this.#dirty.delete(screen);
    this.#due = this.#due.filter((due) => due !== screen);
    if (this.#worker === null || !screen.livesIn(this.#generation)) return;
    const job = { screen: screen.id, fresh: null, steps: [], question: null, close: true };
    this.#add({ job, screen, done: () => undefined });
  }

  /** Its ring has more bytes, or its size changed. */
  touched(screen: KeptScreen): void {
    if (this.#disposed) return;
    this.#dirty.add(screen);
    this.#feedTimer ??= setTimeout(() => {
      this.#feedTimer = undefined;
      this.#due = [...this.#due, ...[...this.#dirty].filter((dirty) => !this.#due.includes(dirty))];
      this.#dirty.clear();
      this.#next();
    }, this.#timing.feed).unref();
  }

  /**
   * Asks for the screen as it is after the last byte that is in the ring now.
   *
   * @param position where given, of a screen that saw nothing before it
   * @returns null when that cannot be had in time
   */
  async paint(
    screen: KeptScreen,
    view: ScreenSize | null = null,
    position: number | null = null,
  ): Promise<Buffer | null> {
    const picture = await this.#question(screen, { ask: 'picture', view }, position);
    return picture instanceof Uint8Array
      ? Buffer.from(picture.buffer, picture.byteOffset, picture.length)
      : null;
  }

  /** The same, what stands there as text. */
  async text(screen: KeptScreen, position: number | null = null): Promise<ScreenText | null> {
    const text = await this.#question(screen, { ask: 'text' }, position);
    return text instanceof Uint8Array ? null : text;
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    clearTimeout(this.#feedTimer);
    clearTimeout(this.#restartTimer);
    await this.#drop();
  }

  #ready(screen: KeptScreen): boolean {
    this.#start();
    return this.#worker !== null && this.#tasks.length < WAITING && !screen.isResting(Date.now());
  }

  #question(screen: KeptScreen, question: ScreenQuestion, position: number | null): Promise<Answer> {
    if (!this.#ready(screen)) return Promise.resolve(null);
    if (position !== null) {
      this.#lastId += 1;
      return this.#ask(screen, screen.jobSince(position, this.#lastId, question));
    }
    this.#dirty.delete(screen);
    return this.#ask(screen, screen.nextJob(this.#generation, question));
  }

  #ask(screen: KeptScreen, job: ScreenJob): Promise<Answer> {
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        resolve(null);
      }, this.#timing.paint);
      const done = (answer: Answer): void => {
        clearTimeout(late);
        resolve(answer);
      };
      this.#add({ job, screen, done });
    });
  }

  #add(task: Task): void {
    this.#tasks.push(task);
    this.#next();
  }

  #next(): void {
    if (this.#task !== null || this.#disposed) return;
    this.#start();
    if (this.#worker === null || !this.#isUp) return;
    const task = this.#tasks.shift() ?? this.#feed();
    if (task === undefined) return;
    this.#task = task;
    this.#jobTimer = setTimeout(() => {
      this.#lost('it did not answer');
    }, this.#timing.job).unref();
    this.#worker.postMessage(task.job);
  }

  #feed(): Task | undefined {
    const now = Date.now();
    const screen = this.#due.find((due) => !due.isResting(now));
    this.#due = this.#due.filter((due) => due !== screen && !due.isResting(now));
    if (screen === undefined) return undefined;
    return { job: screen.nextJob(this.#generation, null), screen, done: () => undefined };
  }

  #start(): void {
    if (this.#worker !== null || this.#restartTimer !== undefined || this.#disposed) return;
    this.#generation += 1;
    const worker = new Worker(new URL('./screen-worker.js', import.meta.url), {
      env: {},
      execArgv: [],
      name: 'screens',
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
    });
    worker.unref();
    const mine = (): boolean => worker === this.#worker;
    worker.on('message', (answer: ScreenAnswer | null) => {
      if (!mine()) return;
      if (answer !== null) this.#answered(answer);
      this.#isUp = true;
      this.#next();
    });
    worker.on('error', (error) => {
      if (mine()) this.#lost(error instanceof Error ? error.message : String(error));
    });
    worker.on('exit', () => {
      if (mine()) this.#lost('it ended');
    });
    this.#isUp = false;
    this.#worker = worker;
  }

  #answered({ answer, ms }: ScreenAnswer): void {
    clearTimeout(this.#jobTimer);
    this.#losses = 0;
    const task = this.#task;
    this.#task = null;
    task?.screen.took(ms, Date.now());
    task?.done(answer);
  }

  #lost(reason: string): void {
    const culprit = this.#task?.screen;
    culprit?.strike(Date.now());
    this.#logger.warn(
      { reason, screen: culprit?.id },
      'the screens worker is lost; screens are made anew from what is kept',
    );
    void this.#drop();
    const wait = Math.min(this.#timing.restart * 2 ** this.#losses, LAST_RESTART_MS);
    this.#losses += 1;
    this.#restartTimer = setTimeout(() => {
      this.#restartTimer = undefined;
      this.#next();
    }, wait).unref();
  }

  /** Lets go of the worker; whoever waits for it waits no longer. */
  async #drop(): Promise<void> {
    clearTimeout(this.#jobTimer);
    const worker = this.#worker;
    const waiting = [...(this.#task === null ? [] : [this.#task]), ...this.#tasks];
    this.#worker = null;
    this.#task = null;
    this.#tasks = [];
    for (const task of waiting) task.done(null);
    await worker?.terminate();
  }
}
