import { randomInt } from 'node:crypto';

/** No vowels, so that no reference is a word, and no letters that look like a digit. */
const LETTERS = 'bcdfghjkmnpqrstvwxz';

const LENGTH = 6;

/** A short name for a refusal, which a customer can quote. It is random and reveals nothing. */
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
