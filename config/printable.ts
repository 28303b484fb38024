const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/u;

/**
 * The first character that must not reach a customer's terminal: controls, C1, bidirectional and other invisible
 * ones.
 * @returns its code point as `U+001B`, or null when all of the text prints
 */
export function unprintable(text: string): string | null {
  const found = UNPRINTABLE.exec(text)?.[0].codePointAt(0);
  return found === undefined ? null : `U+${found.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** The text as one line: YAML's folded and literal blocks end with a newline that nobody means. */
export function oneLine(text: string): string {
  return text.trim().replace(/[ \t]*\r?\n[ \t]*/g, ' ');
}
