import { Canvas } from '../../../menus/canvas.js';
import type { Frame } from '../../../menus/frame.js';
import { wrap } from '../../../menus/printable-text.js';
import { duration } from '../../../menus/time-words.js';
import { listHeight, shownRows } from './top-state.js';
import type { LiveRow, TopState } from './top-state.js';

/** An answer older than this is shown with its age. Milliseconds. */
const STALE_MS = 5_000;
const LEAST_COLUMNS = 40;
const LEAST_ROWS = 6;

/** The columns but the last, with their widths. In a narrow window the later ones are left out. */
const COLUMNS = [
  { head: 'CUSTOMER', width: 16, cell: (row: LiveRow) => row.customer },
  { head: 'SINCE', width: 10, cell: (row: LiveRow, at: number) => duration(at - Date.parse(row.openedAt)) },
  { head: 'FROM', width: 16, cell: (row: LiveRow) => row.source },
  { head: 'SESSION', width: 12, cell: (row: LiveRow) => row.id },
] as const;
/** What the last column needs at least. */
const DOING_WIDTH = 20;

interface Look {
  readonly charset: 'utf-8' | 'ascii';
  readonly colour: boolean;
}

/** Draws the whole screen. Only the rows that have room are looked at. */
export function topView(state: TopState, { charset, colour }: Look): Frame {
  const { columns, rows } = state;
  const canvas = new Canvas(columns, rows, charset);
  if (columns < LEAST_COLUMNS || rows < LEAST_ROWS) {
    const ask = `Please make this window ${LEAST_COLUMNS}x${LEAST_ROWS} or larger; q ends.`;
    wrap(ask, columns, charset).forEach((line, row) => {
      canvas.put(0, row, line);
    });
    return canvas.frame(colour, state.generation);
  }
  drawBar(canvas, state);
  const shown = columnsIn(columns);
  drawHead(canvas, shown);
  const all = shownRows(state);
  const at = Date.parse(state.view?.at ?? '') + (state.now - state.heardAt);
  all.slice(state.top, state.top + listHeight(state)).forEach((row, index) => {
    drawRow(canvas, 2 + index, row, { at, shown, isSelected: row.id === state.selected });
  });
  if (all.length === 0 && state.view !== null)
    canvas.put(1, 2, state.filter === '' ? 'Nobody is logged in.' : 'Nobody here matches.', 'dim');
  drawFoot(canvas, state, all.length);
  return canvas.frame(colour, state.generation);
}

function drawBar(canvas: Canvas, state: TopState): void {
  canvas.fill(0, 0, canvas.columns, 'bar');
  canvas.put(1, 0, 'postern top', 'bar-strong');
  const age = state.now - state.heardAt;
  const isOld = state.view === null || age > STALE_MS;
  const told = isOld
    ? state.view === null
      ? 'asking the gate'
      : `as of ${duration(age)} ago`
    : counts(state);
  canvas.putRight(canvas.columns - 1, 0, told, 'bar', canvas.columns - 14);
}

function counts({ view }: TopState): string {
  const sessions = view?.sessions ?? [];
  const customers = new Set(sessions.map(({ customer }) => customer)).size;
  const consoles = sessions.reduce((sum, row) => sum + row.consoles.length, 0);
  return `${counted(customers, 'customer')}, ${counted(sessions.length, 'session')}, ${counted(consoles, 'console')}`;
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

function columnsIn(width: number): readonly (typeof COLUMNS)[number][] {
  let room = width - 1 - DOING_WIDTH;
  return COLUMNS.filter((column) => {
    room -= column.width + 1;
    return room >= 0;
  });
}

function drawHead(canvas: Canvas, shown: readonly (typeof COLUMNS)[number][]): void {
  let column = 1;
  for (const { head, width } of shown) {
    canvas.put(column, 1, head, 'heading', width);
    column += width + 1;
  }
  canvas.put(column, 1, 'DOING', 'heading');
}

function drawRow(
  canvas: Canvas,
  line: number,
  row: LiveRow,
  {
    at,
    shown,
    isSelected,
  }: {
    readonly at: number;
    readonly shown: readonly (typeof COLUMNS)[number][];
    readonly isSelected: boolean;
  },
): void {
  const style = isSelected ? 'selected' : 'plain';
  if (isSelected) canvas.fill(0, line, canvas.columns, style);
  let column = 1;
  for (const { width, cell } of shown) {
    canvas.put(column, line, cell(row, at), style, width);
    column += width + 1;
  }
  canvas.put(column, line, doing(row, at), style, canvas.columns - column - 1);
}

/** `console horatio on xen1, 3 min`, `menu`, `exec log` */
function doing({ what, command, domain, consoles }: LiveRow, at: number): string {
  const visits = consoles.map(({ domain: name, host, mode, since }) => {
    const verb = mode === 'watch' ? 'watches' : 'types at';
    return `${verb} ${name}${host === null ? '' : ` on ${host}`}, ${duration(at - Date.parse(since))}`;
  });
  if (visits.length > 0) return visits.join('; ');
  const kind = what === 'connection' ? 'no session' : what === 'plain-menu' ? 'plain menu' : what;
  return [kind, command, domain === null ? null : `(${domain})`].filter((word) => word !== null).join(' ');
}

function drawFoot(canvas: Canvas, state: TopState, count: number): void {
  const [status, keys] = [canvas.rows - 2, canvas.rows - 1];
  const { typing, message, trouble, filter } = state;
  if (typing !== null) {
    const label =
      typing.what === 'filter' ? 'Show only' : `End the session of ${typing.row.customer}, reason`;
    const start = 1 + canvas.put(1, status, `${label}: `, 'strong');
    const room = canvas.columns - start - 2;
    const text = Array.from(typing.text).slice(-Math.max(0, room)).join('');
    const used = canvas.put(start, status, text, 'plain', room);
    canvas.cursorAt(start + used, status);
    const hint =
      typing.what === 'filter'
        ? 'Enter keeps it   Esc shows all'
        : 'Enter ends it; they read the reason   Esc does not';
    canvas.put(1, keys, hint, 'dim');
    return;
  }
  const said = trouble ?? message ?? (filter === '' ? '' : `only "${filter}": ${count} of ${all(state)}`);
  canvas.put(1, status, said, trouble === null ? 'notice' : 'error');
  canvas.put(1, keys, 'e end session   w watch console   / filter   q quit', 'dim');
}

function all({ view }: TopState): number {
  return view?.sessions.length ?? 0;
}
