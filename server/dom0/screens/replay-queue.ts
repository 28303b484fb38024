import type { KeptScreen } from './kept-screen.js';
import type { ScreenCopy } from './screen-copy.js';
import type { ScreenAnswer, ScreenJob } from './screen-job.js';

/** A job that waits for the screens' worker. */
export interface ScreenTask {
  readonly job: ScreenJob;
  readonly screen: KeptScreen;
  /** The emulator, where it stays; null where it is there for this once. */
  readonly copy: ScreenCopy | null;
  readonly done: (answer: ScreenAnswer['answer']) => void;
}

/** So many at once, of all consoles and of one; whoever asks for more gets none. */
const MOST = 128;
const MOST_OF_ONE = 16;

/** For a replay that took so long, none is begun for so many times as long: all of them get a third of the worker at most. */
const REST = 2;

/**
 * Jobs of windows of other sizes than the guest's, which may each be a replay of the whole ring. They get a share of the worker,
 * and take turns by console: a flood that many windows look at costs no more, and holds up no other console's windows.
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

  /** @returns the next, of another console than the last one's where one waits; those of one console stay in order */
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

  /** @returns those that waited */
  clear(): readonly ScreenTask[] {
    const tasks = this.#tasks;
    this.#tasks = [];
    return tasks;
  }
}
