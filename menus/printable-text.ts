import { isPrintable } from '../policy/printable.js';
import type { MenuPreferences } from './port.js';

/**
 * Makes text from elsewhere (key comments, activity, messages of the toolstack) fit for a screen, and
 * measures it in columns. A menu shows less than policy/printable lets through: one cell too many shifts a
 * whole line. So a character whose width differs between terminals becomes `?` as well.
 */

export type Charset = MenuPreferences['charset'];

/** East Asian Wide and Fullwidth (UAX #11), without emoji: terminals disagree on their width. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x20000, 0x3fffd],
];

const PLAIN_ASCII = /^[\x20-\x7e]*$/;
const SPACE = /[\t\n\v\f\r\p{Z}]/u;
/**
 * Characters whose width terminals disagree on: marks beyond the common accents, emoji, and the inner letters
 * of Hangul.
 */
const UNSURE_WIDTH = /[\p{M}\p{Emoji_Presentation}\u1160-\u11ff]/u;
const COMBINING = /[\u0300-\u036f]/u;
const MOST_MARKS = 2;

const ASCII_FOR: Readonly<Record<string, string>> = {
  '…': '...',
  '·': '-',
  '–': '-',
  '—': '-',
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '×': 'x',
  '→': '->',
  ...Object.fromEntries(Array.from('─━⎺⎻⎼⎽═', (line) => [line, '-'])),
  ...Object.fromEntries(Array.from('│┃║', (line) => [line, '|'])),
  ...Object.fromEntries(Array.from('┌┐└┘├┤┬┴┼╔╗╚╝╠╣╦╩╬', (corner) => [corner, '+'])),
  '▒': '#',
  '◆': '*',
  '≤': '<',
  '≥': '>',
};

/** One cell of a screen, or two when `width` is 2. */
interface Glyph {
  readonly text: string;
  readonly width: 1 | 2;
}

function widthOf(codePoint: number): 1 | 2 {
  if (codePoint < 0x1100) return 1;
  return WIDE.some(([from, to]) => codePoint >= from && codePoint <= to) ? 2 : 1;
}

/**
 * The text as cells. A character that a menu does not show becomes `?`. A letter carries at most two marks.
 */
export function glyphsOf(text: string): Glyph[] {
  const glyphs: Glyph[] = [];
  let marks = 0;
  for (const character of text.normalize('NFC')) {
    if (PLAIN_ASCII.test(character)) {
      marks = 0;
      glyphs.push({ text: character, width: 1 });
      continue;
    }
    const last = glyphs.at(-1);
    const prints = isPrintable(character);
    if (prints && COMBINING.test(character)) {
      if (last === undefined || marks >= MOST_MARKS) continue;
      marks += 1;
      glyphs[glyphs.length - 1] = { text: last.text + character, width: last.width };
      continue;
    }
    marks = 0;
    if (SPACE.test(character)) glyphs.push({ text: ' ', width: 1 });
    else if (!prints || UNSURE_WIDTH.test(character)) glyphs.push({ text: '?', width: 1 });
    else glyphs.push({ text: character, width: widthOf(character.codePointAt(0) ?? 0) });
  }
  return glyphs;
}

function asciiOf(text: string): string {
  return Array.from(text, (character) => ASCII_FOR[character] ?? character)
    .join('')
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^\x20-\x7e]/gu, '?');
}

/** One printable line in the charset. Applying it twice changes nothing. */
export function printable(text: string, charset: Charset): string {
  if (isPlainAscii(text)) return text;
  const shown = glyphsOf(text)
    .map((glyph) => glyph.text)
    .join('');
  return charset === 'ascii' ? asciiOf(shown) : shown;
}

/** Whether each character takes one cell and needs no change. */
export function isPlainAscii(text: string): boolean {
  return PLAIN_ASCII.test(text);
}

/** Columns that a printable text takes. */
export function columnsOf(text: string): number {
  if (isPlainAscii(text)) return text.length;
  return glyphsOf(text).reduce((sum, glyph) => sum + glyph.width, 0);
}

/** Printable text of at most `columns`; a longer text ends in an ellipsis. */
export function cut(text: string, columns: number, charset: Charset): string {
  const line = printable(text, charset);
  if (columnsOf(line) <= columns) return line;
  const ellipsis = charset === 'ascii' ? '...' : '…';
  const room = columns - ellipsis.length;
  if (room <= 0) return ellipsis.slice(0, Math.max(0, columns));
  let kept = '';
  let used = 0;
  for (const glyph of glyphsOf(line)) {
    if (used + glyph.width > room) break;
    kept += glyph.text;
    used += glyph.width;
  }
  return kept.trimEnd() + ellipsis;
}

/** Printable text broken at spaces into lines of at most `columns`. A longer word is broken anywhere. */
export function wrap(text: string, columns: number, charset: Charset): string[] {
  const width = Math.max(2, columns);
  const lines: string[] = [];
  let line = '';
  let used = 0;
  const end = (): void => {
    lines.push(line);
    line = '';
    used = 0;
  };
  for (const word of printable(text, charset).split(' ')) {
    if (word === '') continue;
    const length = columnsOf(word);
    if (used > 0 && used + 1 + length > width) end();
    if (used > 0) {
      line += ' ';
      used += 1;
    }
    for (const glyph of glyphsOf(word)) {
      if (used + glyph.width > width) end();
      line += glyph.text;
      used += glyph.width;
    }
  }
  if (used > 0 || lines.length === 0) end();
  return lines;
}

/** Printable text broken anywhere into lines of at most `columns`. Blanks stay. */
export function fold(text: string, columns: number, charset: Charset): string[] {
  const line = printable(text, charset);
  const width = Math.max(2, columns);
  if (!isPlainAscii(line)) return brokenAnywhere(line, width);
  if (line.length <= width) return [line];
  return Array.from({ length: Math.ceil(line.length / width) }, (_, at) =>
    line.slice(at * width, (at + 1) * width),
  );
}

/** Text broken between any two characters into lines of at most `width` columns. */
export function brokenAnywhere(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  let used = 0;
  for (const glyph of glyphsOf(text)) {
    if (used + glyph.width > width) {
      lines.push(line);
      line = '';
      used = 0;
    }
    line += glyph.text;
    used += glyph.width;
  }
  return [...lines, line];
}
