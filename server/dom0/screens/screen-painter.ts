import type { IBuffer, Terminal } from '@xterm/headless';
import { internalsOf, letterOf } from './emulator-internals.js';
import type { InternalBuffer, EmulatorInternals } from './emulator-internals.js';
import type { ScreenSize } from './screen-job.js';
import { afterRendition, rendition, savedRendition, withoutLineColour } from './screen-rendition.js';
import { CLEAN_SCREEN } from './screen-reset.js';

const MOUSE = { none: '', x10: '\x1b[?9h', vt200: '\x1b[?1000h', drag: '\x1b[?1002h', any: '\x1b[?1003h' };
const ENCODINGS: Readonly<Record<string, string>> = { SGR: '\x1b[?1006h', SGR_PIXELS: '\x1b[?1016h' };
const CURSORS: Readonly<Record<string, number>> = { block: 2, underline: 4, bar: 6 };

/**
 * Sequences that designate a character set as G0 to G3, and those that bring each of them into use.
 * (ECMA-35, xterm's ctlseqs)
 */
const DESIGNATE = ['(', ')', '*', '+'];
const INVOKE = ['\x0f', '\x0e', '\x1bn', '\x1bo'];

const TAB_WIDTH = 8;

/** State that the emulator itself does not remember. */
interface Unseen {
  /** Dark on light (DECSCNM). */
  readonly reversed: boolean;
}

/** The part of a screen that is painted: its first row and column, and its size. */
interface View extends ScreenSize {
  readonly top: number;
  readonly left: number;
}

/**
 * Gives the bytes that make any terminal show what this one shows, and go on from there: text, colours,
 * cursor, margins, modes, tab stops, character sets, saved state, and the main screen under the alternate
 * one. It places every row by itself; the stock serializer relies on wrapping instead.
 *
 * @param size of the terminal. A terminal of another size shows each row in a row of its own: from the upper
 *   left corner, or the part around the cursor where that would be out of sight
 */
export function paint(
  terminal: Terminal,
  { reversed }: Unseen = { reversed: false },
  size: ScreenSize = terminal,
): string {
  const { normal, alternate, active } = terminal.buffer;
  const { buffers } = internalsOf(terminal);
  const isAlternate = active.type === 'alternate';
  const under = viewOf(terminal, normal, size);
  let out = `${CLEAN_SCREEN}\x1b[?7l${reversed ? '\x1b[?5h' : ''}`;
  out += tabStops(buffers.normal, terminal.cols, size.cols) + rows(normal, under);
  if (!isAlternate) {
    if (hasSaved(buffers.alt))
      out += `\x1b[?47h${saved(buffers.alt, viewOf(terminal, alternate, size))}\x1b[?47l`;
    return out + ending(terminal, active, buffers.normal, under, size);
  }
  out += saved(buffers.normal, under) + margins(marginsIn(buffers.normal, terminal, under, size));
  // Not 1049, which would overwrite the saved cursor.
  out += '\x1b[0m\x1b[?47h\x1b[H\x1b[2J';
  if (!hasTabStops(buffers.alt, terminal.cols)) out += tabStops(buffers.alt, terminal.cols, size.cols);
  const over = viewOf(terminal, alternate, size);
  return out + rows(alternate, over) + ending(terminal, active, buffers.alt, over, size);
}

function viewOf(terminal: Terminal, { cursorX, cursorY }: IBuffer, { cols, rows: height }: ScreenSize): View {
  const x = Math.min(cursorX, terminal.cols - 1);
  const top = Math.max(0, cursorY - height + 1);
  const left = x < cols ? 0 : Math.min(x - Math.floor(cols / 2), terminal.cols - cols);
  return { top, left, cols: Math.min(cols, terminal.cols), rows: Math.min(height, terminal.rows) };
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
  let after = '';
  let column = -1;
  let wide = false;
  for (let x = left; x < left + cols; x++) {
    if (line.getCell(x, cell) === undefined) break;
    const width = cell.getWidth();
    // The edge cuts off the second half of a wide character.
    const chars = width === 2 && x === left + cols - 1 ? '' : cell.getChars();
    // The second half of a wide character, or the rest of one whose first half was overwritten.
    const isHalf = width === 0 && wide && chars === '';
    wide = width === 2;
    const lines = cell.isUnderline() + cell.isStrikethrough() + cell.isOverline();
    const isBlank = chars === '' && cell.isBgDefault() && cell.isInverse() === 0 && lines === 0;
    if (isHalf || isBlank) continue;
    // A combining mark with a cell of its own must not join the character before.
    if (column !== x || width === 0) out += place(at, x - left);
    const wanted = rendition(cell);
    if (wanted !== style) out += after + (style = wanted);
    after = afterRendition(cell);
    out += chars === '' ? ' ' : chars;
    column = x + (wide ? 2 : 1);
  }
  return out + after;
}

function place(y: number, x: number): string {
  return `\x1b[${y + 1};${x + 1}H`;
}

/**
 * Moves to a place of the screen in a terminal of another size, or to the nearest. @param origin the
 * row that counts as the first
 */
function placeIn(y: number, x: number, view: View, origin = 0): string {
  const clamp = (at: number, most: number): number => Math.max(0, Math.min(at, most));
  return place(Math.max(0, clamp(y - view.top, view.rows - 1) - origin), clamp(x - view.left, view.cols - 1));
}

function hasTabStops({ tabs }: InternalBuffer, cols: number): boolean {
  for (let x = 0; x < cols; x++) if ((tabs[x] === true) !== (x % TAB_WIDTH === 0)) return false;
  return true;
}

/** Columns beyond this screen's width get the default tab stops. */
function tabStops({ tabs }: InternalBuffer, cols: number, wanted: number): string {
  let out = '\x1b[3g';
  for (let x = 0; x < wanted; x++) {
    if (x < cols ? tabs[x] === true : x % TAB_WIDTH === 0) out += `\x1b[${x + 1}G\x1bH`;
  }
  return out;
}

function hasSaved({ savedX, savedY, savedCurAttrData, savedCharset }: InternalBuffer): boolean {
  const first = savedRendition(savedCurAttrData) === '\x1b[0m' && savedCharset === undefined;
  return savedX > 0 || savedY > 0 || !first;
}

/** Requires margins and origin mode to be off. */
function saved(buffer: InternalBuffer, view: View): string {
  const { savedX, savedY, savedCurAttrData, savedCharset } = buffer;
  const written = savedRendition(savedCurAttrData);
  const charset = `\x0f\x1b(${letterOf(savedCharset)}`;
  return `${written}${charset}${placeIn(savedY, savedX, view)}\x1b7\x1b(B${afterRendition(savedCurAttrData)}\x1b[0m`;
}

/** The first and last row between the margins; null when the margins are the screen's. */
function marginsIn(
  { scrollTop, scrollBottom }: InternalBuffer,
  own: ScreenSize,
  view: View,
  size: ScreenSize,
): readonly [number, number] | null {
  if (scrollTop === 0 && scrollBottom >= own.rows - 1) return null;
  const top = Math.max(0, scrollTop - view.top);
  const bottom = Math.min(size.rows - 1, scrollBottom - view.top);
  return bottom > top ? [top, bottom] : null;
}

/** Also sends the cursor home. */
function margins(between: readonly [number, number] | null): string {
  return between === null ? '' : `\x1b[${between[0] + 1};${between[1] + 1}r`;
}

/**
 * Saved state, character sets, margins, modes, rendition and cursor, in an order in
 * which none undoes another.
 */
function ending(
  terminal: Terminal,
  buffer: IBuffer,
  inner: InternalBuffer,
  view: View,
  size: ScreenSize,
): string {
  const { modes, options } = terminal;
  const core = internalsOf(terminal);
  const written = core._inputHandler._curAttrData;
  const between = marginsIn(inner, terminal, view, size);
  const origin = modes.originMode ? (between?.[0] ?? 0) : 0;
  let out = saved(inner, view) + charsets(core, inner) + margins(between);
  if (modes.originMode) out += '\x1b[?6h';
  if (modes.wraparoundMode) out += '\x1b[?7h';
  if (modes.insertMode) out += '\x1b[4h';
  if (modes.reverseWraparoundMode) out += '\x1b[?45h';
  if (options.convertEol === true) out += '\x1b[20h';
  out += inputModes(terminal, core);
  if (core.coreService.isCursorHidden) out += '\x1b[?25l';
  const isSame = size.cols === terminal.cols && size.rows === terminal.rows;
  const waits = isSame ? lastCharacter(terminal, buffer, origin) : null;
  if (waits !== null) return out + waits;
  return out + placeIn(buffer.cursorY, buffer.cursorX, view, origin) + rendition(written);
}

/** When a restored cursor uses a character set that is no longer designated, it is restored once more. */
function charsets({ _charsetService }: EmulatorInternals, { savedCharset }: InternalBuffer): string {
  const { glevel, charset, _charsets: sets } = _charsetService;
  let out = '';
  DESIGNATE.forEach((designates, level) => {
    const letter = letterOf(sets[level]);
    if (letter !== 'B') out += `\x1b${designates}${letter}`;
  });
  if (glevel !== 0) out += INVOKE[glevel] ?? '';
  if (charset === sets[glevel]) return out;
  if (charset === savedCharset) return `${out}\x1b8`;
  return `${out}\x1b${DESIGNATE[glevel] ?? '('}${letterOf(charset)}`;
}

/**
 * Writes the last character again. That is needed where the cursor waits behind the last column to
 * wrap, or where the next output may combine with the character or repeat it: nothing else brings a
 * terminal into that state.
 *
 * @returns null where it would change nothing
 */
function lastCharacter(terminal: Terminal, buffer: IBuffer, origin: number): string | null {
  const { cursorY } = buffer;
  // The emulator puts a mark that combines with nothing even behind the last column.
  const cursorX = Math.min(buffer.cursorX, terminal.cols);
  const { _inputHandler, _charsetService } = internalsOf(terminal);
  const written = rendition(_inputHandler._curAttrData);
  const joins = _inputHandler._parser.precedingJoinState !== 0;
  if (cursorX === 0 || (cursorX < terminal.cols && !joins)) return null;
  const line = buffer.getLine(buffer.baseY + cursorY);
  const isHalf = line?.getCell(cursorX - 1)?.getWidth() === 0 && line.getCell(cursorX - 1)?.getChars() === '';
  const x = isHalf ? cursorX - 2 : cursorX - 1;
  const cell = line?.getCell(x);
  // A character without room in the last column was not written at all.
  if (cell === undefined || (cursorX < terminal.cols && x + Math.max(1, cell.getWidth()) !== cursorX))
    return null;
  const isOwn = joins && withoutLineColour(rendition(cell)) === withoutLineColour(written);
  if (!isOwn && cursorX < terminal.cols) return null;
  const { glevel, charset } = _charsetService;
  const isTranslated = Array.from(cell.getChars()).some((each) => charset?.[each] !== undefined);
  const designates = `\x1b${DESIGNATE[glevel] ?? '('}`;
  let out = place(cursorY - origin, x) + (isOwn ? written : rendition(cell));
  // The rewritten character pushes the rest to the right, so we first delete as many cells.
  if (terminal.modes.insertMode) out += `\x1b[${Math.max(1, cell.getWidth())}P`;
  if (isTranslated) out += `${designates}B`;
  out += cell.getChars() || ' ';
  if (isTranslated) out += `${designates}${letterOf(charset)}`;
  return isOwn ? out : out + afterRendition(cell) + written;
}

/** The modes that change what keys, paste and the mouse send, and the look of the cursor. */
function inputModes({ modes }: Terminal, { coreMouseService, coreService }: EmulatorInternals): string {
  const { cursorStyle, cursorBlink } = coreService.decPrivateModes;
  let out = '';
  if (modes.applicationCursorKeysMode) out += '\x1b[?1h';
  if (modes.applicationKeypadMode) out += '\x1b=';
  if (modes.bracketedPasteMode) out += '\x1b[?2004h';
  if (modes.sendFocusMode) out += '\x1b[?1004h';
  out += MOUSE[modes.mouseTrackingMode];
  out += ENCODINGS[coreMouseService.activeEncoding] ?? '';
  const style = cursorStyle === undefined ? undefined : CURSORS[cursorStyle];
  return style === undefined ? out : `${out}\x1b[${style - (cursorBlink === true ? 1 : 0)} q`;
}
