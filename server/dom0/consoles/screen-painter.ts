import type { IBuffer, IBufferCell, Terminal } from '@xterm/headless';
import type { ScreenSize } from './screen-job.js';
import { CLEAN_SCREEN } from './screen-reset.js';

type Attributes = Pick<
  IBufferCell,
  | 'isBold'
  | 'isDim'
  | 'isItalic'
  | 'isUnderline'
  | 'isBlink'
  | 'isInverse'
  | 'isInvisible'
  | 'isStrikethrough'
  | 'isOverline'
  | 'isFgRGB'
  | 'isFgPalette'
  | 'getFgColor'
  | 'getFgColorMode'
  | 'isBgRGB'
  | 'isBgPalette'
  | 'isBgDefault'
  | 'getBgColor'
  | 'getBgColorMode'
>;

/** Of a character set only this matters: DEC's graphics draw a line for a q. */
type Charset = { readonly q?: string } | undefined;

/** What the emulator knows and its API does not show (@xterm/headless 6.0). All of it may be missing. */
interface Hidden {
  readonly _core?: {
    readonly buffer?: { scrollTop?: number; scrollBottom?: number; savedX?: number; savedY?: number };
    readonly coreService?: { isCursorHidden?: boolean };
    readonly coreMouseService?: { activeEncoding?: string };
    readonly _charsetService?: { glevel?: number; charset?: Charset; _charsets?: Charset[] };
    readonly _inputHandler?: { _curAttrData?: Attributes };
  };
}

/** The emulator's colour mode of SGR 30…37 and 90…97 and their backgrounds; 38;5;n has another. */
const SHORT_NAMES = 0x1000000;

const MOUSE = { none: '', x10: '\x1b[?9h', vt200: '\x1b[?1000h', drag: '\x1b[?1002h', any: '\x1b[?1003h' };

/**
 * What makes any terminal show what this one shows, and go on from there: text, colours, cursor, margins, modes, character
 * sets, and the main screen under the alternate one. Every row is placed by itself, so that a terminal of another size
 * shows the rows where they belong (which the stock serializer, relying on wrapping, does not).
 */
export function paint(terminal: Terminal): string {
  const { normal, active, alternate } = terminal.buffer;
  let out = `${CLEAN_SCREEN}\x1b[?7l${rows(normal, whole(terminal))}`;
  if (active.type === 'alternate') {
    out += `\x1b[0m${place(normal.cursorY, Math.min(normal.cursorX, terminal.cols - 1))}\x1b[?1049h\x1b[H\x1b[2J`;
    out += rows(alternate, whole(terminal));
  }
  return out + ending(terminal);
}

/** The part of a screen that is shown, its first row and column and how many there are. */
interface View extends ScreenSize {
  readonly top: number;
  readonly left: number;
}

const whole = ({ cols, rows }: Terminal): View => ({ top: 0, left: 0, cols, rows });

/**
 * The part of a screen that a terminal of another size shows: from the upper left corner, unless the cursor would not
 * be seen; then the rows that end with the cursor's, and the columns around it.
 */
function viewOf(terminal: Terminal, { cols, rows }: ScreenSize): View {
  const { cursorX, cursorY } = terminal.buffer.active;
  const top = Math.max(0, cursorY - rows + 1);
  const left = cursorX < cols ? 0 : Math.min(cursorX - Math.floor(cols / 2), terminal.cols - cols);
  return { top, left, cols: Math.min(cols, terminal.cols), rows: Math.min(rows, terminal.rows) };
}

/**
 * What makes a terminal of another size show as much of this one as it has room for, each row in a row of its own. It
 * does not go on from there: what the guest says next would not wrap or scroll where it does here.
 */
export function paintView(terminal: Terminal, size: ScreenSize): string {
  const view = viewOf(terminal, size);
  const { active } = terminal.buffer;
  let out = `${CLEAN_SCREEN}\x1b[?7l${rows(active, view)}\x1b[0m${inputModes(terminal)}`;
  const x = Math.min(active.cursorX, terminal.cols - 1) - view.left;
  out += place(active.cursorY - view.top, x);
  return isCursorHidden(terminal) ? `${out}\x1b[?25l` : out;
}

function rows(buffer: IBuffer, view: View): string {
  let out = '';
  for (let y = 0; y < view.rows; y++) out += row(buffer, y, view);
  return out;
}

function row(buffer: IBuffer, at: number, { top, left, cols }: View): string {
  const line = buffer.getLine(buffer.baseY + top + at);
  if (line === undefined) return '';
  const cell = buffer.getNullCell();
  let out = '';
  let style = '';
  let column = -1;
  let wide = false;
  for (let x = left; x < left + cols; x++) {
    if (line.getCell(x, cell) === undefined) break;
    // A wide character of which the edge cuts off the second half.
    const chars = cell.getWidth() === 2 && x === left + cols - 1 ? '' : cell.getChars();
    // The second half of a wide character; or what was left of one when its first half was written over.
    const isHalf = cell.getWidth() === 0 && wide;
    wide = cell.getWidth() === 2;
    if (isHalf || (chars === '' && blank(cell))) continue;
    if (column !== x) out += place(at, x - left);
    const wanted = rendition(cell);
    if (wanted !== style) out += style = wanted;
    out += chars === '' ? ' ' : chars;
    column = x + (wide ? 2 : 1);
  }
  return out;
}

/** An empty cell in which nothing shows: what a cleared screen has already. */
function blank(cell: Attributes): boolean {
  const lines = cell.isUnderline() + cell.isStrikethrough() + cell.isOverline();
  return cell.isBgDefault() && cell.isInverse() === 0 && lines === 0;
}

function place(y: number, x: number): string {
  return `\x1b[${y + 1};${x + 1}H`;
}

function rendition(cell: Attributes): string {
  const codes = ['0'];
  if (cell.isBold() !== 0) codes.push('1');
  if (cell.isDim() !== 0) codes.push('2');
  if (cell.isItalic() !== 0) codes.push('3');
  if (cell.isUnderline() !== 0) codes.push('4');
  if (cell.isBlink() !== 0) codes.push('5');
  if (cell.isInverse() !== 0) codes.push('7');
  if (cell.isInvisible() !== 0) codes.push('8');
  if (cell.isStrikethrough() !== 0) codes.push('9');
  if (cell.isOverline() !== 0) codes.push('53');
  if (cell.isFgRGB()) codes.push(`38;2;${rgb(cell.getFgColor())}`);
  else if (cell.isFgPalette()) codes.push(palette(cell.getFgColor(), cell.getFgColorMode(), 30));
  if (cell.isBgRGB()) codes.push(`48;2;${rgb(cell.getBgColor())}`);
  else if (cell.isBgPalette()) codes.push(palette(cell.getBgColor(), cell.getBgColorMode(), 40));
  return `\x1b[${codes.join(';')}m`;
}

function rgb(colour: number): string {
  return `${(colour >>> 16) & 255};${(colour >>> 8) & 255};${colour & 255}`;
}

/** One of the first 16 is painted as the guest named it: many terminals make it brighter when bold only by its short name. */
function palette(colour: number, mode: number, base: number): string {
  if (mode !== SHORT_NAMES) return `${base + 8};5;${colour}`;
  return String(colour < 8 ? base + colour : base + 60 + colour - 8);
}

/** Saved cursor, margins, cursor, rendition, character sets, modes: in an order in which none undoes another. */
function ending(terminal: Terminal): string {
  const { modes } = terminal;
  const buffer = terminal.buffer.active;
  const core = (terminal as unknown as Hidden)._core;
  const top = core?.buffer?.scrollTop ?? 0;
  const bottom = core?.buffer?.scrollBottom ?? terminal.rows - 1;
  const attributes = core?._inputHandler?._curAttrData;
  const origin = modes.originMode ? top : 0;
  let out = `\x1b[0m${place(core?.buffer?.savedY ?? 0, core?.buffer?.savedX ?? 0)}\x1b7`;
  if (top > 0 || bottom < terminal.rows - 1) out += `\x1b[${top + 1};${bottom + 1}r`;
  if (modes.originMode) out += '\x1b[?6h';
  if (modes.wraparoundMode) out += '\x1b[?7h';
  out += cursor(terminal, buffer, origin);
  out += attributes === undefined ? '\x1b[0m' : rendition(attributes);
  const { glevel = 0, charset, _charsets: sets = [] } = core?._charsetService ?? {};
  if ((glevel === 0 ? charset : sets[0])?.q === '─') out += '\x1b(0';
  if ((glevel === 1 ? charset : sets[1])?.q === '─') out += '\x1b)0';
  if (glevel === 1) out += '\x0e';
  if (modes.insertMode) out += '\x1b[4h';
  if (modes.reverseWraparoundMode) out += '\x1b[?45h';
  out += inputModes(terminal);
  return isCursorHidden(terminal) ? `${out}\x1b[?25l` : out;
}

const isCursorHidden = (terminal: Terminal): boolean =>
  (terminal as unknown as Hidden)._core?.coreService?.isCursorHidden === true;

/** What changes the bytes that keys, paste and the mouse send. */
function inputModes(terminal: Terminal): string {
  const { modes } = terminal;
  let out = '';
  if (modes.applicationCursorKeysMode) out += '\x1b[?1h';
  if (modes.applicationKeypadMode) out += '\x1b=';
  if (modes.bracketedPasteMode) out += '\x1b[?2004h';
  if (modes.sendFocusMode) out += '\x1b[?1004h';
  out += MOUSE[modes.mouseTrackingMode];
  const encoding = (terminal as unknown as Hidden)._core?.coreMouseService?.activeEncoding;
  return encoding === 'SGR' ? `${out}\x1b[?1006h` : out;
}

function cursor(terminal: Terminal, buffer: IBuffer, origin: number): string {
  const { cursorX, cursorY } = buffer;
  if (cursorX < terminal.cols) return place(cursorY - origin, cursorX);
  // Waiting to wrap: only writing the last character again brings a terminal there.
  const line = buffer.getLine(buffer.baseY + cursorY);
  const last = terminal.cols - 1;
  const x = line?.getCell(last)?.getWidth() === 0 ? last - 1 : last;
  const cell = line?.getCell(x);
  if (cell === undefined) return place(cursorY - origin, last);
  return place(cursorY - origin, x) + rendition(cell) + (cell.getChars() || ' ');
}
