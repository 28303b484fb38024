import { layoutOf } from './layout.js';
import { columnsOf, printable, wrap } from './printable-text.js';
import type { MenuState, Page } from './state.js';
import { help } from './help-words.js';
import { moment } from './time-words.js';
import { LOADING, NO_ACTIVITY } from './words.js';

/** Pages that are only read: their lines at the window's width, and how they scroll. */

type ReadingPage = Extract<Page, { page: 'activity' | 'help' }>;

interface ReadingLine {
  readonly text: string;
  readonly heading: boolean;
}

/** `2025-11-21 07:15  ` */
const DATE_COLUMNS = 18;

/** A longer page shows only its newest lines: a narrow window must not make it cost without limit. */
const MOST_LINES = 2000;

interface Made {
  readonly key: string;
  readonly lines: readonly ReadingLine[];
}

/** The last lines made from each text: a key that scrolls must not make them again. */
const made = new WeakMap<object, Made>();
const HELP = {};
const NOTHING = {};

/** The page's lines. Returns the same array while neither the text nor the width changes. */
export function readingLines(state: MenuState, page: ReadingPage): readonly ReadingLine[] {
  const { width } = layoutOf(state);
  const { charset } = state.preferences;
  const isHelp = page.page === 'help';
  const source = isHelp ? HELP : (state.activity ?? NOTHING);
  const key = `${width} ${charset} ${isHelp ? state.escape.name : ''}`;
  const known = made.get(source);
  if (known?.key === key) return known.lines;
  const lines = (isHelp ? helpLines(state) : activityLines(state)).slice(-MOST_LINES);
  made.set(source, { key, lines });
  return lines;
}

/** Lines visible at once. */
export function readingHeight(state: MenuState): number {
  const { top, bottom, low } = layoutOf(state);
  return Math.max(1, bottom - top - (low ? 0 : 1));
}

/** The first line of a page that opens at its end. */
export const AT_END = Number.MAX_SAFE_INTEGER;

/** The first line to show after a key, never beyond the last page. */
export function scroll(state: MenuState, page: ReadingPage, key: string): number {
  const height = readingHeight(state);
  const last = lastTop(state, page);
  const to = (top: number): number => Math.min(last, Math.max(0, top));
  switch (key) {
    case 'up':
    case 'k':
      return to(Math.min(page.top, last) - 1);
    case 'down':
    case 'j':
    case 'enter':
      return to(page.top + 1);
    case 'pageup':
      return to(Math.min(page.top, last) - height);
    case 'pagedown':
    case ' ':
      return to(page.top + height);
    case 'home':
    case 'g':
      return 0;
    case 'end':
    case 'G':
      return last;
    default:
      return page.top;
  }
}

export function lastTop(state: MenuState, page: ReadingPage): number {
  return Math.max(0, readingLines(state, page).length - readingHeight(state));
}

/** Whether the first line is visible. */
export function isAtStart(state: MenuState, page: ReadingPage): boolean {
  return Math.min(page.top, lastTop(state, page)) === 0;
}

function helpLines(state: MenuState): ReadingLine[] {
  const { width } = layoutOf(state);
  const { charset } = state.preferences;
  return help(state.escape.name).flatMap((text): ReadingLine[] => {
    const heading = text !== '' && text === text.toUpperCase();
    const whole = inColumns(text);
    if (columnsOf(printable(whole, charset)) <= width) return [{ text: whole, heading }];
    return text
      .split('\t')
      .flatMap((part) => wrap(part, width, charset).map((line) => ({ text: line, heading: false })));
  });
}

/** Puts the two parts of a help line, which a tab separates, into columns. */
export function inColumns(text: string): string {
  const [first = '', second] = text.split('\t');
  if (second === undefined) return first;
  const column = HELP_COLUMNS.find((one) => one > first.length) ?? first.length + 1;
  return first.padEnd(column) + second;
}

const HELP_COLUMNS = [34, 48];

function activityLines(state: MenuState): ReadingLine[] {
  const { width } = layoutOf(state);
  const { charset } = state.preferences;
  if (state.activity === null) return [{ text: LOADING, heading: false }];
  if (state.activity.length === 0) return [{ text: NO_ACTIVITY, heading: false }];
  return state.activity.flatMap(({ at, text }) => {
    const [first = '', ...more] = wrap(text, width - DATE_COLUMNS, charset);
    return [`${moment(at)}  ${first}`, ...more.map((line) => ' '.repeat(DATE_COLUMNS) + line)].map(
      (line) => ({
        text: line,
        heading: false,
      }),
    );
  });
}
