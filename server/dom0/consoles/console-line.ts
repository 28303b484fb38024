import type { ConsoleState } from '../../wire/domain.js';
import { FaultGuard } from '../../wire/fault-guard.js';
import type { ScreenSize } from '../screens/screen-job.js';
import { isSameIncarnation } from '../toolstack/incarnation.js';
import type { Incarnation } from '../toolstack/incarnation.js';
import { AttachWaiters } from './attach-waiters.js';
import type { AttachResult } from './attach-waiters.js';
import { BackOff } from './back-off.js';
import { ConsoleClient } from './console-client.js';
import type { ClientEnd } from './console-client.js';
import type { LineListener, LineParts } from './line-parts.js';

/** After a console that lasted longer than this the retry waits begin anew. */
const STEADY_MS = 5_000;

/**
 * One domain's connection to the toolstack's console. It opens the console for the incarnation that it points
 * at, and opens it again when it ends while the domain lives.
 */
export class ConsoleLine {
  readonly #parts: LineParts;
  readonly #listener: LineListener;
  #size: ScreenSize;
  #wanted: Incarnation | null = null;
  /** The incarnation that was last replaced: a late observation may still name it. */
  #past: Incarnation | null = null;
  #canReopen = true;
  #ended: Incarnation | null = null;
  #said: Incarnation | null = null;
  #client: ConsoleClient | null = null;
  #queued = false;
  #state: ConsoleState = 'detached';
  readonly #guard: FaultGuard;
  readonly #waiters = new AttachWaiters();
  readonly #retry: BackOff;
  #gone: NodeJS.Timeout | undefined;
  #superseded: NodeJS.Timeout | undefined;
  #loan: NodeJS.Timeout | undefined;
  #disposed = false;
  #onEnd: (() => void)[] = [];

  constructor(parts: LineParts, size: ScreenSize, listener: LineListener) {
    this.#parts = parts;
    this.#size = size;
    this.#listener = listener;
    this.#guard = new FaultGuard(parts.logger);
    this.#retry = new BackOff(parts.timing.retry, parts.timing.lastRetry, this.#guard);
  }

  get state(): ConsoleState {
    return this.#state;
  }

  /**
   * Points the line at an observed incarnation. It never ends a console that was just opened for
   * a newer incarnation, because an observation may be older than an `attachNow`. xenconsole ends
   * by itself with its domain.
   *
   * @param canReopen false while the domain goes down: its console is not opened again
   *   for the same incarnation
   */
  point(incarnation: Incarnation | null, canReopen: boolean): void {
    if (this.#disposed || (incarnation !== null && isSameIncarnation(incarnation, this.#past))) return;
    this.#canReopen = canReopen;
    clearTimeout(this.#gone);
    if (incarnation === null) {
      const close = this.#guard.on('gone', () => this.#client?.close());
      this.#gone = setTimeout(close, this.#parts.timing.gone).unref();
    }
    this.#want(incarnation);
    this.#unlockIfGone();
    this.#consider(false);
  }

  /**
   * Opens the console of an incarnation at once. @returns the result within the
   * deadline; tries go on after it
   */
  attachNow(incarnation: Incarnation): Promise<AttachResult> {
    if (this.#disposed) return Promise.resolve('failed');
    clearTimeout(this.#gone);
    this.#want(incarnation);
    this.#canReopen = true;
    if (this.#loan !== undefined) return Promise.resolve('locked');
    if (this.#client?.isProven === true && isSameIncarnation(this.#client.incarnation, incarnation))
      return Promise.resolve('attached');
    const result = this.#waiters.wait(this.#parts.timing.attach);
    this.#retry.stop();
    this.#consider(true);
    return result;
  }

  /** Closes the console, and opens none until the line is pointed at an incarnation again. */
  rest(): void {
    this.#wanted = null;
    this.#retry.stop();
    this.#client?.close();
  }

  /**
   * Leaves the console to an admin's own client for this many milliseconds, then opens it again. Meanwhile
   * the state is `locked`, whether anybody has it or not. Resolves when our client has ended.
   */
  async lend(ms: number): Promise<void> {
    clearTimeout(this.#loan);
    const back = this.#guard.on(
      'end of a loan',
      () => {
        this.takeBack();
      },
      () => {
        this.#retryLater();
      },
    );
    this.#loan = setTimeout(back, ms).unref();
    this.#retry.stop();
    this.#waiters.tell('locked');
    this.#client?.close();
    this.#setState('locked');
    await this.#clientEnd();
  }

  /** Tries to open the console now, whether it was lent or is locked. */
  takeBack(): void {
    clearTimeout(this.#loan);
    this.#loan = undefined;
    this.#retry.stop();
    this.#retry.reset();
    this.#unlockIfGone();
    this.#consider(false);
  }

  /** @returns the bytes that found no room; wait for `drain`. Without a console input is lost. */
  write(bytes: Buffer): Buffer | null {
    if (this.#client === null) return null;
    this.#parts.pacer.typed(this);
    return this.#client.write(bytes);
  }

  resize(size: ScreenSize): void {
    this.#size = size;
    this.#client?.resize(size);
  }

  /** Resolves when the console's process has ended. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    clearTimeout(this.#gone);
    clearTimeout(this.#loan);
    this.rest();
    this.#waiters.tell('failed');
    await this.#clientEnd();
  }

  #clientEnd(): Promise<void> {
    if (this.#client === null) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEnd.push(resolve);
    });
  }

  /** A domain that does not exist has no locked console. */
  #unlockIfGone(): void {
    if (this.#wanted === null && this.#client === null && this.#loan === undefined)
      this.#setState('detached');
  }

  #want(incarnation: Incarnation | null): void {
    if (isSameIncarnation(this.#wanted, incarnation)) return;
    if (incarnation !== null) {
      const before = this.#wanted ?? this.#client?.incarnation ?? null;
      if (before !== null && !isSameIncarnation(before, incarnation)) this.#past = before;
      this.#retry.stop();
      this.#retry.reset();
    }
    this.#wanted = incarnation;
  }

  #consider(urgent: boolean): void {
    if (this.#disposed || this.#wanted === null || this.#loan !== undefined) return;
    if (this.#client !== null) {
      if (!isSameIncarnation(this.#client.incarnation, this.#wanted)) this.#closeSuperseded(this.#client);
    } else if (urgent) {
      this.#open(this.#wanted, true, () => undefined);
    } else if (!this.#queued && this.#openable() !== null) {
      this.#queued = true;
      this.#parts.semaphore.acquire((release) => {
        this.#queued = false;
        const wanted = this.#openable();
        if (wanted === null) release();
        else this.#open(wanted, false, release);
      });
    }
  }

  /** A console ends with its domain, after the domain's last output. We close only one that does not. */
  #closeSuperseded(client: ConsoleClient): void {
    const close = this.#guard.on('superseded', () => {
      client.close();
    });
    this.#superseded ??= setTimeout(close, this.#parts.timing.superseded).unref();
  }

  /** The incarnation whose console to open now; null when there is none, or not yet. */
  #openable(): Incarnation | null {
    if (this.#disposed || this.#client !== null) return null;
    if (this.#retry.isWaiting || this.#loan !== undefined) return null;
    return this.#canReopen || !isSameIncarnation(this.#ended, this.#wanted) ? this.#wanted : null;
  }

  #open(incarnation: Incarnation, urgent: boolean, release: () => void): void {
    try {
      this.#client = new ConsoleClient(
        {
          command: this.#parts.command(incarnation.domid),
          passesEscape: this.#parts.passesEscape,
          whose: () => this.#parts.whose(incarnation),
          incarnation,
          size: this.#size,
          urgent,
          slowMs: this.#parts.timing.attach,
          guard: this.#guard,
        },
        {
          begins: () => {
            this.#listener.begins(incarnation, this.#said);
            this.#said = incarnation;
          },
          output: (bytes) => {
            this.#listener.output(bytes);
            return this.#parts.pacer.spend(this, bytes.length, this.#listener.readers());
          },
          proven: () => {
            release();
            this.#setState('attached');
            this.#waiters.tell('attached');
          },
          slow: release,
          drain: () => {
            this.#listener.drain();
          },
          exited: (end) => {
            release();
            this.#exited(incarnation, end);
          },
        },
      );
    } catch (error) {
      release();
      this.#parts.logger.warn({ domain: this.#parts.name, err: error }, 'console.no-pty');
      this.#ended = incarnation;
      this.#waiters.tell('failed');
      this.#retryLater();
    }
  }

  #exited(incarnation: Incarnation, { locked, reason, code, lastedMs }: ClientEnd): void {
    const wasClosing = this.#client?.isClosing === true;
    this.#client = null;
    clearTimeout(this.#superseded);
    this.#superseded = undefined;
    this.#ended = incarnation;
    this.#parts.logger.debug({ domain: this.#parts.name, code, reason }, 'console.ended');
    if (lastedMs > STEADY_MS) this.#retry.reset();
    this.#setState(locked || this.#loan !== undefined ? 'locked' : 'detached');
    this.#listener.drain();
    for (const tell of this.#onEnd.splice(0)) tell();
    if (wasClosing || !isSameIncarnation(incarnation, this.#wanted)) {
      this.#consider(!this.#waiters.isEmpty);
      return;
    }
    this.#waiters.tell(locked ? 'locked' : 'failed');
    this.#retryLater();
  }

  #retryLater(): void {
    if (this.#disposed || this.#wanted === null || this.#loan !== undefined) return;
    this.#retry.wait(() => {
      this.#consider(false);
    });
  }

  #setState(state: ConsoleState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#listener.state(state);
  }
}
