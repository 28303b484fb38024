import type { Frame, Run, Style } from './frame.js';
import { columnsOf, cut, glyphsOf, isPlainAscii, printable } from './printable-text.js';
import type { Charset } from './printable-text.js';

/** The cells of one row, column by column: two lists are made faster than an object for each cell. */
interface Row {
  /** Empty in the right half of a wide character. */
  readonly texts: string[];
  readonly styles: Style[];
}

/** The characters that a menu is drawn with. */
interface Signs {
  readonly horizontal: string;
  readonly vertical: string;
  readonly corners: readonly [string, string, string, string];
  readonly pointer: string;
  readonly full: string;
  readonly hollow: string;
  readonly no: string;
  readonly bar: string;
  readonly track: string;
  readonly up: string;
  readonly down: string;
  readonly dot: string;
  readonly warning: string;
  readonly spinner: readonly string[];
}

const UTF8: Signs = {
  horizontal: '─',
  vertical: '│',
  corners: ['┌', '┐', '└', '┘'],
  pointer: '▸',
  full: '●',
  hollow: '○',
  no: '×',
  bar: '█',
  track: '░',
  up: '▲',
  down: '▼',
  dot: '·',
  warning: '!',
  spinner: ['◐', '◓', '◑', '◒'],
};

const ASCII: Signs = {
  horizontal: '-',
  vertical: '|',
  corners: ['+', '+', '+', '+'],
  pointer: '>',
  full: '*',
  hollow: 'o',
  no: 'x',
  bar: '#',
  track: '.',
  up: '^',
  down: 'v',
  dot: '-',
  warning: '!',
  spinner: ['~', '-'],
};

/**
 * A screen being drawn: a fixed grid that nothing can be drawn outside of. Text is made printable here, so no
 * page can forget it.
 */
export class Canvas {
  readonly columns: number;
  readonly rows: number;
  readonly charset: Charset;
  readonly signs: Signs;
  /** Undefined where nothing is drawn: most rows of a menu are blank, and a menu is drawn often. */
  readonly #cells: (Row | undefined)[];
  #cursor: { column: number; row: number } | null = null;

  constructor(columns: number, rows: number, charset: Charset) {
    this.columns = columns;
    this.rows = rows;
    this.charset = charset;
    this.signs = charset === 'ascii' ? ASCII : UTF8;
    this.#cells = new Array<Row | undefined>(rows).fill(undefined);
  }

  /**
   * Writes one line from a cell on. Text longer than `width` columns ends in an ellipsis.
   *
   * @returns columns used
   */
  put(
    column: number,
    row: number,
    text: string,
    style: Style = 'plain',
    width = this.columns - column,
  ): number {
    const room = Math.min(width, this.columns - column);
    if (room <= 0 || column < 0) return 0;
    const cells = this.#row(row);
    if (cells === null) return 0;
    const shown = cut(text, room, this.charset);
    let at = column;
    if (isPlainAscii(shown)) {
      for (const character of shown) this.#set(cells, at++, character, style);
      return at - column;
    }
    for (const glyph of glyphsOf(shown)) {
      this.#set(cells, at, glyph.text, style);
      if (glyph.width === 2) this.#set(cells, at + 1, '', style);
      at += glyph.width;
    }
    return at - column;
  }

  /** As `put`, but the text ends before the column `end`. */
  putRight(end: number, row: number, text: string, style: Style = 'plain', width = end): number {
    const shown = cut(text, Math.min(width, end), this.charset);
    return this.put(end - columnsOf(shown), row, shown, style);
  }

  /** Fills a line, or a part of it, in one style. */
  fill(column: number, row: number, width: number, style: Style, text = ' '): void {
    const cells = this.#row(row);
    if (cells === null) return;
    for (let at = Math.max(0, column); at < Math.min(this.columns, column + width); at++)
      this.#set(cells, at, text, style);
  }

  /** Draws a frame with a title in its upper edge, and clears the inside. */
  box(
    column: number,
    row: number,
    width: number,
    height: number,
    title: string,
    style: Style = 'border',
  ): void {
    const { horizontal, vertical, corners } = this.signs;
    const [topLeft, topRight, bottomLeft, bottomRight] = corners;
    for (let y = row; y < row + height; y++) this.fill(column, y, width, 'plain');
    this.fill(column, row, width, style, horizontal);
    this.fill(column, row + height - 1, width, style, horizontal);
    for (let y = row + 1; y < row + height - 1; y++) {
      this.put(column, y, vertical, style);
      this.put(column + width - 1, y, vertical, style);
    }
    this.put(column, row, topLeft, style);
    this.put(column + width - 1, row, topRight, style);
    this.put(column, row + height - 1, bottomLeft, style);
    this.put(column + width - 1, row + height - 1, bottomRight, style);
    if (title !== '' && width > 6)
      this.put(column + 2, row, ` ${cut(title, width - 6, this.charset)} `, 'heading');
  }

  /** Dims everything drawn so far, before something is drawn over it. */
  recede(): void {
    for (let row = 0; row < this.rows; row++) this.#row(row)?.styles.fill('dim');
  }

  cursorAt(column: number, row: number): void {
    this.#cursor = { column: Math.min(column, this.columns - 1), row: Math.min(row, this.rows - 1) };
  }

  /** The text as `put` would write it, in this canvas' charset; for measuring. */
  text(text: string): string {
    return printable(text, this.charset);
  }

  frame(colour: boolean, generation: number): Frame {
    const blank: readonly Run[] = [{ text: ' '.repeat(this.columns), style: 'plain' }];
    return {
      columns: this.columns,
      rows: this.rows,
      lines: this.#cells.map((cells) => (cells === undefined ? blank : runsOf(cells))),
      cursor: this.#cursor,
      colour,
      generation,
    };
  }

  /** @returns null for a row outside the screen */
  #row(row: number): Row | null {
    if (!(row in this.#cells)) return null;
    return (this.#cells[row] ??= {
      texts: new Array<string>(this.columns).fill(' '),
      styles: new Array<Style>(this.columns).fill('plain'),
    });
  }

  /** Sets a cell. A half of a wide character that this cuts becomes a blank. */
  #set({ texts, styles }: Row, at: number, text: string, style: Style): void {
    if (at < 0 || at >= texts.length) return;
    if (at > 0 && texts[at] === '' && text !== '') texts[at - 1] = ' ';
    if (texts[at + 1] === '') texts[at + 1] = ' ';
    texts[at] = text;
    styles[at] = style;
  }
}

function runsOf({ texts, styles }: Row): Run[] {
  const runs: Run[] = [];
  let from = 0;
  while (from < texts.length) {
    const style = styles[from] ?? 'plain';
    let to = from + 1;
    while (to < texts.length && styles[to] === style) to += 1;
    const text = texts.slice(from, to).join('');
    if (text !== '') runs.push({ text, style });
    from = to;
  }
  return runs;
}
