import { guestTypeWord } from '../policy/guest-type.js';
import type { Canvas } from './canvas.js';
import { isNormal, lookOfDomain, staleAge } from './domain-look.js';
import { entriesOf, selectedIndex } from './entries.js';
import type { Style } from './frame.js';
import type { Layout } from './layout.js';
import type { MenuDomain, MenuOperation } from './menu-domain.js';
import { wrap } from './printable-text.js';
import { GAP, drawBlocks, entryBlock } from './scroll-list.js';
import type { Area } from './scroll-list.js';
import { findDomain, underWay, waitsForGuest } from './state.js';
import type { MenuState, Page } from './state.js';
import {
  ASKING_HOST,
  CONSOLE_LOCKED,
  FACTS,
  PROFILE_UNKNOWN,
  bootWord,
  countWord,
  elsewhereSentence,
  memoryWord,
  percentWord,
  profileBanner,
  seenSentence,
  stepWord,
  unreachableSentence,
  unreachableWord,
} from './domain-words.js';
import {
  DISK_INCOMPLETE,
  POWER_OFF_NOW,
  RESCUE_DEFAULT_HINT,
  asking,
  bySentence,
  deadlineSentence,
  placeSentence,
  progressSentence,
  rescueBack,
  writingWords,
} from './operation-words.js';
import { rescueEndShort, rescueEndsSoon, rescueHostKeyShort } from './rescue-words.js';
import { sinceSentence, sinceWord } from './time-words.js';
import { graphColumns, sparkline } from './sparkline.js';
import { LAST_DAY, QUANTITIES, graphLine } from './usage-words.js';
import { CALLING, domainGone } from './words.js';

/** Draws one domain's summary, with its menu below. */
export function drawDomain(
  canvas: Canvas,
  state: MenuState,
  page: Extract<Page, { page: 'domain' }>,
  layout: Layout,
): void {
  const domain = findDomain(state, page.domain);
  const entries = entriesOf(state);
  const selected = entries[selectedIndex(entries, page.selected)]?.id ?? '';
  const top =
    domain === undefined ? drawGone(canvas, page.domain, layout) : drawSummary(canvas, state, domain, layout);
  const area: Area = { ...layout, top };
  const blocks = entries.map((entry) => entryBlock(canvas, area, entry, layout.narrow));
  const firstCommon = entries.findIndex((entry) => entry.choice.choose === 'page');
  const spaced =
    layout.low || firstCommon <= 0
      ? blocks
      : [...blocks.slice(0, firstCommon), GAP, ...blocks.slice(firstCommon)];
  drawBlocks(canvas, area, spaced, selected);
}

function drawGone(canvas: Canvas, name: string, layout: Layout): number {
  canvas.put(layout.left, layout.top, domainGone(name), 'strong', layout.width);
  return layout.top + 2;
}

/** @returns the row after the summary */
function drawSummary(canvas: Canvas, state: MenuState, domain: MenuDomain, layout: Layout): number {
  const { left, top, width } = layout;
  if (layout.low) return drawRows(canvas, state, domain, layout);
  const inside = { ...layout, left: left + 2, top: top + 1, width: width - 4 };
  const rows = Math.max(LEAST_ROWS, drawRows(canvas, state, domain, inside) - top + 1);
  // A box clears what is inside it.
  canvas.box(left, top, width, rows, domain.name);
  drawRows(canvas, state, domain, inside);
  return top + rows + 1;
}

/** @returns the row after the last one */
function drawRows(
  canvas: Canvas,
  state: MenuState,
  domain: MenuDomain,
  { left, top, width }: Pick<Layout, 'left' | 'top' | 'width'>,
): number {
  drawStateLine(canvas, state, domain, left, top, width);
  drawFactsLine(canvas, domain, left, top + 1, width);
  const happened = top + 2 + drawHappening(canvas, state, domain, left, top + 2, width);
  const row = happened + drawUsage(canvas, state, domain, { left, top: happened, width }, happened - top);
  const hostKey = hostKeyLine(domain, width);
  if (hostKey === null) return row;
  canvas.put(left, row, hostKey, 'plain', width);
  return row + 1;
}

/** In a window of so many rows each quantity has a line. */
const TALL_ROWS = 34;

/**
 * Draws the last 24 hours: one line where the box has room anyway, three in a tall window.
 *
 * @param used rows that the summary has already
 * @returns lines used
 */
function drawUsage(
  canvas: Canvas,
  state: MenuState,
  { name }: MenuDomain,
  { left, top, width }: Pick<Layout, 'left' | 'top' | 'width'>,
  used: number,
): number {
  const graph = state.usage?.domain === name ? state.usage.graph : null;
  if (graph === null) return 0;
  if (canvas.rows >= TALL_ROWS) {
    QUANTITIES.forEach((quantity, at) => {
      canvas.put(left, top + at, graphLine(graph, quantity, width, canvas.charset), 'plain', width);
    });
    canvas.putRight(left + width, top, LAST_DAY, 'dim');
    return QUANTITIES.length;
  }
  if (canvas.rows < LEAST_USAGE_ROWS || used > LEAST_ROWS - 3) return 0;
  const columns = graphColumns(Math.floor(width / 7));
  let column = left;
  for (const { key, label, word } of QUANTITIES) {
    const { now } = graph[key];
    const text = `${sparkline(graph[key], columns, canvas.charset)} ${word(now)}`;
    if (column + label.length + 1 + text.length > left + width) break;
    column += canvas.put(column, top, label, 'dim') + 1;
    column += canvas.put(column, top, text, 'plain') + 3;
  }
  if (column + LAST_DAY.length <= left + width) canvas.putRight(left + width, top, LAST_DAY, 'dim');
  return 1;
}

/** Where there is no room for a whole fingerprint, it is left out: part of one proves nothing. */
function hostKeyLine({ rescueHostKey }: MenuDomain, width: number): string | null {
  if (rescueHostKey === undefined) return null;
  const line = rescueHostKeyShort(rescueHostKey);
  return line.length <= width ? line : null;
}

function drawStateLine(
  canvas: Canvas,
  state: MenuState,
  domain: MenuDomain,
  left: number,
  row: number,
  width: number,
): void {
  const narrow = width < 60;
  const look = lookOfDomain(domain, state.now, canvas);
  let column = left + canvas.put(left, row, `${look.sign} ${look.word}`, look.style, width) + 2;
  const rest = (text: string, style: Style): void => {
    column += canvas.put(column, row, text, style, left + width - column) + 2;
  };
  const age = staleAge(domain, state.now);
  if (!domain.reachable)
    rest(narrow ? unreachableWord(domain, age) : unreachableSentence(domain, age), 'bad');
  else if (domain.state === null) rest(ASKING_HOST, 'dim');
  else {
    if (age !== null) rest(seenSentence(age), 'busy');
    if (domain.since !== null && underWay(domain) === null)
      rest(narrow ? sinceWord(domain.since, state.now) : sinceSentence(domain.since, state.now), 'dim');
  }
  if (domain.type === null) return;
  const word = guestTypeWord(domain.type);
  const type = narrow ? word : `${FACTS.type} ${word}`;
  if (column + type.length <= left + width) rest(type, 'dim');
}

function drawFactsLine(canvas: Canvas, domain: MenuDomain, left: number, row: number, width: number): void {
  const facts: readonly (readonly [string, string, Style])[] = [
    [FACTS.boot, bootWord(domain.profile), isNormal(domain) ? 'plain' : 'special'],
    [FACTS.memory, memoryWord(domain.memoryMiB), 'plain'],
    [FACTS.vcpus, countWord(domain.vcpus), 'plain'],
    [FACTS.cpu, percentWord(domain.cpuPercent), 'plain'],
    [FACTS.role, domain.role, 'plain'],
  ];
  let column = left;
  for (const [name, value, style] of facts) {
    const shown = canvas.text(value);
    if (column + name.length + 1 + shown.length > left + width) return;
    column += canvas.put(column, row, name, 'dim') + 1;
    column += canvas.put(column, row, shown, style) + 3;
  }
}

/**
 * Draws progress, or what the server runs instead of its own system; three lines at most.
 *
 * @returns lines used
 */
function drawHappening(
  canvas: Canvas,
  state: MenuState,
  domain: MenuDomain,
  left: number,
  row: number,
  width: number,
): number {
  if (state.calling === domain.name) {
    canvas.put(left, row, CALLING, 'busy', width);
    return 1;
  }
  const operation = underWay(domain);
  if (operation !== null) return drawProgress(canvas, state, domain, operation, left, row, width);
  if (state.asked?.domain === domain.name) {
    canvas.put(left, row, asking(state.asked.action), 'busy', width);
    return 1;
  }
  if (domain.elsewhere !== null) {
    return drawLines(
      canvas,
      wrap(elsewhereSentence(domain.elsewhere), width, canvas.charset),
      left,
      row,
      width,
    );
  }
  if (!isNormal(domain)) return drawBanner(canvas, state, domain, left, row, width);
  if (domain.incomplete !== undefined)
    return drawLines(canvas, wrap(DISK_INCOMPLETE, width, canvas.charset), left, row, width);
  if (!domain.consoleLocked) return 0;
  canvas.put(left, row, CONSOLE_LOCKED, 'special', width);
  return 1;
}

const BAR_COLUMNS = 20;
const BANNER_LINES = { boxed: 3, narrow: 4 } as const;
/** Of the box, with its border: it grows with what happens, and the menu below does not jump without need. */
const LEAST_ROWS = 6;
/** Lower windows have no box, and no graph. */
const LEAST_USAGE_ROWS = 22;

function drawProgress(
  canvas: Canvas,
  state: MenuState,
  domain: MenuDomain,
  operation: MenuOperation,
  left: number,
  row: number,
  width: number,
): number {
  const step = stepWord(operation.phase === 'queued' ? 'waiting' : operation.step, operation.action);
  const sentence = progressSentence(step, state.now - operation.startedAt);
  let column = left + canvas.put(left, row, sentence, 'strong', width) + 2;
  const { deadlineAt, progress } = operation;
  const part = donePart(operation, state.now);
  if (part !== null && column + BAR_COLUMNS <= left + width) {
    const full = Math.min(BAR_COLUMNS, Math.max(0, Math.round(part * BAR_COLUMNS)));
    canvas.put(column, row, canvas.signs.bar.repeat(full), 'busy');
    canvas.put(column + full, row, canvas.signs.track.repeat(BAR_COLUMNS - full), 'dim');
  }
  column = left;
  const rest = (text: string, style: Style): void => {
    if (column + text.length > left + width) return;
    column += canvas.put(column, row + 1, text, style) + 1;
  };
  if (waitsForGuest(domain) && domain.offers.poweroff.offered) {
    rest('p', 'key');
    rest(POWER_OFF_NOW, 'plain');
    column += 2;
  }
  if (progress !== undefined) rest(`${writingWords(progress)}  `, 'plain');
  if (deadlineAt !== null) rest(`${deadlineSentence(deadlineAt - state.now)}  `, 'dim');
  if (operation.place > 0) rest(`${placeSentence(operation.place)}  `, 'busy');
  const { by, endsRescue = false } = operation;
  if (endsRescue || by !== state.customer) rest(bySentence(by, endsRescue), 'dim');
  return 2;
}

/** How much is done, of the bytes or of the time until the deadline; null when nobody knows. */
function donePart({ progress, startedAt, deadlineAt }: MenuOperation, now: number): number | null {
  if (progress !== undefined) return progress.total > 0 ? progress.done / progress.total : null;
  return deadlineAt !== null && deadlineAt > startedAt ? (now - startedAt) / (deadlineAt - startedAt) : null;
}

/** The way back must not be cut, so title and hint share the lines. */
function drawBanner(
  canvas: Canvas,
  state: MenuState,
  domain: MenuDomain,
  left: number,
  row: number,
  width: number,
): number {
  const profile = domain.profiles.find((one) => one.name === domain.profile);
  const hint = profile === undefined || profile.hint === '' ? RESCUE_DEFAULT_HINT : profile.hint;
  const end = domain.rescueEnd === null ? [] : [rescueEndShort(domain.rescueEnd, state.now)];
  const text =
    profile === undefined
      ? PROFILE_UNKNOWN
      : [
          profileBanner(profile.title),
          ...end,
          domain.incomplete === undefined ? rescueBack(hint) : DISK_INCOMPLETE,
        ].join(' ');
  const isWarning = domain.rescueEnd !== null && rescueEndsSoon(domain.rescueEnd.at - state.now);
  const style = isWarning ? 'bad' : 'special';
  return drawLines(canvas, wrap(text, width, canvas.charset), left, row, width, style);
}

function drawLines(
  canvas: Canvas,
  lines: readonly string[],
  left: number,
  row: number,
  width: number,
  style: Style = 'special',
): number {
  const shown = Math.min(lines.length, width < 60 ? BANNER_LINES.narrow : BANNER_LINES.boxed);
  lines.slice(0, shown).forEach((line, at) => {
    const more = at === shown - 1 && lines.length > shown ? ' …' : '';
    canvas.put(left, row + at, line + more, style, width);
  });
  return shown;
}
