import type { Canvas } from './canvas.js';
import { isNormal, lookOfDomain, staleWord } from './domain-look.js';
import { DOMAIN_ID, canRescue, domainEntry, entriesOf, listCommonEntries, selectedIndex } from './entries.js';
import type { Entry } from './entries.js';
import type { Style } from './frame.js';
import type { Layout } from './layout.js';
import type { MenuDomain } from './menu-domain.js';
import { columnsOf, wrap } from './printable-text.js';
import { GAP, drawBlocks, drawLines, entryBlock } from './scroll-list.js';
import type { Area, Block } from './scroll-list.js';
import { findDomain } from './state.js';
import type { MenuState, Page } from './state.js';
import { COLUMN_HEADS, bootWord, countWord, memoryWord, percentWord } from './domain-words.js';
import {
  REINSTALL_CHOOSE,
  RESCUE_CHOOSE,
  erasedSentence,
  repairInstead,
  rescueDisks,
} from './operation-words.js';
import { duration } from './time-words.js';
import { NO_SERVERS, TITLES } from './words.js';

interface Column {
  readonly head: string;
  readonly width: number;
  readonly right: boolean;
  readonly cell: (domain: MenuDomain) => { readonly text: string; readonly style: Style };
}

function hasLongState({ consoleLocked, elsewhere, incomplete }: MenuDomain): boolean {
  return consoleLocked || elsewhere !== null || incomplete !== undefined;
}

/** The columns that fit, chosen by importance; each has its place in the table. */
function columnsFor(canvas: Canvas, state: MenuState, width: number): readonly Column[] {
  const plain = (text: string): { text: string; style: Style } => ({ text, style: 'plain' });
  const all: (Column & { readonly place: number })[] = [
    {
      place: 0,
      head: COLUMN_HEADS.state,
      width: state.domains.some(hasLongState) ? 17 : 15,
      right: false,
      cell: (domain) => {
        const look = lookOfDomain(domain, state.now, canvas);
        return { text: `${look.sign} ${look.word}`, style: look.style };
      },
    },
    {
      place: 5,
      head: COLUMN_HEADS.since,
      width: 10,
      right: true,
      cell: (domain) => {
        const stale = staleWord(domain, state.now);
        if (stale !== '') return { text: stale, style: 'busy' };
        return plain(domain.since === null ? '' : duration(state.now - domain.since));
      },
    },
    {
      place: 1,
      head: COLUMN_HEADS.boot,
      width: 7,
      right: false,
      cell: (domain) => ({ text: bootWord(domain.profile), style: isNormal(domain) ? 'dim' : 'special' }),
    },
    {
      place: 4,
      head: COLUMN_HEADS.cpu,
      width: 6,
      right: true,
      cell: (domain) => plain(percentWord(domain.cpuPercent)),
    },
    {
      place: 2,
      head: COLUMN_HEADS.memory,
      width: 8,
      right: true,
      cell: (domain) => plain(memoryWord(domain.memoryMiB)),
    },
    {
      place: 3,
      head: COLUMN_HEADS.vcpus,
      width: 5,
      right: true,
      cell: (domain) => plain(countWord(domain.vcpus)),
    },
  ];
  let left = width;
  const chosen: (Column & { readonly place: number })[] = [];
  for (const column of all) {
    if (column.width + 1 > left) break;
    left -= column.width + 1;
    chosen.push(column);
  }
  return chosen.sort((a, b) => a.place - b.place);
}

const KEY_COLUMNS = 4;
const LEAST_NAME = 13;

export function drawList(
  canvas: Canvas,
  state: MenuState,
  page: Extract<Page, { page: 'list' }>,
  layout: Layout,
): void {
  const { domains } = state;
  const common = listCommonEntries(state);
  const selected = selectedOnList(domains, common, page.selected);
  const longest = domains.reduce((most, { name }) => Math.max(most, name.length), LEAST_NAME);
  const free = layout.width - KEY_COLUMNS - 1;
  const columns = columnsFor(canvas, state, free - LEAST_NAME);
  const used = columns.reduce((sum, column) => sum + column.width + 1, 0);
  const nameColumns = Math.min(Math.max(longest, LEAST_NAME), free - used - 1);
  const line = (
    row: number,
    name: string,
    cells: readonly (readonly [string, Style])[],
    style: Style,
  ): void => {
    let column = layout.left + KEY_COLUMNS;
    canvas.put(column, row, name, style, nameColumns);
    column += nameColumns + 1;
    columns.forEach((spec, at) => {
      const [text, cellStyle] = cells[at] ?? ['', 'plain'];
      if (spec.right) {
        const shown = canvas.text(text);
        canvas.put(column + Math.max(0, spec.width - columnsOf(shown)), row, shown, cellStyle, spec.width);
      } else canvas.put(column, row, text, cellStyle, spec.width);
      column += spec.width + 1;
    });
  };
  const top = layout.top;
  if (domains.length === 0) canvas.put(layout.left + KEY_COLUMNS, top, NO_SERVERS, 'dim');
  else
    line(
      top,
      COLUMN_HEADS.server,
      columns.map((column) => [column.head, 'heading']),
      'heading',
    );
  const area: Area = { ...layout, top: top + 1 };
  const domainBlock = (domain: MenuDomain, at: number): Block => {
    const { id, key } = domainEntry(domain, at);
    return {
      id,
      height: 1,
      draw: (row, _line, chosen) => {
        if (chosen) canvas.fill(area.left, row, area.width - 1, 'selected');
        if (chosen) canvas.put(area.left, row, canvas.signs.pointer, 'selected');
        canvas.put(area.left + 2, row, key, chosen ? 'selected' : 'key', 1);
        const cells = columns.map((column): readonly [string, Style] => {
          const cell = column.cell(domain);
          return [cell.text, chosen ? 'selected' : cell.style];
        });
        line(row, domain.name, cells, chosen ? 'selected' : 'strong');
      },
    };
  };
  // A gap is between the domains and the rest.
  const gapAt = domains.length;
  drawLines(
    canvas,
    area,
    domains.length + 1 + common.length,
    selected < gapAt ? selected : selected + 1,
    (at) => {
      const domain = domains[at];
      if (domain !== undefined) return domainBlock(domain, at);
      const entry = common[at - gapAt - 1];
      return entry === undefined ? GAP : entryBlock(canvas, area, entry, layout.narrow);
    },
  );
  drawMotd(canvas, state, layout, area.top + domains.length + common.length + 2);
}

/** As `selectedIndex` of the page's entries, without making those of the domains: there may be thousands. */
function selectedOnList(domains: readonly MenuDomain[], common: readonly Entry[], selected: string): number {
  const name = selected.startsWith(DOMAIN_ID) ? selected.slice(DOMAIN_ID.length) : null;
  const at =
    name === null
      ? common.findIndex((entry) => entry.id === selected)
      : domains.findIndex((domain) => domain.name === name);
  if (at === -1) return 0;
  return name === null ? domains.length + at : at;
}

/** Shows the message of the day below the list when all of it fits. Otherwise it is the first notice. */
function drawMotd(canvas: Canvas, state: MenuState, layout: Layout, top: number): void {
  const lines = state.motd.flatMap((text) => wrap(text, layout.width - 6, canvas.charset));
  if (lines.length === 0 || top + lines.length >= layout.bottom) return;
  canvas.put(layout.left + 5, top, TITLES.motd, 'heading');
  lines.forEach((line, at) => canvas.put(layout.left + 5, top + 1 + at, line));
}

export function drawRescue(
  canvas: Canvas,
  state: MenuState,
  page: Extract<Page, { page: 'rescue' }>,
  layout: Layout,
): void {
  const entries = entriesOf(state);
  const selected = entries[selectedIndex(entries, page.selected)]?.id ?? '';
  canvas.put(layout.left, layout.top, RESCUE_CHOOSE, 'strong', layout.width);
  const area: Area = { ...layout, top: layout.top + (layout.low ? 1 : 2) };
  const blocks = entries.map((entry) =>
    choiceBlock(canvas, area, entry, rescueDisks(entry.hint), layout.low),
  );
  drawBlocks(canvas, area, blocks, selected);
}

/** The loss stands above the images. */
export function drawReinstall(
  canvas: Canvas,
  state: MenuState,
  page: Extract<Page, { page: 'reinstall' }>,
  layout: Layout,
): void {
  const entries = entriesOf(state);
  const selected = entries[selectedIndex(entries, page.selected)]?.id ?? '';
  const domain = findDomain(state, page.domain);
  const repair = domain !== undefined && canRescue(domain) ? [repairInstead('Esc')] : [];
  const before = [erasedSentence(page.domain, domain?.firstDisk ?? null), ...repair].flatMap((text) =>
    wrap(text, layout.width, canvas.charset),
  );
  const gap = layout.low ? 0 : 1;
  before.forEach((line, at) => canvas.put(layout.left, layout.top + at, line, 'special', layout.width));
  const row = layout.top + before.length + gap;
  canvas.put(layout.left, row, REINSTALL_CHOOSE, 'strong', layout.width);
  const area: Area = { ...layout, top: row + 1 + gap };
  const blocks = entries.map((entry) => choiceBlock(canvas, area, entry, entry.hint, layout.low));
  drawBlocks(canvas, area, blocks, selected);
}

function choiceBlock(canvas: Canvas, area: Area, entry: Entry, more: string, low: boolean): Block {
  const refused = entry.refused === null ? [] : [`${canvas.signs.no} ${entry.refused}`];
  const lines = [...refused, ...(more === '' ? [] : [more])].flatMap((text) =>
    wrap(text, area.width - 7, canvas.charset),
  );
  return {
    id: entry.id,
    height: 1 + lines.length + (low ? 0 : 1),
    draw: (row, at, selected) => {
      if (at > 0) {
        canvas.put(area.left + 5, row, lines[at - 1] ?? '', 'dim', area.width - 6);
        return;
      }
      if (selected) canvas.fill(area.left, row, area.width - 1, 'selected');
      if (selected) canvas.put(area.left, row, canvas.signs.pointer, 'selected');
      canvas.put(area.left + 2, row, entry.key, selected ? 'selected' : 'key', 2);
      canvas.put(area.left + 5, row, entry.label, selected ? 'selected' : 'strong', area.width - 6);
    },
  };
}
