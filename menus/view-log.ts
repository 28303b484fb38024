import type { Canvas } from './canvas.js';
import type { Layout } from './layout.js';
import { every, headRows, logLayout, lookedAt, seenRows, seesEnd } from './log-view.js';
import type { LogRow, LogView } from './log-view.js';
import { columnsOf } from './printable-text.js';
import { currentPage } from './state.js';
import type { LogPage, MenuState } from './state.js';
import {
  LOG_EMPTY,
  LOG_END,
  LOG_FOLLOWS,
  LOG_IN_MEMORY,
  LOG_SEARCHES,
  LOG_START,
  bootSentence,
  logOff,
} from './log-words.js';
import { LOADING } from './words.js';

/** Draws the log of a console, as wide as the window. */
export function drawLog(canvas: Canvas, state: MenuState, page: LogPage, { bottom }: Layout): void {
  const { top, width } = logLayout(state);
  const { view } = page;
  if (view === null) {
    canvas.put(1, top + 1, LOADING, 'dim');
    return;
  }
  canvas.fill(0, top, width, 'border', canvas.signs.horizontal);
  const word = statusOf(state, page, view);
  const status = word === '' ? 0 : canvas.putRight(width - 1, top, ` ${word} `, 'heading', 30);
  const boot = lookedAt(view, state)?.boot;
  if (boot !== undefined) canvas.put(1, top, ` ${bootSentence(boot)} `, 'heading', width - status - 4);
  const { keeping, switchedAt, onDisk } = view.about;
  if (!keeping) canvas.put(1, top + 1, logOff(switchedAt), 'special', width - 2);
  else if (!onDisk) canvas.put(1, top + 1, LOG_IN_MEMORY, 'special', width - 2);
  drawRows(canvas, state, page, view, top + headRows(view), bottom);
}

/** Draws the search text being typed instead of the foot. @returns whether there is one */
export function drawSought(canvas: Canvas, state: MenuState, row: number): boolean {
  const page = currentPage(state);
  if (page.page !== 'log' || page.typing === null || state.dialog !== null) return false;
  canvas.fill(0, row, canvas.columns, 'field');
  const room = canvas.columns - 2;
  const shown = `/${canvas.text(page.typing)}`.slice(-room);
  canvas.put(0, row, shown, 'field', room + 1);
  canvas.cursorAt(Math.min(room, columnsOf(shown)), row);
  return true;
}

function statusOf(state: MenuState, page: LogPage, view: LogView): string {
  if (page.searching) return LOG_SEARCHES;
  if (page.follow) return LOG_FOLLOWS;
  if (seesEnd(view, state)) return LOG_END;
  return view.atStart && view.top.line === 0 ? LOG_START : '';
}

function drawRows(
  canvas: Canvas,
  state: MenuState,
  page: LogPage,
  view: LogView,
  top: number,
  bottom: number,
): void {
  const seen = seenRows(view, state);
  if (seen.length === 0) canvas.put(1, top, LOG_EMPTY, 'dim');
  const room = Math.max(0, bottom - top);
  // A sentence at the foot takes room. At the end of the log the newest rows stay visible.
  const rows = seesEnd(view, state) ? seen.slice(-room) : seen.slice(0, room);
  const marked = page.text === null ? null : view.mark;
  const lines = every(view);
  rows.forEach((row, at) => {
    canvas.put(0, top + at, row.text, row.isBoot ? 'heading' : 'plain');
    if (page.text !== null && !row.isBoot)
      drawFound(canvas, row, top + at, page.text, lines[row.line]?.from === marked);
  });
}

/** Highlights the text that was searched, most of all in the found line. */
function drawFound(canvas: Canvas, { text }: LogRow, row: number, sought: string, isFound: boolean): void {
  const shown = text.toLowerCase();
  const wanted = sought.toLowerCase();
  for (let at = shown.indexOf(wanted); at !== -1; at = shown.indexOf(wanted, at + wanted.length)) {
    const column = columnsOf(text.slice(0, at));
    canvas.put(column, row, text.slice(at, at + wanted.length), isFound ? 'selected' : 'strong');
  }
}
