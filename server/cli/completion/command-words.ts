/** A command line as far as its cursor, for completion. */
export interface TypedLine {
  /** The whole words before the cursor's, without the program's name. */
  readonly before: readonly string[];
  /** The word at the cursor, as far as it is typed; empty after a blank. */
  readonly partial: string;
}

const BLANKS = /[ \t]/;

/**
 * Splits a line like a shell does, quotes and backslashes included, variables and substitutions not. A quote that is
 * still open ends at the cursor.
 */
export function typedLine(line: string): TypedLine {
  const words: string[] = [];
  let word = '';
  let isWord = false;
  let quote: string | null = null;
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at);
    if (char === '\\' && quote !== "'") {
      at += 1;
      word += line.charAt(at);
      isWord = true;
    } else if (quote !== null) {
      if (char === quote) quote = null;
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      isWord = true;
    } else if (BLANKS.test(char)) {
      if (isWord) words.push(word);
      word = '';
      isWord = false;
    } else {
      word += char;
      isWord = true;
    }
  }
  return { before: words.slice(1), partial: word };
}
