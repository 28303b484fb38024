import type { Canvas } from './canvas.js';
import type { Layout } from './layout.js';
import { lastTop, readingHeight, readingLines } from './reading.js';
import type { MenuState, Page } from './state.js';

/** Draws help or activity, with marks where there is more. */
export function drawReading(
  canvas: Canvas,
  state: MenuState,
  page: Extract<Page, { page: 'activity' | 'help' }>,
  layout: Layout,
): void {
  const lines = readingLines(state, page);
  const height = Math.min(readingHeight(state), layout.bottom - layout.top);
  const top = Math.min(page.top, lastTop(state, page));
  lines.slice(top, top + height).forEach((line, at) => {
    canvas.put(layout.left, layout.top + at, line.text, line.heading ? 'heading' : 'plain', layout.width);
  });
  const edge = Math.min(canvas.columns - 1, layout.left + layout.width);
  if (top > 0) canvas.put(edge, layout.top, canvas.signs.up, 'dim');
  if (top + height < lines.length) canvas.put(edge, layout.top + height - 1, canvas.signs.down, 'dim');
}
