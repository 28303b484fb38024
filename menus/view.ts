import { Canvas } from './canvas.js';
import type { Frame } from './frame.js';
import { isTooSmall, layoutOf } from './layout.js';
import type { Layout } from './layout.js';
import { wrap } from './printable-text.js';
import { asksForText, currentPage, isTyped } from './state.js';
import type { MenuState } from './state.js';
import { drawDialog } from './view-dialog.js';
import { drawDomain } from './view-domain.js';
import { drawAddKey, drawKeys } from './view-keys.js';
import { drawList, drawReinstall, drawRescue } from './view-list.js';
import { drawLog, drawSought } from './view-log.js';
import { drawNotices, drawNoticeText } from './view-notices.js';
import { drawReading } from './view-reading.js';
import { FOOT } from './help-words.js';
import { NOTICES_TITLE } from './notice-words.js';
import { logTitle } from './log-words.js';
import { TITLES, tooSmall } from './words.js';
import type { FootKey } from './help-words.js';

/** The screen of a state. Pure, and exactly as large as the window. */
export function view(state: MenuState): Frame {
  const canvas = new Canvas(state.columns, state.rows, state.preferences.charset);
  if (isTooSmall(state)) {
    wrap(tooSmall(state.columns, state.rows), state.columns - 1, canvas.charset).forEach((line, row) =>
      canvas.put(0, row, line),
    );
  } else {
    const layout = drawMessage(canvas, state, layoutOf(state));
    layout.banner.forEach((line, at) => canvas.put(layout.left + 2, 1 + at, line, 'busy'));
    drawPage(canvas, state, layout);
    if (state.dialog !== null) {
      canvas.recede();
      drawDialog(canvas, state, state.dialog);
    }
    drawBar(canvas, state);
    drawFoot(canvas, state, layout);
  }
  return canvas.frame(state.preferences.colour, state.generation);
}

function drawBar(canvas: Canvas, state: MenuState): void {
  canvas.fill(0, 0, canvas.columns, 'bar');
  const right = canvas.putRight(canvas.columns - 1, 0, state.customer, 'bar', Math.floor(canvas.columns / 3));
  const room = canvas.columns - right - 4;
  const site = canvas.put(1, 0, state.site, 'bar-strong', Math.floor(room * 0.6));
  canvas.put(1 + site, 0, ` ${canvas.signs.vertical} ${titleOf(state)}`, 'bar', room - site);
}

function titleOf(state: MenuState): string {
  const page = currentPage(state);
  switch (page.page) {
    case 'list':
      return TITLES.list;
    case 'domain':
      return page.domain;
    case 'rescue':
      return `${TITLES.rescue}: ${page.domain}`;
    case 'reinstall':
      return `${TITLES.reinstall}: ${page.domain}`;
    case 'keys':
      return TITLES.keys;
    case 'add-key':
      return TITLES.addKey;
    case 'notices':
    case 'notice-text':
      return NOTICES_TITLE;
    case 'log':
      return logTitle(page.domain);
    case 'activity':
      return TITLES.activity;
    case 'help':
      return TITLES.help;
  }
}

const MOST_MESSAGE_LINES = 4;

/** Draws a problem or a notice above the foot. @returns the room left for the page */
function drawMessage(canvas: Canvas, state: MenuState, layout: Layout): Layout {
  const text = state.problem ?? state.notice;
  if (text === null) return layout;
  const bad = state.problem !== null;
  const style = bad ? 'error' : 'notice';
  const lines = wrap(text, layout.width - 2, canvas.charset).slice(0, MOST_MESSAGE_LINES);
  const top = layout.bottom - lines.length;
  canvas.put(layout.left, top, bad ? canvas.signs.warning : canvas.signs.dot, style);
  lines.forEach((line, at) => canvas.put(layout.left + 2, top + at, line, style));
  return { ...layout, bottom: top };
}

function drawPage(canvas: Canvas, state: MenuState, layout: Layout): void {
  const page = currentPage(state);
  switch (page.page) {
    case 'list':
      drawList(canvas, state, page, layout);
      return;
    case 'domain':
      drawDomain(canvas, state, page, layout);
      return;
    case 'rescue':
      drawRescue(canvas, state, page, layout);
      return;
    case 'reinstall':
      drawReinstall(canvas, state, page, layout);
      return;
    case 'keys':
      drawKeys(canvas, state, page, layout);
      return;
    case 'add-key':
      drawAddKey(canvas, page, layout);
      return;
    case 'notices':
      drawNotices(canvas, state, page, layout);
      return;
    case 'notice-text':
      drawNoticeText(canvas, page, layout);
      return;
    case 'log':
      drawLog(canvas, state, page, layout);
      return;
    case 'activity':
    case 'help':
      drawReading(canvas, state, page, layout);
  }
}

function drawFoot(canvas: Canvas, state: MenuState, layout: Layout): void {
  const row = canvas.rows - 1;
  if (drawSought(canvas, state, row)) return;
  let column = layout.left;
  for (const [key, does] of footOf(state)) {
    const width = key.length + does.length + 1;
    if (column + width > layout.left + layout.width) return;
    column += canvas.put(column, row, key, 'key') + 1;
    column += canvas.put(column, row, does, 'dim') + 3;
  }
}

function footOf(state: MenuState): readonly FootKey[] {
  if (state.dialog !== null) return isTyped(state.dialog) ? FOOT.name : FOOT.yes;
  const page = currentPage(state);
  if (state.problem !== null && !asksForText(page)) return FOOT.problem;
  switch (page.page) {
    case 'list':
      return FOOT.list;
    case 'domain':
      return state.pages.length > 1 ? FOOT.domain : FOOT.only;
    case 'rescue':
    case 'reinstall':
      return FOOT.rescue;
    case 'keys':
      return FOOT.keys;
    case 'add-key':
      return FOOT.addKey;
    case 'notices':
      return FOOT.rescue;
    case 'notice-text':
      return FOOT.name;
    case 'log':
      return FOOT.log;
    case 'activity':
    case 'help':
      return FOOT.scroll;
  }
}
