import type { LogFact, MenuLogPiece } from '../../../menus/log-port.js';
import type { DomainName } from '../../../policy/names.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { hostUnreachable } from '../text/words.js';
import type { LogStream } from '../hosts/log-stream.js';
import type { Terminal } from '../session/terminal.js';
import type { LogAccess } from './log-access.js';
import { arrivedLog, isLost, resumeLog } from './log-resumption.js';
import type { ResumptionParts } from './log-resumption.js';
import type { OpenedLog } from './opened-log.js';
import type { LogPager } from './log-pager.js';
import type { LogPages } from './log-pages.js';
import * as say from './log-words.js';

/** The shortest time between two updates: nobody reads a screen that changes faster. Milliseconds. */
const TOGETHER_MS = 250;
/** With more than this not taken by the customer, nothing is shown until it is. Bytes. */
const MOST_PENDING = 16 * 1024;

/** What the menu is told: lines, and sentences of the host that was lost and answers again. */
type Told = LogFact | { readonly fact: 'notice'; readonly message: string };

/**
 * Tells a menu what comes to a log's end, as it comes. However much comes, it tells only the newest of it. It waits for
 * a host that is lost, such as one that is upgraded.
 */
export class LogFollower {
  readonly #pages: Pick<LogPages, 'localOf'>;
  readonly #access: Pick<LogAccess, 'moved' | 'isAway' | 'onNews'>;
  readonly #opened: OpenedLog;
  readonly #pager: LogPager;
  readonly #terminal: Pick<Terminal, 'pendingBytes'>;
  readonly #resumption: ResumptionParts;
  #stream: LogStream | null = null;
  #stopped = false;
  #canAct: () => boolean = () => true;
  #wake: () => void = () => undefined;

  /** @param access says when the domain has moved: then nothing more comes to this log */
  constructor(
    opened: OpenedLog,
    pages: Pick<LogPages, 'localOf'>,
    pager: LogPager,
    terminal: Pick<Terminal, 'pendingBytes'>,
    access: Pick<LogAccess, 'moved' | 'isAway' | 'onNews'>,
  ) {
    this.#pages = pages;
    this.#access = access;
    this.#opened = opened;
    this.#pager = pager;
    this.#terminal = terminal;
    this.#resumption = {
      access,
      isOver: () => this.#isOver(),
      waiting: (wake) => {
        this.#wake = wake;
      },
    };
  }

  /**
   * @param canAct whether the customer may still read the log; asked before the host is
   * @returns why nothing more comes; null when it was stopped, or when the domain runs on another host
   */
  async run(domain: DomainName, tell: (fact: Told) => void, canAct: () => boolean): Promise<string | null> {
    this.#canAct = canAct;
    let piece = await this.#pager.go({ go: 'end' });
    let where: 'end' | 'after' = 'end';
    for (;;) {
      if (this.#isOver()) return null;
      if (piece === null || isRefusal(piece)) return piece?.message ?? null;
      tell({ fact: 'log', domain, where, piece });
      if (!piece.about.onDisk) return say.inMemory(domain).message;
      const { to, open } = piece;
      piece = await this.#next(to, open.at(-1)?.to ?? to, tell);
      where = piece !== null && !isRefusal(piece) && piece.from === to ? 'after' : 'end';
    }
  }

  /**
   * The newest lines, as soon as there is something to tell.
   *
   * @param position the lines begin there, if they are all that has come
   * @param seen the position up to which the customer has seen the log, with the line that has not ended
   * @returns null when it was stopped, or when the domain runs on another host
   */
  async #next(
    position: number,
    seen: number,
    tell: (fact: Told) => void,
  ): Promise<MenuLogPiece | Refusal | null> {
    const { domain } = this.#opened.demanded;
    const ended = await this.#more(seen);
    if (ended === null) await this.#pause();
    if (this.#isOver()) return null;
    const ask = (): Promise<MenuLogPiece | Refusal> => this.#newest(position);
    let piece = ended ?? (await ask());
    for (let isTold = false; isRefusal(piece); isTold = true) {
      const moved = await arrivedLog(this.#opened, this.#resumption);
      if (moved !== null || this.#isOver()) return null;
      if (!isLost(piece)) return piece;
      if (!isTold) tell({ fact: 'notice', message: say.waits(domain) });
      piece = (await resumeLog(this.#opened, ask, this.#resumption)) ?? piece;
      if (!isRefusal(piece)) tell({ fact: 'notice', message: say.goesOn(domain) });
    }
    return piece;
  }

  /**
   * The lines after a position. The last ones of all, when too much has come since, or when the host has lost what
   * stood there.
   */
  async #newest(position: number): Promise<MenuLogPiece | Refusal> {
    const after = await this.#pager.go({ go: 'after', position });
    if (after !== null && (isRefusal(after) || (after.atEnd && after.from === position))) return after;
    return (await this.#pager.go({ go: 'end' })) ?? over(this.#opened.demanded.domain);
  }

  stop(): void {
    this.#stopped = true;
    this.#stream?.close();
    this.#wake();
  }

  /**
   * Waits until there is something after a position. @returns why there is nothing; null when there is
   */
  async #more(position: number): Promise<Refusal | null> {
    const { demanded, host } = this.#opened;
    const stream = await host.log.open(demanded, {
      from: this.#pages.localOf(position),
      follow: true,
    });
    if (isRefusal(stream)) return stream;
    this.#stream = stream;
    if (this.#isOver() || this.#access.moved(this.#opened) !== null) stream.close();
    const forget = this.#access.onNews(this.#opened, () => {
      if (!host.reachable || this.#access.moved(this.#opened) !== null) stream.close();
    });
    try {
      const first = await stream.bytes[Symbol.asyncIterator]().next();
      return first.done === true ? over(demanded.domain) : null;
    } catch {
      return hostUnreachable(demanded.domain, 'its log was followed, and it was lost');
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
    return this.#stopped || !this.#canAct();
  }
}

/** The host has ended the log. */
function over(domain: DomainName): Refusal {
  return refusal('no-such-domain', say.over(domain));
}
