import type { Token } from './key-tokens.js';

/** So many characters at once are no keys that somebody presses. */
const LEAST = 16;
/** Of these at least so many are different: a key that is held down comes at once over a slow line. */
const LEAST_DIFFERENT = 3;
/** The first line of a key that was wrapped is longer; a shorter one with Enter behind it is a program's, and keys may follow. */
const WRAPPED = 40;
/** Input within this time after a burst belongs to it. Milliseconds. */
const QUIET_MS = 200;

/** Text that came as keys do, much of it at once. `isLine`: it is one line with Enter behind it, as programs type one. */
export interface Burst {
  readonly token: 'burst';
  readonly text: string;
  readonly isLine: boolean;
}

/**
 * Finds what was pasted into a terminal without bracketed paste: it must never be taken for the keys of a menu. Such a burst becomes one
 * text; its keys that are no text are left out, and so is what comes right after it.
 */
export class PasteBursts {
  readonly #clock: () => number;
  /** When the burst is over, unless more comes. */
  #until = -Infinity;

  /** @param clock milliseconds, never going back */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** @param tokens that came at once */
  take(tokens: readonly Token[]): readonly (Token | Burst)[] {
    const now = this.#clock();
    const goesOn = now < this.#until;
    if (!goesOn && !isBurst(tokens)) return tokens;
    const text = tokens.map(textOf).join('');
    const isLine = /^[^\r\n]+[\r\n]$/.test(text);
    this.#until = isLine && !goesOn && text.length < WRAPPED ? -Infinity : now + QUIET_MS;
    return text === '' ? [] : [{ token: 'burst', text, isLine }];
  }
}

function isBurst(tokens: readonly Token[]): boolean {
  if (tokens.length < LEAST) return false;
  const printable = tokens.filter(
    (one) => one.token === 'key' && one.bytes[0] !== 0x1b && one.bytes[0] !== 0x7f,
  );
  const characters = printable.map(textOf).filter((text) => text >= ' ');
  return characters.length >= LEAST && new Set(characters).size >= LEAST_DIFFERENT;
}

function textOf(token: Token): string {
  if (token.token === 'paste') return token.text;
  const text = token.bytes.toString('utf8');
  return text === '\r' || text === '\n' || text === '\t' || (text >= ' ' && text !== '\x7f') ? text : '';
}
