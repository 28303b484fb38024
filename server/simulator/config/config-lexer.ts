/** The tokens of libxlu's grammar, by their names in its messages. */
export type TokenKind =
  | '$end'
  | 'IDENT'
  | 'STRING'
  | 'NUMBER'
  | 'NEWLINE'
  | '+='
  | '='
  | ';'
  | ','
  | '['
  | ']';

export interface Token {
  readonly kind: TokenKind;
  /** As written in the file. */
  readonly text: string;
  /** The content of a STRING. */
  readonly value: string;
  readonly line: number;
}

type Rule = readonly [kind: TokenKind | 'SPACE' | 'COMMENT', pattern: RegExp];

/** The rules of libxlu_cfg_l.l. As in flex the longest match wins, and of equal ones the first. */
const RULES: readonly Rule[] = [
  ['IDENT', /[a-z][_0-9a-z.]*/y],
  ['NUMBER', /[0-9][0-9a-fx]*/y],
  ['SPACE', /[ \t]/y],
  [',', /,/y],
  ['[', /\[/y],
  [']', /\]/y],
  ['=', /=/y],
  ['+=', /\+=/y],
  [';', /;/y],
  ['NEWLINE', /\n/y],
  ['COMMENT', /#[^\n]*\n/y],
  ['STRING', /'(?:[^'\\\n]|\\[^\n])*'/y],
  ['STRING', /"(?:[^"\\\n]|\\[^\n])*"/y],
];

/** Characters that make xl suspect Python: the character class `[+-.():]`. */
const PYTHON = /[+,\-.():]/;
const REST_OF_WORD = /[^ \t\n]+/y;

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '\\': '\\',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** The lexer of libxlu (Xen 4.17), with its complaints and its behaviour after them. */
export class ConfigLexer {
  likelyPython = false;
  readonly problems: string[] = [];
  readonly #source: string;
  readonly #text: string;
  #at = 0;
  #line = 1;
  /** Errors on this line and those before are no longer reported. */
  #saidUpTo = -1;

  constructor(text: string, source: string) {
    this.#text = text;
    this.#source = source;
  }

  next(): Token {
    while (this.#at < this.#text.length) {
      const token = this.#match();
      if (token !== null) return token;
    }
    return { kind: '$end', text: '', value: '', line: this.#line };
  }

  /** xlu__cfg_yyerror. */
  complain(text: string, line: number, what: string): void {
    if (line <= this.#saidUpTo) return;
    const isLine = text.endsWith('\n');
    // printf ends a string at a NUL.
    const near = (isLine ? text.slice(0, -1) : text).replace(/[ \t]+$/, '').replace(/\0.*$/s, '');
    const quoted = text === '\n' ? '<newline>' : text.replace(/[ \t]+$/, '') === '' ? '' : `\`${near}'`;
    this.problems.push(
      `${this.#source}:${isLine ? line - 1 : line}: config parsing error near ${quoted}: ${what}`,
    );
  }

  /** xlu__cfgl_lexicalerror. */
  lexicalError(text: string, what: string): void {
    this.complain(text, this.#line, what);
    this.#saidUpTo = Math.max(this.#saidUpTo, this.#line);
  }

  #match(): Token | null {
    let kind: Rule[0] | null = null;
    let text = '';
    for (const [each, pattern] of RULES) {
      const found = this.#take(pattern);
      if (found.length > text.length) [kind, text] = [each, found];
    }
    if (kind === null) return this.#unknown();
    this.#at += text.length;
    if (kind === 'SPACE') return null;
    if (kind === 'NEWLINE' || kind === 'COMMENT') {
      this.#line += 1;
      return { kind: 'NEWLINE', text, value: '', line: this.#line - 1 };
    }
    const value = kind === 'STRING' ? this.#dequoted(text) : text;
    return { kind, text, value, line: this.#line };
  }

  /** A character that begins no token: skips the word that it begins, or the blank after it. */
  #unknown(): Token | null {
    const first = this.#text[this.#at] ?? '';
    if (PYTHON.test(first)) this.likelyPython = true;
    this.#at += 1;
    const rest = this.#take(REST_OF_WORD) || (this.#text[this.#at] ?? '');
    this.#at += rest.length;
    if (rest === '\n') this.#line += 1;
    this.lexicalError(first + rest, 'lexical error');
    return rest === '\n' ? { kind: 'NEWLINE', text: first + rest, value: '', line: this.#line } : null;
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0] ?? '';
  }

  /** xlu__cfgl_dequote: numeric escapes yield nothing, and most are refused. */
  #dequoted(text: string): string {
    let value = '';
    for (let at = 1; at < text.length - 1; at += 1) {
      const letter = text[at] ?? '';
      if (letter !== '\\') {
        value += letter;
        continue;
      }
      at += 1;
      const escaped = text[at] ?? '';
      const meaning = ESCAPES[escaped];
      if (meaning !== undefined) value += meaning;
      else if (escaped === 'x') return this.#badEscape(text, 'digit after backslash hexnumerical');
      else if (/[0-7]/.test(escaped)) {
        const digits = /^[0-9]{0,3}/.exec(text.slice(at + 1, -1))?.[0] ?? '';
        if (digits.length <= 1) return this.#badEscape(text, 'digit after backslash octalnumerical');
        at += digits.length;
      } else {
        this.lexicalError(text, 'invalid character after backlash in quoted string');
        return value;
      }
    }
    return value;
  }

  #badEscape(text: string, what: string): string {
    this.lexicalError(text, `invalid ${what} character escape in quoted string`);
    return '';
  }
}
