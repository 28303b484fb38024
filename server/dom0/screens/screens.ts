import type { Logger } from '../../wire/logger.js';
import { KeptScreen } from './kept-screen.js';
import type { RawRing } from './raw-ring.js';
import { FaultGuard } from '../../wire/fault-guard.js';
import { FeedSchedule } from './feed-schedule.js';
import type { ScreenText } from '../../wire/console.js';
import type { ScreenLines } from '../../wire/screen.js';
import { ReplayQueue } from './replay-queue.js';
import type { ScreenTask } from './replay-queue.js';
import type { ScreenCopy } from './screen-copy.js';
import type { ScreenAnswer, ScreenJob, ScreenQuestion, ScreenSize } from './screen-job.js';
import { ScreenThread } from './screen-thread.js';
import { SCREENS_TIMING } from './screens-timing.js';
import type { ScreensTiming } from './screens-timing.js';

const WAITING = 256;

/**
 * At most this many windows of other sizes than their guest's have an emulator of
 * their own, over all consoles.
 */
const VIEWS = 48;

type Answer = ScreenAnswer['answer'];

/**
 * The emulators of all consoles, in one worker thread. Whatever happens to the thread, no call here fails or
 * blocks: a repaint that is not ready in time is null.
 */
export class Screens {
  readonly #logger: Logger;
  readonly #timing: ScreensTiming;
  readonly #guard: FaultGuard;
  readonly #thread: ScreenThread;
  #task: ScreenTask | null = null;
  #tasks: ScreenTask[] = [];
  readonly #replays = new ReplayQueue();
  readonly #screens = new Set<KeptScreen>();
  readonly #feeds: FeedSchedule;
  #lastId = 0;
  #replayTimer: NodeJS.Timeout | undefined;
  #disposed = false;

  constructor(logger: Logger, timing: Partial<ScreensTiming> = {}) {
    this.#logger = logger;
    this.#timing = { ...SCREENS_TIMING, ...timing };
    this.#guard = new FaultGuard(logger);
    this.#feeds = new FeedSchedule({
      waitMs: this.#timing.feed,
      guard: this.#guard,
      worker: () => this.#thread.generation,
      due: () => {
        this.#next();
      },
    });
    this.#thread = new ScreenThread({
      jobMs: this.#timing.job,
      restartMs: this.#timing.restart,
      guard: this.#guard,
      answered: (answer) => {
        this.#answered(answer);
      },
      ready: () => {
        this.#next();
      },
      lost: (reason) => {
        this.#lost(reason);
      },
    });
  }

  /** Settles when the worker has loaded its code or has ended; at once when there is none. */
  async loaded(): Promise<void> {
    await this.#thread.loaded();
  }

  open(ring: RawRing): KeptScreen {
    this.#thread.start();
    const screen = new KeptScreen(ring, () => (this.#lastId += 1));
    this.#screens.add(screen);
    return screen;
  }

  close(screen: KeptScreen): void {
    this.#screens.delete(screen);
    this.#feeds.forget(screen);
    this.#drop(screen, [...screen.retain([]), ...screen.kept]);
  }

  /** The screen's ring has more bytes. */
  touched(screen: KeptScreen): void {
    if (!this.#disposed) this.#feeds.touched(screen);
  }

  /** The guest was told a size, and writes for that size from now on. */
  tell(screen: KeptScreen, size: ScreenSize): void {
    this.#drop(screen, screen.tell(size));
    this.touched(screen);
  }

  /** Windows of these sizes look at the screen. */
  retain(screen: KeptScreen, sizes: readonly ScreenSize[]): void {
    this.#drop(screen, screen.retain(sizes));
  }

  /**
   * Asks for the screen after the last byte in the ring.
   *
   * @param view the size of the terminal to paint; null: the size that the guest assumes
   * @param position where given, shows only output from there on
   * @returns the bytes that make such a terminal in any state show the screen; null when
   *   they are not ready in time
   */
  async paint(
    screen: KeptScreen,
    view: ScreenSize | null = null,
    position: number | null = null,
  ): Promise<Buffer | null> {
    const size = view ?? screen.size;
    const picture = await this.#question(screen, { ask: 'picture', view: null }, size, position);
    return picture instanceof Uint8Array
      ? Buffer.from(picture.buffer, picture.byteOffset, picture.length)
      : null;
  }

  /** The same as text, at the size that the guest assumes. */
  async text(screen: KeptScreen, position: number | null = null): Promise<ScreenText | null> {
    const text = await this.#question(screen, { ask: 'text' }, screen.size, position);
    return text === null || !('below' in text) ? null : text;
  }

  /** All its text, at the size that the guest assumes; null when it is not ready in time. */
  async lines(screen: KeptScreen, position: number | null = null): Promise<ScreenLines | null> {
    const lines = await this.#question(screen, { ask: 'lines' }, screen.size, position);
    return lines === null || !('cursor' in lines) ? null : lines;
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#feeds.stop();
    clearTimeout(this.#replayTimer);
    await this.#thread.stop();
    this.#giveUp();
  }

  #question(
    screen: KeptScreen,
    question: ScreenQuestion,
    size: ScreenSize,
    position: number | null,
  ): Promise<Answer> {
    this.#thread.start();
    if (!this.#thread.isThere || screen.isResting(Date.now())) return Promise.resolve(null);
    if (position !== null)
      return this.#askReplay(screen, null, null, () => screen.jobSince(position, size, question));
    const copy = this.#copyFor(screen, size);
    // A copy for a size told just now begins with a replay, like those of windows.
    if (copy === screen.first || (copy !== null && this.#isKept(screen, copy))) {
      if (this.#tasks.length >= WAITING) return Promise.resolve(null);
      return this.#wait(this.#timing.paint, (done) => {
        const job = copy.nextJob(screen.ring, this.#thread.generation, this.#afterOf(screen, copy), question);
        this.#add({ job, screen, copy, done });
      });
    }
    const base = this.#isKept(screen, screen.guests) ? screen.guests : screen.first;
    return this.#askReplay(
      screen,
      copy,
      base,
      () =>
        copy?.nextJob(screen.ring, this.#thread.generation, base, question) ??
        screen.jobOnce(size, base, question),
    );
  }

  /** @param base begin from this one's marks; null: from nothing */
  #askReplay(
    screen: KeptScreen,
    copy: ScreenCopy | null,
    base: ScreenCopy | null,
    job: () => ScreenJob,
  ): Promise<Answer> {
    if (this.#replays.isFullFor(screen) || screen.cannotReplay(Date.now())) return Promise.resolve(null);
    return this.#wait(this.#timing.replay, (done) => {
      // The base gets its missing bytes before everything that is asked later.
      if (base !== null && base.lag(screen.ring, this.#thread.generation) > 0)
        this.#queue(this.#feedTask(screen, base));
      this.#replays.add({ job: job(), screen, copy, done });
      this.#next();
    });
  }

  /** Whether the copy sees all output and its emulator is alive. */
  #isKept(screen: KeptScreen, copy: ScreenCopy): boolean {
    return screen.kept.includes(copy) && copy.livesIn(this.#thread.generation);
  }

  /** The emulator of a window, if it has one of its own. */
  #copyFor(screen: KeptScreen, size: ScreenSize): ScreenCopy | null {
    const copy = screen.copyFor(size);
    if (copy === null || copy.livesIn(this.#thread.generation) || screen.kept.includes(copy)) return copy;
    let views = 0;
    for (const each of this.#screens)
      views += each.views.filter((view) => view.livesIn(this.#thread.generation)).length;
    return views < VIEWS ? copy : null;
  }

  /** The copy whose marks tell what the screen showed before the ring, for an emulator that begins anew. */
  #afterOf(screen: KeptScreen, copy: ScreenCopy): ScreenCopy | null {
    return screen.kept.find((each) => each !== copy && each.livesIn(this.#thread.generation)) ?? null;
  }

  #wait(ms: number, ask: (done: (answer: Answer) => void) => void): Promise<Answer> {
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        resolve(null);
      }, ms);
      ask((answer) => {
        clearTimeout(late);
        resolve(answer);
      });
    });
  }

  #add(task: ScreenTask): void {
    this.#queue(task);
    this.#next();
  }

  /** An emulator gets its bytes in their order: behind its replay that still waits, too. */
  #queue(task: ScreenTask): void {
    if (task.copy !== null && this.#replays.holds(task.copy)) this.#replays.add(task);
    else this.#tasks.push(task);
  }

  #next(): void {
    if (this.#task !== null || this.#disposed) return;
    this.#thread.start();
    if (!this.#thread.isUp) return;
    const task = this.#tasks.shift() ?? this.#replays.take(Date.now()) ?? this.#nextDue();
    if (task === undefined) {
      this.#replayLater();
      return;
    }
    this.#task = task;
    this.#thread.send(task.job);
  }

  #replayLater(): void {
    const wait = this.#replays.wait(Date.now());
    if (wait === null || this.#replayTimer !== undefined) return;
    this.#replayTimer = setTimeout(
      this.#guard.on('replay', () => {
        this.#replayTimer = undefined;
        this.#next();
      }),
      wait,
    ).unref();
  }

  #nextDue(): ScreenTask | undefined {
    const due = this.#feeds.take(Date.now(), (copy) => this.#replays.holds(copy));
    return due === undefined ? undefined : this.#feedTask(due.screen, due.copy);
  }

  #feedTask(screen: KeptScreen, copy: ScreenCopy): ScreenTask {
    const job = copy.nextJob(screen.ring, this.#thread.generation, this.#afterOf(screen, copy), null);
    return { job, screen, copy, done: () => undefined };
  }

  #drop(screen: KeptScreen, copies: readonly ScreenCopy[]): void {
    this.#feeds.drop(copies);
    for (const copy of copies) {
      if (!this.#thread.isThere || !copy.livesIn(this.#thread.generation)) continue;
      const task = { job: copy.closingJob(), screen, copy, done: () => undefined };
      // After everything that was asked of the emulator.
      if (screen.kept.includes(copy)) this.#add(task);
      else this.#replays.add(task);
    }
    this.#next();
  }

  #answered({ answer, ms }: ScreenAnswer): void {
    const task = this.#task;
    this.#task = null;
    if (task === null) return;
    const { screen, copy, job } = task;
    const now = Date.now();
    const isReplay =
      copy === null || (copy !== screen.first && (job.fresh !== null || !screen.kept.includes(copy)));
    if (!isReplay) screen.took(ms, now);
    else {
      screen.replayTook(ms, now);
      this.#replays.took(ms, now);
    }
    if (answer === null && job.question !== null) copy?.forget();
    task.done(answer);
  }

  #lost(reason: string): void {
    const culprit = this.#task?.screen;
    culprit?.strike(Date.now());
    this.#logger.warn({ reason, screen: culprit?.id }, 'screens.worker-lost');
    this.#giveUp();
  }

  /** Ends all waiting for the worker. */
  #giveUp(): void {
    const waiting = [...(this.#task === null ? [] : [this.#task]), ...this.#tasks, ...this.#replays.clear()];
    this.#task = null;
    this.#tasks = [];
    for (const task of waiting) task.done(null);
  }
}
