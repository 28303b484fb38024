/**
 * Cuts a customer's input into whole keys before blessed's key parser sees it. The parser's time grows with
 * the square of its input (measured: 32 KiB of ESC, 1.8 s), and it loses sequences that are cut in two. So it
 * gets one key at a time. Bracketed paste (xterm, "Bracketed Paste Mode") is taken out here.
 */
export type Token =
  | { readonly token: 'key'; readonly bytes: Buffer }
  | { readonly token: 'paste'; readonly text: string };

const ESC = 0x1b;
const PASTE_BEGINS = '\x1b[200~';
const PASTE_ENDS = '\x1b[201~';
/** No key has a longer sequence. */
const LONGEST_SEQUENCE = 32;
/** Longer than any key that is pasted. */
const LONGEST_PASTE = 16_384;

/** Cuts input into keys and pastes. It keeps an unfinished sequence or paste until the next bytes. */
export class KeyTokens {
  /** Bytes of an unfinished sequence; binary, one character for each byte. */
  #rest = '';
  #paste: string | null = null;
  #lastWasReturn = false;

  /** Whether an unfinished sequence waits. A lone ESC is a key if nothing follows soon. */
  get isWaiting(): boolean {
    return this.#rest !== '' && this.#paste === null;
  }

  push(data: Buffer): Token[] {
    let input = this.#rest + data.toString('latin1');
    this.#rest = '';
    const tokens: Token[] = [];
    while (input !== '') {
      if (this.#paste !== null) {
        input = this.#takePaste(this.#paste, input, tokens);
        continue;
      }
      const length = tokenLength(input);
      if (length === 0) {
        this.#rest = input;
        break;
      }
      const bytes = input.slice(0, length);
      input = input.slice(length);
      if (bytes === PASTE_BEGINS) this.#paste = '';
      else this.#key(bytes, tokens);
    }
    return tokens;
  }

  /** Nothing followed: a lone ESC becomes a key, any other unfinished sequence is dropped. */
  flush(): Token[] {
    const rest = this.#rest;
    if (rest === '' || this.#paste !== null) return [];
    this.#rest = '';
    return rest === '\x1b' ? [{ token: 'key', bytes: Buffer.from(rest, 'latin1') }] : [];
  }

  #takePaste(paste: string, input: string, tokens: Token[]): string {
    const all = paste + input;
    const end = all.indexOf(PASTE_ENDS, Math.max(0, paste.length - PASTE_ENDS.length));
    if (end < 0) {
      this.#paste =
        all.length > LONGEST_PASTE ? all.slice(0, LONGEST_PASTE) + all.slice(-PASTE_ENDS.length) : all;
      return '';
    }
    this.#paste = null;
    tokens.push({ token: 'paste', text: Buffer.from(all.slice(0, end), 'latin1').toString('utf8') });
    return all.slice(end + PASTE_ENDS.length);
  }

  #key(bytes: string, tokens: Token[]): void {
    const follows = this.#lastWasReturn && bytes === '\n';
    this.#lastWasReturn = bytes === '\r';
    if (follows || bytes.length > LONGEST_SEQUENCE) return;
    const key = Buffer.from(bytes, 'latin1');
    if (key.toString('utf8').includes('\ufffd')) return;
    tokens.push({ token: 'key', bytes: key });
  }
}

/** @returns the length of the first key in characters; 0 when it is not complete yet */
function tokenLength(input: string): number {
  const first = input.charCodeAt(0);
  if (first !== ESC) {
    return characterLength(input, first);
  }
  if (input.length === 1) return 0;
  switch (input.charAt(1)) {
    case '\x1b':
      return 1;
    case '[':
      return csiLength(input);
    case 'O':
      return input.length < 3 ? 0 : 3;
    default:
      return 2;
  }
}

/** The length of a UTF-8 character (RFC 3629). Bytes that form no character stand alone. */
function characterLength(input: string, first: number): number {
  const length = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  for (let at = 1; at < Math.min(length, input.length); at++) {
    if ((input.charCodeAt(at) & 0xc0) !== 0x80) return at;
  }
  return input.length >= length ? length : 0;
}

/**
 * ECMA-48: parameters and intermediates, then one final byte. F keys of the Linux console are `ESC [ [ A`.
 */
function csiLength(input: string): number {
  if (input.charAt(2) === '[') return input.length < 4 ? 0 : 4;
  for (let at = 2; at < input.length; at++) {
    const code = input.charCodeAt(at);
    if (code >= 0x40 && code <= 0x7e) return at + 1;
    if (code < 0x20 || code > 0x7e) return at;
  }
  return input.length > LONGEST_SEQUENCE ? input.length : 0;
}
