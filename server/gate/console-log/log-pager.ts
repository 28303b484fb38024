import type { LogGo, MenuLogAbout, MenuLogLine, MenuLogPiece } from '../../../menus/log-port.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { LogHead } from '../hosts/log-answer.js';
import { linesOf } from './log-lines.js';
import type { PageCore, PageLines } from './log-lines.js';
import type { LogPage, LogPages, PageQuery } from './log-pages.js';
import type { SearchQueue, TakeTurn } from './search-queue.js';
import { LOOK_AHEAD, LOOK_BACK } from './text-filter.js';

/** The size of a piece that is shown: several screens. */
const PIECE_BYTES = 16 * 1024;
const PIECE_LINES = 150;
/** The size of a page that is searched. */
const SEARCH_BYTES = 64 * 1024;

/** Walks through a log piece by piece; nothing is kept between two pieces. */
export class LogPager {
  readonly #pages: Pick<LogPages, 'page'>;
  readonly #searches: SearchQueue;
  readonly #take: TakeTurn;

  /** @param take runs work when it is the customer's turn; when left out, at once */
  constructor(
    pages: Pick<LogPages, 'page'>,
    searches: SearchQueue,
    take: TakeTurn = (work) =>
      new Promise((resolve) => {
        resolve(work());
      }),
  ) {
    this.#pages = pages;
    this.#searches = searches;
    this.#take = take;
  }

  /** @returns null when there is no such boot */
  async go(where: LogGo): Promise<MenuLogPiece | Refusal | null> {
    switch (where.go) {
      case 'start':
        return this.#piece({ from: 0, bytes: PIECE_BYTES });
      case 'end':
        return this.#piece({ bytes: PIECE_BYTES });
      case 'before':
        return this.#piece({ before: where.position, bytes: PIECE_BYTES });
      case 'after':
        return this.#piece({ from: where.position, bytes: PIECE_BYTES });
      case 'earlier-boot':
        return this.#earlierBoot(where.position);
      case 'later-boot':
        return this.#laterBoot(where.position);
    }
  }

  /**
   * Looks for a text in the lines as they look; large and small letters are the same.
   *
   * @param back searches back from the position, otherwise from there on
   * @returns the piece around the first line found, and where that stands; null when there is none, or the
   *   search was given up
   */
  async find(
    text: string,
    position: number,
    back: boolean,
    signal: AbortSignal,
  ): Promise<{ readonly piece: MenuLogPiece; readonly at: number } | Refusal | null> {
    const wanted = text.toLowerCase();
    const isGivenUp = (): boolean => signal.aborted;
    for (let at = position; ;) {
      const bytes = SEARCH_BYTES;
      const page = await this.#pages.page(withContext(back ? { before: at, bytes } : { from: at, bytes }));
      if (isRefusal(page)) return page;
      if (isGivenUp()) return null;
      const core = back ? { from: at - bytes, to: at } : { from: at, to: at + bytes };
      const found = await this.#searches.run(() => {
        const { from, to, lines, open } = linesOf(page, back ? 'to' : 'from', core);
        const every = [...lines, ...open];
        const has = ({ text: line }: MenuLogLine): boolean => line.toLowerCase().includes(wanted);
        return { line: back ? every.findLast(has) : every.find(has), from, to };
      }, this.#take);
      if (isGivenUp()) return null;
      if (found.line !== undefined) return this.#around(found.line.from);
      const next = back ? found.from : found.to;
      const last = Math.min(core.to, page.at.to);
      if (next === at || (back ? next <= page.at.start : last >= page.at.end)) return null;
      at = next;
    }
  }

  async #around(position: number): Promise<{ readonly piece: MenuLogPiece; readonly at: number } | Refusal> {
    const bytes = PIECE_BYTES;
    const before = await this.#piece({ before: position, bytes });
    if (isRefusal(before)) return before;
    const after = await this.#piece({ from: position, bytes });
    if (isRefusal(after)) return after;
    const lines = before.to === after.from ? [...before.lines, ...after.lines] : after.lines;
    const from = before.to === after.from ? before : after;
    return { piece: { ...after, from: from.from, atStart: from.atStart, lines }, at: position };
  }

  async #earlierBoot(position: number): Promise<MenuLogPiece | Refusal | null> {
    const here = await this.#pages.page({ from: position, bytes: 1 });
    if (isRefusal(here)) return here;
    const own = here.at.boots[0]?.from ?? position;
    if (own <= here.at.start) return null;
    const there = await this.#pages.page({ before: own, bytes: 1 });
    if (isRefusal(there)) return there;
    return this.#piece({ from: there.at.boots.at(-1)?.from ?? there.at.start, bytes: PIECE_BYTES });
  }

  async #laterBoot(position: number): Promise<MenuLogPiece | Refusal | null> {
    const here = await this.#pages.page({ from: position, bytes: 1 });
    if (isRefusal(here)) return here;
    const next = here.at.boots[0]?.to ?? here.at.end;
    return next >= here.at.end ? null : this.#piece({ from: next, bytes: PIECE_BYTES });
  }

  async #piece(query: PageQuery): Promise<MenuLogPiece | Refusal> {
    const page = await this.#pages.page(withContext(query));
    return isRefusal(page) ? page : this.#take(() => pieceOf(query, page));
  }
}

function pieceOf(query: PageQuery, page: LogPage): MenuLogPiece {
  const whole = query.from === undefined ? 'to' : 'from';
  const core = coreOf(query, page);
  const lines = linesOf(page, whole, core, PIECE_LINES);
  const at = { ...page.at, to: Math.min(core.to, page.at.to) };
  return whole === 'from' ? firstOf({ ...page, at }, lines) : lastOf({ ...page, at }, lines);
}

/** The same page with the bytes around it, which decide how it is shown. */
function withContext({ from, before, bytes }: PageQuery): PageQuery {
  if (from !== undefined) {
    const begin = Math.max(0, from - LOOK_BACK);
    return { from: begin, bytes: from - begin + bytes + LOOK_AHEAD };
  }
  if (before === undefined) return { bytes: bytes + LOOK_BACK };
  return { before: before + LOOK_AHEAD, bytes: bytes + LOOK_BACK + LOOK_AHEAD };
}

function coreOf({ from, before, bytes }: PageQuery, { at }: LogPage): PageCore {
  if (from !== undefined) return { from, to: from + bytes };
  const to = Math.min(before ?? at.to, at.to);
  return { from: to - bytes, to };
}

function firstOf({ head, at }: LogPage, { from, to, lines, open }: PageLines): MenuLogPiece {
  const about = aboutOf(head);
  const atStart = from <= at.start;
  let most = PIECE_LINES;
  // Lines that the guest wrote as one stay together.
  while (most < lines.length && lines[most]?.from === lines[most - 1]?.from) most += 1;
  const cut = lines[most];
  if (cut !== undefined)
    return { from, to: cut.from, lines: lines.slice(0, most), open: [], atStart, atEnd: false, about };
  return { from, to, lines, open, atStart, atEnd: at.to >= at.end, about };
}

function lastOf({ head, at }: LogPage, { from, to, lines, open }: PageLines): MenuLogPiece {
  const about = aboutOf(head);
  const atEnd = at.to >= at.end;
  let first = lines.length - PIECE_LINES;
  while (first > 0 && lines[first]?.from === lines[first - 1]?.from) first -= 1;
  const begin = first > 0 ? lines[first] : undefined;
  if (begin === undefined) return { from, to, lines, open, atStart: from <= at.start, atEnd, about };
  return { from: begin.from, to, lines: lines.slice(first), open, atStart: false, atEnd, about };
}

export function aboutOf(head: LogHead | null): MenuLogAbout {
  if (head === null) return { keeping: true, switchedAt: null, onDisk: false };
  const { keeping, switchedAt, place } = head;
  return {
    keeping,
    switchedAt: switchedAt === null ? null : Date.parse(switchedAt),
    onDisk: place === 'disk',
  };
}
