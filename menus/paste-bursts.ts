import type { Token } from './key-tokens.js';

/** Nobody presses so many characters at once. */
const LEAST = 16;
/** At least so many of them must differ: over a slow line a held-down key arrives all at once. */
const LEAST_DIFFERENT = 3;
/**
 * The first line of a wrapped key is longer. A shorter line that ends with Enter comes from a program, and
 * keys may follow.
 */
const WRAPPED = 40;
/** Milliseconds after a burst in which input still belongs to it. */
const QUIET_MS = 200;

/**
 * Much text that came at once, as keys do. `isLine`: it is one line that ends with Enter, as programs type
 * it.
 */
export interface Burst {
  readonly token: 'burst';
  readonly text: string;
  readonly isLine: boolean;
}

/**
 * Finds text that was pasted without bracketed paste: a menu must never take it for keys. Such a burst
 * becomes one text. Its keys that are not text are dropped, and input right after it belongs to it.
 */
export class PasteBursts {
  readonly #clock: () => number;
  /** When the burst ends if nothing more arrives; milliseconds of the clock. */
  #until = -Infinity;

  /** @param clock in milliseconds; must never go back */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** @param tokens that arrived together */
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
