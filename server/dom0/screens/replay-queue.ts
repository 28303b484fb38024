import type { KeptScreen } from './kept-screen.js';
import type { ScreenCopy } from './screen-copy.js';
import type { ScreenAnswer, ScreenJob } from './screen-job.js';

/** A job that waits for the screens' worker. */
export interface ScreenTask {
  readonly job: ScreenJob;
  readonly screen: KeptScreen;
  /** The emulator, where it stays; null for a one-time emulator. */
  readonly copy: ScreenCopy | null;
  readonly done: (answer: ScreenAnswer['answer']) => void;
}

/** The most jobs in the queue, for all consoles and for one. Further ones are refused. */
const MOST = 128;
const MOST_OF_ONE = 16;

/**
 * After a replay the queue rests this many times as long: all replays together get at
 * most a third of the worker.
 */
const REST = 2;

/**
 * Jobs for windows of other sizes than the guest's, each of which may replay the whole ring. Together they
 * get a share of the worker, and take turns by console: many windows at one flood cost no more, and delay
 * no other console's windows.
 */
export class ReplayQueue {
  #tasks: ScreenTask[] = [];
  #last: KeptScreen | null = null;
  #from = 0;

  isFullFor(screen: KeptScreen): boolean {
    const own = this.#tasks.filter((task) => task.screen === screen);
    return this.#tasks.length >= MOST || own.length >= MOST_OF_ONE;
  }

  /** Milliseconds until the next may begin; null when none waits. */
  wait(now: number): number | null {
    return this.#tasks.length === 0 ? null : Math.max(0, this.#from - now);
  }

  add(task: ScreenTask): void {
    this.#tasks.push(task);
  }

  /** Whether a job of this emulator waits here. Its later bytes must not overtake the job's. */
  holds(copy: ScreenCopy): boolean {
    return this.#tasks.some((task) => task.copy === copy);
  }

  /**
   * @returns the next job, preferring another console than the last one's. The jobs of one
   *   console keep their order.
   */
  take(now: number): ScreenTask | undefined {
    if (now < this.#from) return undefined;
    const other = this.#tasks.findIndex(({ screen }) => screen !== this.#last);
    const [task] = this.#tasks.splice(Math.max(0, other), 1);
    this.#last = task?.screen ?? null;
    return task;
  }

  took(ms: number, now: number): void {
    this.#from = now + REST * ms;
  }

  /** @returns the jobs that waited */
  clear(): readonly ScreenTask[] {
    const tasks = this.#tasks;
    this.#tasks = [];
    return tasks;
  }
}
