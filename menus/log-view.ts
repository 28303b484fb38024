import { layoutOf } from './layout.js';
import type { Layout, Screen } from './layout.js';
import type { MenuLogLine, MenuLogPiece } from './log-port.js';
import { fold } from './printable-text.js';
import { bootRow } from './words.js';

/** The piece of a log that a menu holds, and what is seen of it. */
export interface LogView extends MenuLogPiece {
  /** The first row that is seen: of which line, counted in `lines` and then `open`, and which of its rows. */
  readonly top: RowPlace;
  /** So many rows further on, or back, as soon as there are more. */
  readonly owed: number;
  /** The place of what was gone to, a boot or a line that was found, until it is scrolled. */
  readonly mark: number | null;
}

interface RowPlace {
  readonly line: number;
  readonly part: number;
}

/** One row of the screen. */
export interface LogRow {
  readonly line: number;
  readonly part: number;
  readonly text: string;
  /** Says that a boot begins: not the guest's words. */
  readonly isBoot: boolean;
}

/** Which piece is needed to go on. */
export type Need = 'before' | 'after' | null;

/** More is not held. */
const MOST_LINES = 400;
const MOST_CHARACTERS = 96 * 1024;
/** Rows owed beyond this are forgotten: somebody leans on a key. */
const MOST_OWED = 1_000;

/** The whole width is the log's: a console is as wide as the window. */
export function logLayout(screen: Screen): Layout {
  const layout = layoutOf(screen);
  return { ...layout, left: 0, width: screen.columns, top: 1 + layout.banner.length };
}

/** Rows above the log: one says whose it is, and one more if there is something else to say. */
export function headRows({ about }: Pick<LogView, 'about'>): number {
  return about.keeping && about.onDisk ? 1 : 2;
}

/** Rows of the log that are seen at once. */
export function logHeight(screen: Screen, view: Pick<LogView, 'about'>): number {
  const { top, bottom } = logLayout(screen);
  return Math.max(1, bottom - top - headRows(view));
}

export function every({ lines, open }: LogView): readonly MenuLogLine[] {
  return [...lines, ...open];
}

/** All rows of what is held, at this width. */
function rowsOf(view: LogView, screen: Screen): readonly LogRow[] {
  const { columns, preferences } = screen;
  return every(view).flatMap((line, index) => {
    const parts = fold(line.text, columns, preferences.charset);
    const rows = parts.map((text, part) => ({ line: index, part, text, isBoot: false }));
    if (!line.begins || line.boot === null) return rows;
    return [{ line: index, part: -1, text: bootRow(line.boot), isBoot: true }, ...rows];
  });
}

/** The rows that are seen. */
export function seenRows(view: LogView, screen: Screen): readonly LogRow[] {
  const rows = rowsOf(view, screen);
  const top = topRow(view, rows);
  return rows.slice(top, top + logHeight(screen, view));
}

/** The log as it is opened, or at another place. @param mark what is gone to; its end when there is nothing */
export function openView(piece: MenuLogPiece, mark: number | null, screen: Screen): LogView {
  const view: LogView = { ...piece, top: { line: 0, part: -1 }, owed: 0, mark };
  return mark === null ? bottom(view, screen) : settle(view, screen);
}

/** As `openView`, with some of what stands before the mark. */
export function openAround(piece: MenuLogPiece, mark: number, screen: Screen): LogView {
  const view = openView(piece, mark, screen);
  const rows = rowsOf(view, screen);
  const lines = every(view);
  const found = Math.max(
    0,
    rows.findIndex(({ line }) => (lines[line]?.from ?? 0) >= mark),
  );
  return place(view, rows, found - Math.floor(logHeight(screen, view) / 3), screen);
}

/** The line that is looked at: where somebody went, otherwise the last of the log if it is seen, otherwise the first that is seen. */
export function lookedAt(view: LogView, screen: Screen): MenuLogLine | undefined {
  const lines = every(view);
  const marked = view.mark === null ? undefined : lines.find(({ from }) => from >= (view.mark ?? 0));
  if (marked !== undefined) return marked;
  const rows = seenRows(view, screen);
  const row = seesEnd(view, screen) ? rows.at(-1) : rows[0];
  return row === undefined ? undefined : lines[row.line];
}

/** Joins a piece on, if it does: one that was asked for before something else came does not. */
export function joinBefore(view: LogView, piece: MenuLogPiece, screen: Screen): LogView {
  if (piece.to !== view.from || piece.open.length > 0) return view;
  const line = view.top.line + piece.lines.length;
  const joined: LogView = {
    ...view,
    about: piece.about,
    from: piece.from,
    lines: [...piece.lines, ...view.lines],
    atStart: piece.atStart,
    top: { ...view.top, line },
  };
  return settle(trimmedEnd(payOff(joined, screen), screen), screen);
}

/** As `joinBefore`, at the other end. What was not a whole line is replaced. */
export function joinAfter(view: LogView, piece: MenuLogPiece, screen: Screen): LogView {
  if (piece.from !== view.to) return view;
  const joined: LogView = {
    ...view,
    about: piece.about,
    to: piece.to,
    lines: [...view.lines, ...piece.lines],
    open: piece.open,
    atEnd: piece.atEnd,
  };
  return settle(trimmedStart(payOff(joined, screen)), screen);
}

/** The end of what is held at the foot of the screen. */
export function bottom(view: LogView, screen: Screen): LogView {
  const rows = rowsOf(view, screen);
  return place({ ...view, owed: 0 }, rows, rows.length, screen);
}

/** So many rows on, or back. What is not there yet is owed. */
export function scrollRows(view: LogView, by: number, screen: Screen): LogView {
  const rows = rowsOf(view, screen);
  const last = Math.max(0, rows.length - logHeight(screen, view));
  const wanted = topRow(view, rows) + by + view.owed;
  const beyond = wanted < 0 ? (view.atStart ? 0 : wanted) : wanted > last && !view.atEnd ? wanted - last : 0;
  const owed = Math.max(-MOST_OWED, Math.min(MOST_OWED, beyond));
  return place({ ...view, owed, mark: by === 0 ? view.mark : null }, rows, wanted, screen);
}

/** Which piece should be asked for, so that it is there before it is missed. */
export function needOf(view: LogView, screen: Screen): Need {
  const rows = rowsOf(view, screen);
  const height = logHeight(screen, view);
  const top = topRow(view, rows);
  if (!view.atStart && top < height) return 'before';
  if (!view.atEnd && rows.length - top < 2 * height) return 'after';
  return null;
}

/** Whether the end of the log is seen. */
export function seesEnd(view: LogView, screen: Screen): boolean {
  const rows = rowsOf(view, screen);
  return view.atEnd && topRow(view, rows) >= rows.length - logHeight(screen, view);
}

function topRow({ top }: LogView, rows: readonly LogRow[]): number {
  const exact = rows.findIndex(({ line, part }) => line === top.line && part === top.part);
  if (exact !== -1) return exact;
  // The window is another now, or the line has no such row any more.
  return Math.max(
    0,
    rows.findIndex(({ line }) => line >= top.line),
  );
}

function place(view: LogView, rows: readonly LogRow[], wanted: number, screen: Screen): LogView {
  const last = Math.max(0, rows.length - logHeight(screen, view));
  const row = rows[Math.min(last, Math.max(0, wanted))];
  return row === undefined ? view : { ...view, top: { line: row.line, part: row.part } };
}

function payOff(view: LogView, screen: Screen): LogView {
  return view.owed === 0 ? view : scrollRows(view, 0, screen);
}

/** At the end of the log the screen is full, if it can be. */
export function settle(view: LogView, screen: Screen): LogView {
  if (!view.atEnd) return view;
  const rows = rowsOf(view, screen);
  return place(view, rows, topRow(view, rows), screen);
}

function isTooMuch(lines: readonly MenuLogLine[]): boolean {
  return lines.length > MOST_LINES || lines.reduce((sum, { text }) => sum + text.length, 0) > MOST_CHARACTERS;
}

/** Lets go of the oldest, as far as it is not seen. */
function trimmedStart(view: LogView): LogView {
  let { lines } = view;
  while (isTooMuch(lines)) {
    const gone = groupAt(lines, 0);
    if (view.lines.length - lines.length + gone > view.top.line) break;
    lines = lines.slice(gone);
  }
  const gone = view.lines.length - lines.length;
  if (gone === 0) return view;
  return {
    ...view,
    lines,
    from: lines[0]?.from ?? view.to,
    atStart: false,
    top: { ...view.top, line: view.top.line - gone },
  };
}

/** Lets go of the newest, as far as it is not seen. */
function trimmedEnd(view: LogView, screen: Screen): LogView {
  const seen = seenRows(view, screen).at(-1)?.line ?? 0;
  let lines = [...view.lines];
  while (isTooMuch(lines)) {
    const last = lines.at(-1)?.from;
    const kept = lines.filter(({ from }) => from !== last);
    if (kept.length <= seen + 1) break;
    lines = kept;
  }
  if (lines.length === view.lines.length) return view;
  return { ...view, lines, open: [], to: lines.at(-1)?.to ?? view.from, atEnd: false };
}

/** How many lines from one on stand at the same place. */
function groupAt(lines: readonly MenuLogLine[], at: number): number {
  const next = lines.findIndex(({ from }, index) => index > at && from !== lines[at]?.from);
  return (next === -1 ? lines.length : next) - at;
}
