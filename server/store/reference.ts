import { randomInt } from 'node:crypto';

/** No vowels, so that no reference is a word, and nothing that is mistaken for a number. */
const LETTERS = 'bcdfghjkmnpqrstvwxz';

const LENGTH = 6;

/** A short name for a refusal, by which a customer can ask about it. Drawn at random: it tells nothing. */
export function drawReference(): string {
  return Array.from({ length: LENGTH }, () => LETTERS.charAt(randomInt(LETTERS.length))).join('');
}

/** @returns the reference as it is stored; undefined when the text is none */
export function parseReference(text: string): string | undefined {
  const word = text.toLowerCase();
  return word.length === LENGTH && Array.from(word).every((letter) => LETTERS.includes(letter))
    ? word
    : undefined;
}
