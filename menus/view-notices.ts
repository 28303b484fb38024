import type { Canvas } from './canvas.js';
import { entriesOf, selectedIndex } from './entries.js';
import type { Layout } from './layout.js';
import { NOTICE_ASKED, NOTICES_ABOUT, noticeSentences } from './notice-words.js';
import { brokenAnywhere, columnsOf, wrap } from './printable-text.js';
import { drawBlocks, entryBlock } from './scroll-list.js';
import type { MenuState, Page } from './state.js';
import { LOADING } from './words.js';

export function drawNotices(
  canvas: Canvas,
  state: MenuState,
  page: Extract<Page, { page: 'notices' }>,
  layout: Layout,
): void {
  const { notices } = state;
  if (notices === null) {
    canvas.put(layout.left + 5, layout.top, LOADING, 'dim');
    return;
  }
  let row = layout.top;
  const about = layout.low ? [] : [NOTICES_ABOUT];
  for (const text of [...noticeSentences(notices), ...about])
    for (const line of wrap(canvas.text(text), layout.width - 5, canvas.charset))
      canvas.put(layout.left + 5, row++, line, 'plain', layout.width - 5);
  if (!layout.low) row += 1;
  const entries = entriesOf(state);
  const selected = entries[selectedIndex(entries, page.selected)]?.id ?? '';
  const area = { ...layout, top: row };
  drawBlocks(
    canvas,
    area,
    entries.map((entry) => entryBlock(canvas, area, entry, layout.narrow)),
    selected,
  );
}

export function drawNoticeText(
  canvas: Canvas,
  page: Extract<Page, { page: 'notice-text' }>,
  layout: Layout,
): void {
  let row = layout.top;
  for (const line of wrap(NOTICE_ASKED[page.of], layout.width, canvas.charset))
    canvas.put(layout.left, row++, line, 'plain');
  if (!layout.low) row += 1;
  const lines = brokenAnywhere(canvas.text(page.text), layout.width - 1);
  const seen = lines.slice(-Math.max(1, layout.bottom - row));
  seen.forEach((line, at) => {
    canvas.fill(layout.left, row + at, layout.width, 'field');
    canvas.put(layout.left, row + at, line, 'field', layout.width);
  });
  canvas.cursorAt(layout.left + columnsOf(seen.at(-1) ?? ''), row + seen.length - 1);
}
