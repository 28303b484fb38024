/** One `key = value` of a domain's configuration file, with where it stands. */
export interface Statement {
  readonly key: string;
  readonly value: string | readonly string[];
  /** Offsets in the text: the statement without what is around it. */
  readonly start: number;
  readonly end: number;
}

const BLANK = /(?:[ \t\r\n;]|#[^\n]*|\\\n)+/y;
const INNER_BLANK = /(?:[ \t]|\\\n)*/y;
const LIST_BLANK = /(?:[ \t\r\n]|#[^\n]*|\\\n)*/y;
const ASSIGNMENT = /([A-Za-z_][A-Za-z0-9_]*)[ \t]*(\+?=)/y;
const STRING = /'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"/y;
const WORD = /[^\s,;[\]#'"]+/y;
const LINE = /[^\n]*/y;

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/**
 * Reads the part of xl.cfg(5) that is assignments. It is tolerant, as xm's files are Python: what it does not
 * understand is passed over to the end of the line. The last assignment to a key wins; `+=` adds to a list or string.
 */
export function parseConfigText(text: string): Statement[] {
  const reader = new Reader(text);
  const statements: Statement[] = [];
  for (;;) {
    reader.take(BLANK);
    const start = reader.at;
    if (start >= text.length) return statements;
    const assignment = reader.take(ASSIGNMENT);
    reader.take(INNER_BLANK);
    const value = assignment === null ? undefined : reader.value();
    if (assignment === null || value === undefined) {
      reader.at = start;
      reader.take(LINE);
      continue;
    }
    const key = assignment[1] ?? '';
    const before =
      assignment[2] === '+=' ? statements.findLast((statement) => statement.key === key) : undefined;
    statements.push({
      key,
      value: before === undefined ? value : joined(before.value, value),
      start,
      end: reader.at,
    });
  }
}

function joined(before: Statement['value'], value: Statement['value']): Statement['value'] {
  if (typeof before === 'string' && typeof value === 'string') return before + value;
  return [before, value].flat();
}

/** The text without every assignment to these keys. */
export function withoutKeys(text: string, keys: ReadonlySet<string>): string {
  let rest = '';
  let from = 0;
  for (const statement of parseConfigText(text)) {
    if (!keys.has(statement.key)) continue;
    rest += text.slice(from, statement.start);
    from = statement.end;
  }
  return rest + text.slice(from);
}

class Reader {
  at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.at = pattern.lastIndex;
    return match;
  }

  value(): string | string[] | undefined {
    return this.#text[this.at] === '[' ? this.#list() : this.#scalar();
  }

  #scalar(): string | undefined {
    const string = this.take(STRING);
    if (string !== null) return unescaped(string[1] ?? string[2] ?? '');
    return this.take(WORD)?.[0];
  }

  /** Lists within lists are read as one: where they occur, we ask for none of them. */
  #list(): string[] | undefined {
    const items: string[] = [];
    this.at += 1;
    for (;;) {
      this.take(LIST_BLANK);
      const next = this.#text[this.at];
      if (next === ']') {
        this.at += 1;
        return items;
      }
      if (next === ',') {
        this.at += 1;
        continue;
      }
      const item = this.value();
      if (item === undefined) return undefined;
      items.push(...[item].flat());
    }
  }
}

function unescaped(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|(.))/gs,
    (_, hex?: string, octal?: string, letter?: string) => {
      if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(parseInt(octal, 8));
      return ESCAPES[letter ?? ''] ?? letter ?? '';
    },
  );
}
