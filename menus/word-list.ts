import { PLAIN } from './help-words.js';
import { wrap } from './printable-text.js';
import type { MenuState } from './state.js';

/** More names than these are not listed. */
const MOST_WORDS = 100;

/** What Tab offers, as whole lines. */
export function wordList(words: readonly string[], { columns, preferences }: MenuState): string[] {
  if (words.length === 0) return [PLAIN.noWord];
  const listed = [...words.slice(0, MOST_WORDS)].join(', ');
  const rest = words.length - MOST_WORDS;
  return wrap(
    rest > 0 ? PLAIN.moreWords(listed, rest) : PLAIN.words(listed),
    columns - 1,
    preferences.charset,
  );
}

/** The rest of the word that a line ends with, as far as all words that fit agree; a blank follows the only one. */
export function completion(line: string, words: readonly string[]): string {
  const begun = /\S*$/.exec(line)?.[0] ?? '';
  const same = sameBeginning(words).slice(begun.length);
  return words.length === 1 ? `${same} ` : same;
}

/** The longest common beginning. */
function sameBeginning([first = '', ...others]: readonly string[]): string {
  let length = first.length;
  for (const word of others) while (!word.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length);
}
