import { printable } from '../../../policy/printable.js';

/**
 * Turns one line of a console into lines that can be printed, as it looked when it ended. Colours are left
 * out. Codes that only move the cursor or wipe are carried out within the line; a move to another row begins
 * a new one. Every other control sequence and unprintable character is shown (`^[[?1000h`), so that none of
 * them does anything to a terminal.
 *
 * @param said the line without its line feed
 * @returns at least one line
 */
export function shownLines(said: string): string[] {
  const line = said.includes('\u001b') ? said.replace(COLOURS, '') : said;
  if (PLAIN.test(line)) return [line.trimEnd()];
  const rows = new Rows();
  for (let at = 0; at < line.length;) {
    const code = line.codePointAt(at) ?? 0;
    const length = code === ESCAPE ? rows.obey(line, at) : 0;
    if (length === 0) rows.put(code);
    at += length === 0 ? (code > 0xffff ? 2 : 1) : length;
  }
  return rows.end();
}

const ESCAPE = 0x1b;
const COLOURS = /\u001b\[[0-9;:]{0,60}m/g;
const PLAIN = /^[\u0020-\u007e]*\r*$/;

/** The cursor moves no further than this: a few bytes must not become megabytes of blanks. */
const MOST_COLUMNS = 250;

/**
 * CSI with plain parameters; modes; character sets, the cursor's shape, keypad and saved cursor, index.
 * (ECMA-48 §5.4, xterm's ctlseqs)
 */
const SEQUENCE =
  /\u001b(?:\[([0-9;:]{0,60})([A-HJKLMPSTXbdfmrsu@`])|\[\?([0-9;]{1,60})[hl]|([()*+][0-9A-Z]|%[@G]|\[[0-9]? q|[78=>])|([DEM]))/y;

/**
 * Cursor keys, reverse video, wrapping, blinking, cursor, alternate screens, bracketed paste: only the look
 * changes.
 */
const HARMLESS_MODES = /^(?:(?:1|5|7|12|25|47|1047|1048|1049|2004)(?:;|$))+$/;

const BACKSPACE = 0x08;
const TAB = 0x09;
const CARRIAGE_RETURN = 0x0d;
/** Padding, the bell, and shifts to the other character set: nothing of them is seen. */
const UNSEEN = [0x00, 0x07, 0x0e, 0x0f];

class Rows {
  readonly #done: string[] = [];
  #cells: string[] = [];
  #column = 0;

  put(code: number): void {
    if (code >= 0x20 && code < 0x7f) this.#cells[this.#column++] = String.fromCharCode(code);
    else if (code === CARRIAGE_RETURN) this.#column = 0;
    else if (code === BACKSPACE) this.#column = Math.max(0, this.#column - 1);
    else if (code === TAB) this.#forward(8 - (this.#column % 8));
    else if (!UNSEEN.includes(code)) this.#cells[this.#column++] = printable(String.fromCodePoint(code));
  }

  /** @returns the length of the sequence that begins here; 0 when it must be shown */
  obey(said: string, at: number): number {
    SEQUENCE.lastIndex = at;
    const [sequence = '', parameters = '', final, modes, , index] = SEQUENCE.exec(said) ?? [];
    if (modes !== undefined && !HARMLESS_MODES.test(modes)) return 0;
    if (index !== undefined) this.#break(0);
    if (final !== undefined) this.#move(final, parameters.split(/[;:]/).map(Number));
    return sequence.length;
  }

  end(): string[] {
    const last = this.#text();
    return last !== '' || this.#done.length === 0 ? [...this.#done, last] : this.#done;
  }

  #move(final: string, [first = 0, second = 0]: readonly number[]): void {
    const count = Math.min(MOST_COLUMNS, Math.max(1, first));
    switch (final) {
      case 'C':
        this.#forward(count);
        return;
      case 'D':
        this.#column = Math.max(0, this.#column - count);
        return;
      case 'G':
      case '`':
        this.#column = count - 1;
        return;
      case 'K':
        this.#wipe(first);
        return;
      case 'P':
        this.#cells.splice(this.#column, count);
        return;
      case '@':
        this.#insert(count);
        return;
      case 'H':
      case 'f':
        this.#break(Math.min(MOST_COLUMNS, Math.max(1, second)) - 1);
        return;
      case 'A':
      case 'B':
      case 'd':
        this.#break(this.#column);
        return;
      case 'E':
      case 'F':
        this.#break(0);
    }
  }

  #forward(count: number): void {
    this.#column = Math.max(this.#column, Math.min(MOST_COLUMNS, this.#column + count));
  }

  #insert(count: number): void {
    if (this.#column >= this.#cells.length || this.#cells.length > MOST_COLUMNS) return;
    this.#cells.splice(this.#column, 0, ...Array.from({ length: count }, () => ' '));
    this.#cells.length = Math.min(this.#cells.length, MOST_COLUMNS);
  }

  #wipe(what: number): void {
    if (what === 2) this.#cells = [];
    else if (what === 1) this.#cells.fill(' ', 0, this.#column + 1);
    else this.#cells.length = Math.min(this.#cells.length, this.#column);
  }

  #break(column: number): void {
    const text = this.#text();
    if (text !== '') this.#done.push(text);
    this.#cells = [];
    this.#column = column;
  }

  #text(): string {
    return Array.from(this.#cells, (cell: string | undefined) => cell ?? ' ')
      .join('')
      .trimEnd();
  }
}
