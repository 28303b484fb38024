/** One `key = value` of a domain's configuration file, with its place. */
interface Statement {
  readonly key: string;
  /** Null: the value is not a plain string, number or list of them, but Python that we do not understand. */
  readonly value: string | readonly string[] | null;
  /** Offsets in the text, without the blanks around the statement. */
  readonly start: number;
  readonly end: number;
}

const BLANK = /(?:[ \t\r\n;]|#[^\n]*|\\\n)+/y;
const INNER_BLANK = /(?:[ \t]|\\\n)*/y;
const LIST_BLANK = /(?:[ \t\r\n]|#[^\n]*|\\\n)*/y;
const ASSIGNMENT = /([A-Za-z_][A-Za-z0-9_]*)[ \t]*(\+?=)/y;
const STRING = /'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"/y;
const NUMBER = /[+-]?[0-9][0-9A-Za-z]*/y;
const LINE = /[^\n]*/y;
const DOCUMENTATION = /[ \t]*("{3}|'{3})[^]*?\1/y;
const VALUE_END = /[ \t]*(?:$|(?=[\r\n;#]))/y;
const ITEM_END = /(?=[,\]])/y;
/** The line opens a block, which Python may or may not run. */
const BLOCK = /:\s*(?:#.*)?$/;

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
 * Reads the assignments of an xl.cfg(5) file. It is tolerant, because xm's files are Python: it skips to the
 * end of the line what it does not understand. The last assignment to a key wins; `+=` adds to a list or
 * string. A value is null when it is an expression, or stands in a block that may not be run.
 */
export function parseConfigText(text: string): Statement[] {
  const reader = new Reader(text);
  const statements: Statement[] = [];
  let isInBlock = false;
  for (;;) {
    reader.take(BLANK);
    const start = reader.at;
    if (start >= text.length) return statements;
    if (reader.take(DOCUMENTATION) !== null) continue;
    const isIndented = start > 0 && /[ \t]/.test(text[start - 1] ?? '');
    const assignment = reader.take(ASSIGNMENT);
    if (assignment === null) {
      const line = reader.take(LINE)?.[0] ?? '';
      isInBlock = BLOCK.test(line) || (isInBlock && isIndented);
      continue;
    }
    isInBlock &&= isIndented;
    reader.take(INNER_BLANK);
    const from = reader.at;
    const read = reader.value();
    const isWhole = read !== undefined && reader.take(VALUE_END) !== null;
    if (!isWhole) {
      reader.at = from;
      if (reader.take(DOCUMENTATION) === null) reader.take(LINE);
    }
    const value = isWhole && !isInBlock ? read : null;
    const key = assignment[1] ?? '';
    const before =
      assignment[2] === '+=' ? statements.findLast((statement) => statement.key === key) : undefined;
    statements.push({
      key,
      value: before === undefined || value === null ? value : joined(before.value, value),
      start,
      end: reader.at,
    });
  }
}

function joined(before: Statement['value'], value: string | readonly string[]): Statement['value'] {
  if (before === null) return null;
  if (typeof before === 'string' && typeof value === 'string') return before + value;
  return [before, value].flat();
}

/** The text without the assignments to these keys. */
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
    return this.take(NUMBER)?.[0];
  }

  /** Flattens lists within lists. None of the keys that we use has them. */
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
      this.take(LIST_BLANK);
      if (item === undefined || this.take(ITEM_END) === null) return undefined;
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
