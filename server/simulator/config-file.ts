/** A value of xl.cfg(5): a string or number as it is written, or a list. */
export type ConfigValue = string | readonly ConfigValue[];

export interface Assignment {
  readonly value: ConfigValue;
  readonly line: number;
}

export type ParsedConfig =
  | { readonly assignments: ReadonlyMap<string, Assignment> }
  /** Complaints as libxlu words them, each `FILE:LINE: config parsing error near …`. */
  | { readonly problems: readonly string[] };

type TokenKind =
  'IDENT' | 'STRING' | 'NUMBER' | 'NEWLINE' | 'END' | 'INVALID' | '=' | '+=' | ';' | ',' | '[' | ']';

interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly line: number;
}

const TOKENS: readonly (readonly [TokenKind | 'SPACE', RegExp])[] = [
  ['SPACE', /[ \t\r]+|#[^\n]*/y],
  ['NEWLINE', /\n/y],
  ['IDENT', /[a-z][_0-9a-z]*/y],
  ['NUMBER', /[0-9][0-9a-fx]*/y],
  ['STRING', /'[^'\n]*'|"[^"\n]*"/y],
  ['+=', /\+=/y],
  ['=', /=/y],
  [';', /;/y],
  [',', /,/y],
  ['[', /\[/y],
  [']', /\]/y],
  // What no rule knows is taken up to the end of the line or statement, as libxlu's lexer does.
  ['INVALID', /[^\n;]+/y],
];

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  while (at < text.length) {
    for (const [kind, pattern] of TOKENS) {
      pattern.lastIndex = at;
      const match = pattern.exec(text)?.[0];
      if (match === undefined) continue;
      if (kind !== 'SPACE') tokens.push({ kind, text: match, line });
      at += match.length;
      break;
    }
    if (text[at - 1] === '\n') line++;
  }
  tokens.push({ kind: 'END', text: '', line });
  return tokens;
}

class SyntaxFault extends Error {
  constructor(
    readonly token: Token,
    readonly expecting: string,
  ) {
    super();
  }
}

class Parser {
  readonly assignments = new Map<string, Assignment>();
  readonly #tokens: Token[];

  constructor(tokens: readonly Token[]) {
    this.#tokens = [...tokens];
  }

  parse(): void {
    while (!this.#accept('END')) {
      if (this.#accept('NEWLINE') || this.#accept(';')) continue;
      this.#statement();
    }
  }

  #statement(): void {
    const name = this.#expect('IDENT', '');
    const appends = this.#accept('+=') !== undefined;
    if (!appends) this.#expect('=', ', expecting += or =');
    const value = this.#value();
    const before = this.assignments.get(name.text)?.value;
    this.assignments.set(name.text, { value: appends ? joined(before, value) : value, line: name.line });
    if (!this.#accept(';') && !this.#accept('END', true))
      this.#expect('NEWLINE', ", expecting NEWLINE or ';'");
  }

  #value(): ConfigValue {
    const simple = this.#accept('STRING') ?? this.#accept('NUMBER');
    if (simple) return simple.kind === 'STRING' ? simple.text.slice(1, -1) : simple.text;
    this.#expect('[', ", expecting STRING or NUMBER or '['");
    const items: ConfigValue[] = [];
    this.#skipNewlines();
    while (!this.#accept(']')) {
      items.push(this.#value());
      this.#skipNewlines();
      if (this.#accept(',')) this.#skipNewlines();
      else if (!this.#accept(']', true)) this.#expect(']', ", expecting ',' or ']'");
    }
    return items;
  }

  #skipNewlines(): void {
    while (this.#accept('NEWLINE')) continue;
  }

  #accept(kind: TokenKind, onlyLook = false): Token | undefined {
    const token = this.#tokens[0];
    if (token?.kind !== kind) return undefined;
    if (!onlyLook) this.#tokens.shift();
    return token;
  }

  #expect(kind: TokenKind, expecting: string): Token {
    const token = this.#accept(kind);
    if (!token) throw new SyntaxFault(this.#tokens[0] ?? { kind: 'END', text: '', line: 0 }, expecting);
    return token;
  }
}

function joined(before: ConfigValue | undefined, value: ConfigValue): ConfigValue {
  if (before === undefined) return value;
  if (typeof before === 'string' && typeof value === 'string') return before + value;
  return [before, value].flat();
}

function near(token: Token): string {
  if (token.kind === 'END') return 'end of file';
  return token.kind === 'NEWLINE' ? '<newline>' : `\`${token.text}'`;
}

function describe(kind: TokenKind): string {
  if (kind === 'END') return 'end of file';
  return /^[A-Z]+$/.test(kind) ? kind : `'${kind}'`;
}

/**
 * Parses xl.cfg(5): the file's text followed by the overrides, one a line. Of several assignments to one key
 * the last holds.
 */
export function parseConfig(text: string, fileName: string): ParsedConfig {
  const tokens = tokenize(text);
  const problem = (token: Token, what: string): string =>
    `${fileName}:${token.line}: config parsing error near ${near(token)}: ${what}`;
  const problems: string[] = [];

  const invalid = tokens.find((token) => token.kind === 'INVALID');
  if (invalid) problems.push(problem(invalid, 'lexical error'));
  const parser = new Parser(tokens.filter((token) => token.kind !== 'INVALID'));
  try {
    parser.parse();
  } catch (fault) {
    if (!(fault instanceof SyntaxFault)) throw fault;
    // After a lexical error in the last line libxlu says no more.
    const last = tokens.at(-1)?.line ?? 0;
    if (!invalid || invalid.line < last - 1) {
      problems.push(
        problem(fault.token, `syntax error, unexpected ${describe(fault.token.kind)}${fault.expecting}`),
      );
    }
  }
  return problems.length > 0 ? { problems } : { assignments: parser.assignments };
}
