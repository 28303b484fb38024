import type { Refusal } from './refusal.js';
import { refusal } from './refusal.js';

/** A control character: the key typed after it is for Postern and not for the guest. */
export interface EscapeKey {
  /** 1 to 31. */
  readonly byte: number;
  /** As people read it: `Ctrl-]`. */
  readonly name: string;
  /** As stty(1) and settings write it: `^]`. */
  readonly caret: string;
}

/** Keys that a console needs, by the letter that they are typed with. */
const NEEDED: ReadonlyMap<string, string> = new Map([
  ['[', 'Escape, and every arrow and function key begins with it'],
  ['M', 'Enter'],
  ['J', 'Enter on some terminals'],
  ['I', 'Tab'],
  ['H', 'Backspace on some terminals'],
  ['C', 'what interrupts a program'],
  ['D', 'what ends input and logs out'],
  ['S', 'what some terminals stop their output with'],
  ['Q', 'what some terminals start their output with'],
]);

const FORM = /^(?:\^|Ctrl-|C-)(.)$/i;

/**
 * @returns the key, or a refusal in a sentence when the text is none or the key would make the console
 * unusable
 */
export function parseEscapeKey(text: string): EscapeKey | Refusal {
  const letter = FORM.exec(text)?.[1]?.toUpperCase();
  if (letter === undefined) {
    return no('The escape key is a control character, written like ^] or Ctrl-].');
  }
  const needed = NEEDED.get(letter);
  if (needed !== undefined) return no(`Ctrl-${letter} is ${needed}: it cannot be the escape key.`);
  if (!/[A-Z\\\]^_]/.test(letter)) return no(`There is no control character ^${letter}.`);
  return escapeKey(letter.charCodeAt(0) & 0x1f);
}

function escapeKey(byte: number): EscapeKey {
  const letter = String.fromCharCode(byte | 0x40);
  return { byte, name: `Ctrl-${letter}`, caret: `^${letter}` };
}

function no(message: string): Refusal {
  return refusal('usage', message);
}

/** Keys that terminal programs seldom use, offered so that nobody has to type one. */
export const COMMON_ESCAPE_KEYS: readonly EscapeKey[] = [']', 'A', 'B', 'T', 'X', '_'].map((letter) =>
  escapeKey(letter.charCodeAt(0) & 0x1f),
);

/**
 * `xl console` ends on this byte, so the byte alone must never reach the pty. It is also the default escape
 * key.
 */
export const CTRL_BRACKET: EscapeKey = escapeKey(0x1d);
