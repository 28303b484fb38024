import { ConfigLexer } from './config-lexer.js';
import type { Token, TokenKind } from './config-lexer.js';

/** A value of xl.cfg(5): a string or number as written, or a list. */
export type ConfigValue = string | readonly ConfigValue[];

export interface Assignment {
  readonly value: ConfigValue;
  readonly line: number;
  /** Assigned with `+=`. */
  readonly added?: boolean;
}

type ParsedConfig =
  | { readonly assignments: ReadonlyMap<string, Assignment> }
  /**
   * libxlu's messages, one a line: `FILE:LINE: config parsing error near …`, and its warning about Python.
   */
  | { readonly problems: readonly string[] };

/** After an error this many tokens must be right before bison reports the next one. */
const RECOVERY = 3;

const PYTHON_WARNING = [
  'warning: Config file looks like it contains Python code.',
  'warning:  Arbitrary Python is no longer supported.',
  'warning:  See https://wiki.xen.org/wiki/PythonInXlConfig',
];

class SyntaxFault extends Error {
  /** @param isLast whether bison cannot recover here and gives up */
  constructor(
    readonly expecting: string,
    readonly isLast: boolean,
  ) {
    super();
  }
}

/** The grammar of libxlu_cfg_y.y, with bison's error recovery. */
class Parser {
  readonly assignments = new Map<string, Assignment>();
  readonly #lexer: ConfigLexer;
  #token: Token;
  #recovering = 0;

  constructor(lexer: ConfigLexer) {
    this.#lexer = lexer;
    this.#token = lexer.next();
  }

  parse(): void {
    while (this.#token.kind !== '$end') {
      try {
        this.#statement();
      } catch (fault) {
        if (!(fault instanceof SyntaxFault)) throw fault;
        if (!this.#recover(fault)) return;
      }
    }
  }

  /** Reports the error, and skips the rest of the line. @returns whether there is more to read */
  #recover({ expecting, isLast }: SyntaxFault): boolean {
    if (this.#recovering === 0) {
      const { kind, text, line } = this.#token;
      const unexpected = /^[A-Z$]/.test(kind) || kind === '+=' ? kind : `'${kind}'`;
      this.#lexer.complain(text, line, `syntax error, unexpected ${unexpected}, expecting ${expecting}`);
    }
    if (isLast) return false;
    this.#recovering = RECOVERY;
    while (this.#token.kind !== 'NEWLINE') {
      if (this.#token.kind === '$end') return false;
      this.#token = this.#lexer.next();
    }
    this.#shift();
    return true;
  }

  #statement(): void {
    if (this.#accept('NEWLINE') || this.#accept(';')) return;
    const name = this.#expect("$end or IDENT or NEWLINE or ';'", 'IDENT');
    const operator = this.#expect("+= or '='", '=', '+=');
    const { line } = this.#token;
    const value = this.#value();
    this.#store(name.text, operator.kind === '+=', value, line);
    if (this.#token.kind === '$end' || this.#accept('NEWLINE') || this.#accept(';')) return;
    throw new SyntaxFault('$end', true);
  }

  #store(key: string, added: boolean, value: ConfigValue, line: number): void {
    const before = added ? this.assignments.get(key)?.value : undefined;
    if (before !== undefined && typeof before !== typeof value) {
      const { text } = this.#token;
      this.#lexer.lexicalError(text, 'can\'t add [list] to "string" or vice versa');
      return;
    }
    this.assignments.set(key, { value: joined(before, value), line, added });
  }

  #value(): ConfigValue {
    const simple = this.#accept('STRING') ?? this.#accept('NUMBER');
    if (simple !== undefined) return simple.value;
    this.#expect("STRING or NUMBER or '['", '[');
    const items: ConfigValue[] = [];
    this.#skipNewlines();
    while (['STRING', 'NUMBER', '['].includes(this.#token.kind)) {
      items.push(this.#value());
      this.#skipNewlines();
      if (this.#accept(',') === undefined) break;
      this.#skipNewlines();
    }
    this.#expect("']'", ']');
    return items;
  }

  #skipNewlines(): void {
    while (this.#accept('NEWLINE') !== undefined) continue;
  }

  #accept(kind: TokenKind): Token | undefined {
    return this.#token.kind === kind ? this.#shift() : undefined;
  }

  #expect(expecting: string, ...kinds: readonly TokenKind[]): Token {
    if (!kinds.includes(this.#token.kind)) throw new SyntaxFault(expecting, false);
    return this.#shift();
  }

  #shift(): Token {
    const token = this.#token;
    this.#recovering = Math.max(0, this.#recovering - 1);
    this.#token = this.#lexer.next();
    return token;
  }
}

function joined(before: ConfigValue | undefined, value: ConfigValue): ConfigValue {
  if (before === undefined) return value;
  return typeof before === 'string' && typeof value === 'string' ? before + value : [before, value].flat(1);
}

/**
 * Parses xl.cfg(5): the file's text followed by the overrides, one a line. The last assignment to a key wins.
 */
export function parseConfig(text: string, fileName: string): ParsedConfig {
  const lexer = new ConfigLexer(text, fileName);
  const parser = new Parser(lexer);
  parser.parse();
  const { problems, likelyPython } = lexer;
  if (problems.length === 0) return { assignments: parser.assignments };
  return { problems: likelyPython ? [...problems, ...PYTHON_WARNING] : problems };
}
