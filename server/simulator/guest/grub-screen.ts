import type { GrubMenu } from './grub-config.js';

/** The screens of GRUB 2.06 on a Xen console of 80 by 24, from a recording. */

const NORMAL = '\x1b[37m\x1b[40m';
const HIGHLIGHTED = '\x1b[30m\x1b[47m';
const FIRST_ROW = 5;
/** How many entries are visible at once; the menu scrolls to the others. */
export const VISIBLE_ENTRIES = 11;
const ENTRY_WIDTH = 76;
const BORDER = `+${'-'.repeat(ENTRY_WIDTH)}+`;
const HELP = `     Use the ^ and v keys to select which entry is highlighted.          
      Press enter to boot the selected OS, \`e' to edit the commands       
      before booting or \`c' for a command-line. ESC to return             
      previous menu.                                                      `;

export const WELCOME = `${HIGHLIGHTED}Welcome to GRUB!\n\n${NORMAL.repeat(3)}`;
export const CLEAR = '\x1b[H\x1b[J\x1b[1;1H';
const TITLE = `${CLEAR}${at(2, 24)}GNU GRUB  version 2.06-13+deb12u2\n\n`;

export const PROMPT_SCREEN = `${TITLE}\x1b[?25h   Minimal BASH-like line editing is supported. For the first word, TAB   
   lists possible command completions. Anywhere else TAB lists possible   
   device or file completions.                                            


`;

/** Draws the whole menu. @param first the entry on the first row */
export function menuScreen(menu: GrubMenu, first: number, chosen: number): string {
  const sides = Array.from({ length: VISIBLE_ENTRIES }, (_, index) => {
    return `${at(FIRST_ROW + index, 2)}|${at(FIRST_ROW + index, 79)}|`;
  });
  const frame = `${at(4, 2)}${BORDER}${sides.join('')}${at(16, 2)}${BORDER}${NORMAL}${at(17, 2)}${at(18, 2)}`;
  return `\x1b[?25l${NORMAL}${TITLE}${NORMAL}${frame}${NORMAL}${HELP}${menuRows(menu, first, chosen)}`;
}

/** Draws all rows, after the menu has scrolled. */
export function menuRows(menu: GrubMenu, first: number, chosen: number): string {
  const rows = Array.from({ length: VISIBLE_ENTRIES }, (_, index) => {
    return menuRow(menu, first, first + index, first + index === chosen);
  });
  const more = first + VISIBLE_ENTRIES < menu.entries.length;
  const marks = [first > 0 ? '^' : ' ', more ? 'v' : ' '];
  return `${at(FIRST_ROW, 80)}${marks[0]}${rows.join('')}${at(FIRST_ROW + VISIBLE_ENTRIES - 1, 80)}${marks[1]}${cursor(first, chosen)}`;
}

/** Draws one row; the chosen one is black on white. */
export function menuRow(menu: GrubMenu, first: number, index: number, chosen: boolean): string {
  const title = menu.entries[index]?.title ?? '';
  const text = `${chosen ? '*' : ' '}${title}`.slice(0, ENTRY_WIDTH).padEnd(ENTRY_WIDTH);
  const row = FIRST_ROW + index - first;
  return `${chosen ? HIGHLIGHTED : NORMAL}${at(row, 3)}${text}${NORMAL}${at(row, 78)}${NORMAL}`;
}

export function countdown(first: number, chosen: number, seconds: number): string {
  const text = `   The highlighted entry will be executed automatically in ${seconds}s.`;
  return `${at(22, 1)}${text.padEnd(ENTRY_WIDTH)}${cursor(first, chosen)}`;
}

/** Removes the countdown, because somebody has pressed a key. */
export function noCountdown(first: number, chosen: number): string {
  return `${at(22, 1)}${' '.repeat(79)}${cursor(first, chosen)}`;
}

export function booting(title: string): string {
  return `\x1b[?25h${CLEAR}${CLEAR}  Booting \`${title}'\n\n`;
}

function cursor(first: number, chosen: number): string {
  return at(FIRST_ROW + chosen - first, 78);
}

function at(row: number, column: number): string {
  return `\x1b[${row};${column}H`;
}
