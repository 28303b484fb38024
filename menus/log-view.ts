import { layoutOf } from './layout.js';
import type { Layout, Screen } from './layout.js';
import type { MenuLogLine, MenuLogPiece } from './log-port.js';
import { fold } from './printable-text.js';
import { bootRow } from './log-words.js';

/** The piece of a log that a menu holds, and its visible part. */
export interface LogView extends MenuLogPiece {
  /** The first visible row: its line, counted through `lines` and then `open`, and its part of that line. */
  readonly top: RowPlace;
  /** Rows still to scroll, forward or back, when more lines arrive. */
  readonly owed: number;
  /** The position that the customer went to, a boot or a found line; null after scrolling. */
  readonly mark: number | null;
}

interface RowPlace {
  readonly line: number;
  readonly part: number;
}

/** One row on the screen. */
export interface LogRow {
  readonly line: number;
  readonly part: number;
  readonly text: string;
  /** True for our own row that says a boot begins. */
  readonly isBoot: boolean;
}

/** The piece needed to scroll further. */
export type Need = 'before' | 'after' | null;

/** At most this much is held. */
const MOST_LINES = 400;
const MOST_CHARACTERS = 96 * 1024;
/** At most this many rows are owed: a held-down key must not add up. */
const MOST_OWED = 1_000;

/** The log takes the whole width, as the console does. */
export function logLayout(screen: Screen): Layout {
  const layout = layoutOf(screen);
  return { ...layout, left: 0, width: screen.columns, top: 1 + layout.banner.length };
}

/** Rows above the log: one for its domain, and one more when there is something else to say. */
export function headRows({ about }: Pick<LogView, 'about'>): number {
  return about.keeping && about.onDisk ? 1 : 2;
}

/** Visible rows of the log. */
export function logHeight(screen: Screen, view: Pick<LogView, 'about'>): number {
  const { top, bottom } = logLayout(screen);
  return Math.max(1, bottom - top - headRows(view));
}

export function every({ lines, open }: LogView): readonly MenuLogLine[] {
  return [...lines, ...open];
}

/** All rows of the held piece at this width. */
function rowsOf(view: LogView, screen: Screen): readonly LogRow[] {
  const { columns, preferences } = screen;
  return every(view).flatMap((line, index) => {
    const parts = fold(line.text, columns, preferences.charset);
    const rows = parts.map((text, part) => ({ line: index, part, text, isBoot: false }));
    if (!line.begins || line.boot === null) return rows;
    return [{ line: index, part: -1, text: bootRow(line.boot), isBoot: true }, ...rows];
  });
}

/** The visible rows. */
export function seenRows(view: LogView, screen: Screen): readonly LogRow[] {
  const rows = rowsOf(view, screen);
  const top = topRow(view, rows);
  return rows.slice(top, top + logHeight(screen, view));
}

/**
 * Shows a piece after opening the log or going elsewhere.
 *
 * @param mark the position gone to; null for the end
 */
export function openView(piece: MenuLogPiece, mark: number | null, screen: Screen): LogView {
  const view: LogView = { ...piece, top: { line: 0, part: -1 }, owed: 0, mark };
  return mark === null ? bottom(view, screen) : settle(view, screen);
}

/** As `openView`, with some rows before the mark. */
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

/**
 * The line that the customer looks at: the marked line; else the last line if the log's end is visible; else
 * the first visible line.
 */
export function lookedAt(view: LogView, screen: Screen): MenuLogLine | undefined {
  const lines = every(view);
  const marked = view.mark === null ? undefined : lines.find(({ from }) => from >= (view.mark ?? 0));
  if (marked !== undefined) return marked;
  const rows = seenRows(view, screen);
  const row = seesEnd(view, screen) ? rows.at(-1) : rows[0];
  return row === undefined ? undefined : lines[row.line];
}

/**
 * Joins an earlier piece to the view. A piece that no longer fits is ignored: the view has moved since it was
 * asked for.
 */
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

/** As `joinBefore`, at the other end. The unfinished line is replaced. */
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

/** Puts the end of the held piece at the foot of the screen. */
export function bottom(view: LogView, screen: Screen): LogView {
  const rows = rowsOf(view, screen);
  return place({ ...view, owed: 0 }, rows, rows.length, screen);
}

/** Scrolls by rows, forward or back. Rows that have not arrived yet are owed. */
export function scrollRows(view: LogView, by: number, screen: Screen): LogView {
  const rows = rowsOf(view, screen);
  const last = Math.max(0, rows.length - logHeight(screen, view));
  const wanted = topRow(view, rows) + by + view.owed;
  const beyond = wanted < 0 ? (view.atStart ? 0 : wanted) : wanted > last && !view.atEnd ? wanted - last : 0;
  const owed = Math.max(-MOST_OWED, Math.min(MOST_OWED, beyond));
  return place({ ...view, owed, mark: by === 0 ? view.mark : null }, rows, wanted, screen);
}

/** The piece to ask for now, before the customer reaches its edge. */
export function needOf(view: LogView, screen: Screen): Need {
  const rows = rowsOf(view, screen);
  const height = logHeight(screen, view);
  const top = topRow(view, rows);
  if (!view.atStart && top < height) return 'before';
  if (!view.atEnd && rows.length - top < 2 * height) return 'after';
  return null;
}

/** Whether the end of the log is visible. */
export function seesEnd(view: LogView, screen: Screen): boolean {
  const rows = rowsOf(view, screen);
  return view.atEnd && topRow(view, rows) >= rows.length - logHeight(screen, view);
}

function topRow({ top }: LogView, rows: readonly LogRow[]): number {
  const exact = rows.findIndex(({ line, part }) => line === top.line && part === top.part);
  if (exact !== -1) return exact;
  // The window's size has changed, or the line no longer has this row.
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

/** At the end of the log, fills the screen if there are enough rows. */
export function settle(view: LogView, screen: Screen): LogView {
  if (!view.atEnd) return view;
  const rows = rowsOf(view, screen);
  return place(view, rows, topRow(view, rows), screen);
}

function isTooMuch(lines: readonly MenuLogLine[]): boolean {
  return lines.length > MOST_LINES || lines.reduce((sum, { text }) => sum + text.length, 0) > MOST_CHARACTERS;
}

/** Drops the oldest lines that are not visible. */
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

/** Drops the newest lines that are not visible. */
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

/** The number of lines from `at` on that share its position. */
function groupAt(lines: readonly MenuLogLine[], at: number): number {
  const next = lines.findIndex(({ from }, index) => index > at && from !== lines[at]?.from);
  return (next === -1 ? lines.length : next) - at;
}
