import type { LogFact } from '../../../menus/log-port.js';
import type { DomainName } from '../../../policy/names.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { LogStream } from '../hosts/log-stream.js';
import type { Terminal } from '../session/terminal.js';
import type { LogAccess } from './log-access.js';
import type { OpenedLog } from './opened-log.js';
import type { LogPager } from './log-pager.js';
import type { LogPages } from './log-pages.js';
import * as say from './log-words.js';

/** The shortest time between two updates: nobody reads a screen that changes faster. Milliseconds. */
const TOGETHER_MS = 250;
/** With more than this not taken by the customer, nothing is shown until it is. Bytes. */
const MOST_PENDING = 16 * 1024;

/**
 * Tells a menu what comes to a log's end, as it comes. However much comes, it tells only the newest of it.
 */
export class LogFollower {
  readonly #pages: Pick<LogPages, 'localOf'>;
  readonly #access: Pick<LogAccess, 'moved' | 'onNews'>;
  readonly #opened: OpenedLog;
  readonly #pager: LogPager;
  readonly #terminal: Pick<Terminal, 'pendingBytes'>;
  #stream: LogStream | null = null;
  #stopped = false;
  #wake: () => void = () => undefined;

  /** @param access says when the domain has moved: then nothing more comes to this log */
  constructor(
    opened: OpenedLog,
    pages: Pick<LogPages, 'localOf'>,
    pager: LogPager,
    terminal: Pick<Terminal, 'pendingBytes'>,
    access: Pick<LogAccess, 'moved' | 'onNews'>,
  ) {
    this.#pages = pages;
    this.#access = access;
    this.#opened = opened;
    this.#pager = pager;
    this.#terminal = terminal;
  }

  /** @returns why nothing more comes; null when it was stopped */
  async run(domain: DomainName, tell: (fact: LogFact) => void): Promise<string | null> {
    let piece = await this.#pager.go({ go: 'end' });
    let where: 'end' | 'after' = 'end';
    for (;;) {
      if (this.#isOver()) return null;
      if (piece === null || isRefusal(piece)) return piece?.message ?? null;
      tell({ fact: 'log', domain, where, piece });
      if (!piece.about.onDisk) return say.inMemory(domain).message;
      const { to, open } = piece;
      const ended = await this.#more(open.at(-1)?.to ?? to);
      if (ended !== null) return this.#isOver() ? null : ended;
      await this.#pause();
      if (this.#isOver()) return null;
      where = 'after';
      piece = await this.#pager.go({ go: 'after', position: to });
      if (piece === null || isRefusal(piece) || piece.atEnd) continue;
      where = 'end';
      piece = await this.#pager.go({ go: 'end' });
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#stream?.close();
    this.#wake();
  }

  /**
   * Waits until there is something after a position. @returns why there will be nothing; null when there is
   */
  async #more(position: number): Promise<string | null> {
    const { demanded, host } = this.#opened;
    const stream = await host.log.open(demanded, {
      from: this.#pages.localOf(position),
      follow: true,
    });
    if (isRefusal(stream)) return stream.message;
    this.#stream = stream;
    if (this.#isOver() || this.#access.moved(this.#opened) !== null) stream.close();
    const forget = this.#access.onNews(this.#opened, () => {
      if (!host.reachable || this.#access.moved(this.#opened) !== null) stream.close();
    });
    try {
      const first = await stream.bytes[Symbol.asyncIterator]().next();
      return first.done === true ? say.over(demanded.domain) : null;
    } catch {
      return say.lost(demanded.domain).message;
    } finally {
      forget();
      stream.close();
      this.#stream = null;
    }
  }

  /** Waits until the next piece may be shown. */
  async #pause(): Promise<void> {
    do {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, TOGETHER_MS);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    } while (this.#terminal.pendingBytes > MOST_PENDING && !this.#isOver());
  }

  #isOver(): boolean {
    return this.#stopped;
  }
}
