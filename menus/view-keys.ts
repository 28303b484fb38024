import type { Canvas } from './canvas.js';
import { entriesOf, selectedIndex } from './entries.js';
import type { Layout } from './layout.js';
import type { MenuKey } from './port.js';
import { brokenAnywhere, columnsOf, wrap } from './printable-text.js';
import { GAP, drawBlocks, entryBlock } from './scroll-list.js';
import type { Area, Block } from './scroll-list.js';
import type { MenuState, Page } from './state.js';
import { canBeShown } from './update-add-key.js';
import {
  KEY_DISCARDING,
  KEY_IN_USE,
  KEY_PASTE,
  KEY_PASTE_WHERE,
  hiddenCharacters,
  keyDates,
} from './key-words.js';
import { LOADING } from './words.js';

export function drawKeys(
  canvas: Canvas,
  state: MenuState,
  page: Extract<Page, { page: 'keys' }>,
  layout: Layout,
): void {
  const entries = entriesOf(state);
  const selected = entries[selectedIndex(entries, page.selected)]?.id ?? '';
  if (state.keys === null) canvas.put(layout.left + 5, layout.top, LOADING, 'dim');
  const area: Area = { ...layout, top: layout.top + (state.keys === null ? 1 : 0) };
  const blocks = (state.keys ?? []).map((key, at) =>
    keyBlock(canvas, area, key, entries[at]?.key ?? '', layout.low),
  );
  const add = entries
    .slice(state.keys?.length ?? 0)
    .map((entry) => entryBlock(canvas, area, entry, layout.narrow));
  drawBlocks(canvas, area, [...blocks, ...(layout.low ? [] : [GAP]), ...add], selected);
}

/** One key: comment and type, then the fingerprint (on two lines if it does not fit), then the dates. */
function keyBlock(canvas: Canvas, area: Area, key: MenuKey, digit: string, low: boolean): Block {
  const width = area.width - 6;
  const details = [
    ...wrap(key.fingerprint, width, canvas.charset),
    ...wrap(keyDates(key), width, canvas.charset),
  ];
  return {
    id: key.fingerprint,
    height: 1 + details.length + (low ? 0 : 1),
    draw: (row, at, selected) => {
      if (at > 0) {
        canvas.put(area.left + 5, row, details[at - 1] ?? '', 'dim', width);
        return;
      }
      const style = selected ? 'selected' : 'plain';
      if (selected) canvas.fill(area.left, row, area.width - 1, 'selected');
      if (selected) canvas.put(area.left, row, canvas.signs.pointer, 'selected');
      canvas.put(area.left + 2, row, digit, selected ? 'selected' : 'key', 2);
      const mark = key.inUse ? `${canvas.signs.full} ${KEY_IN_USE}` : '';
      const marked = mark === '' ? 0 : columnsOf(mark) + 2;
      let column = area.left + 5;
      column += canvas.put(column, row, key.type, selected ? 'selected' : 'dim', width - marked) + 2;
      canvas.put(
        column,
        row,
        key.comment,
        selected ? style : 'strong',
        area.left + area.width - 1 - marked - column,
      );
      if (mark !== '') canvas.putRight(area.left + area.width - 1, row, mark, selected ? 'selected' : 'good');
    },
  };
}

/** Shows pasted text only when it can be a public key: a private key must never appear on a screen. */
export function drawAddKey(canvas: Canvas, page: Extract<Page, { page: 'add-key' }>, layout: Layout): void {
  let row = layout.top;
  for (const text of [KEY_PASTE, KEY_PASTE_WHERE]) {
    for (const line of wrap(text, layout.width, canvas.charset))
      canvas.put(layout.left, row++, line, 'plain');
  }
  if (!layout.low) row += 1;
  if (page.discarding) {
    canvas.put(layout.left, row, KEY_DISCARDING, 'bad', layout.width);
    return;
  }
  const shown = canBeShown(page.text) ? page.text : hiddenCharacters(Array.from(page.text).length);
  const lines = brokenAnywhere(canvas.text(shown), layout.width - 1);
  const room = Math.max(1, layout.bottom - row);
  const seen = lines.slice(-room);
  seen.forEach((line, at) => {
    canvas.fill(layout.left, row + at, layout.width, 'field');
    canvas.put(layout.left, row + at, line, 'field', layout.width);
  });
  canvas.cursorAt(layout.left + columnsOf(seen.at(-1) ?? ''), row + seen.length - 1);
}
