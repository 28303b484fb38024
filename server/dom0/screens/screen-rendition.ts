import type { Rendition } from './emulator-internals.js';

/** The emulator's colour mode for SGR 30…37 and 90…97 and their backgrounds; 38;5;n has another. */
const SHORT_NAMES = 0x1000000;

/** Kinds of underlining; then come curly, dotted and dashed. */
const SINGLE = 1;
const DOUBLE = 2;

const lineOf = (cell: Rendition): number =>
  cell.isUnderline() === 0 ? 0 : (cell.getUnderlineStyle?.() ?? SINGLE);

/** The rendition of a saved cursor: the emulator saves whether it is underlined, but not how. */
export function savedRendition(saved: Rendition): string {
  return rendition(saved, saved.isUnderline() === 0 ? 0 : SINGLE);
}

/**
 * @returns the sequences that make a terminal in any state write like this (SGR). Codes that not every
 *   terminal knows are sent in sequences of their own, so that a terminal ignores only those.
 *
 * @param line the kind of underlining; 0 is none
 */
export function rendition(cell: Rendition, line = lineOf(cell)): string {
  const codes = ['0'];
  if (cell.isBold() !== 0) codes.push('1');
  if (cell.isDim() !== 0) codes.push('2');
  if (cell.isItalic() !== 0) codes.push('3');
  if (line !== 0) codes.push('4');
  if (cell.isBlink() !== 0) codes.push('5');
  if (cell.isInverse() !== 0) codes.push('7');
  if (cell.isInvisible() !== 0) codes.push('8');
  if (cell.isStrikethrough() !== 0) codes.push('9');
  if (cell.isOverline() !== 0) codes.push('53');
  if (cell.isFgRGB()) codes.push(`38;2;${rgb(cell.getFgColor(), ';')}`);
  else if (cell.isFgPalette()) codes.push(palette(cell.getFgColor(), cell.getFgColorMode(), 30));
  if (cell.isBgRGB()) codes.push(`48;2;${rgb(cell.getBgColor(), ';')}`);
  else if (cell.isBgPalette()) codes.push(palette(cell.getBgColor(), cell.getBgColorMode(), 40));
  let out = `\x1b[${codes.join(';')}m`;
  if (line === DOUBLE) out += '\x1b[21m';
  else if (line > DOUBLE) out += `\x1b[4:${line}m`;
  out += lineColour(cell.extended?.underlineColor ?? 0);
  return cell.isProtected?.() ? `${out}\x1b[1"q` : out;
}

/** Takes back the parts of a rendition that `SGR 0` does not. */
export function afterRendition(cell: Rendition): string {
  return cell.isProtected?.() ? '\x1b[0"q' : '';
}

/** How the emulator stores the colour of a line: a mode and a value. The last is the state after SGR 59. */
const OF_PALETTE = 0x2000000;
const OF_RGB = 0x3000000;
const RESET = 0x3ffffff;

function lineColour(colour: number): string {
  if (colour === RESET) return '\x1b[59m';
  const mode = colour & OF_RGB;
  if (mode === OF_RGB) return `\x1b[58:2::${rgb(colour, ':')}m`;
  return mode === OF_PALETTE ? `\x1b[58:5:${colour & 255}m` : '';
}

/** The emulator keeps no line colour for a character that is not underlined. */
export const withoutLineColour = (written: string): string => written.replace(/\x1b\[5[89][:\d]*m/, '');

function rgb(colour: number, between: string): string {
  return [colour >>> 16, colour >>> 8, colour].map((part) => part & 255).join(between);
}

/**
 * The first 16 colours are painted by the name that the guest used: many terminals brighten them when
 * bold only by the short name.
 */
function palette(colour: number, mode: number, base: number): string {
  if (mode !== SHORT_NAMES) return `${base + 8};5;${colour}`;
  return String(colour < 8 ? base + colour : base + 60 + colour - 8);
}
