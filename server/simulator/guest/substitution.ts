/**
 * Compiles sed's `s/PATTERN/REPLACEMENT/g`, with any delimiter and basic regular expressions.
 *
 * @returns undefined for any other script.
 */
export function substitution(script: string): ((line: string) => string) | undefined {
  if (!/^s[^\s\w\\]/.test(script)) return undefined;
  const delimiter = script.charAt(1);
  const parts: string[] = [];
  let part = '';
  for (let at = 2; at < script.length; at++) {
    const character = script.charAt(at);
    if (character === '\\' && at + 1 < script.length) {
      const next = script.charAt(++at);
      part += next === delimiter ? next : `\\${next}`;
    } else if (character === delimiter) {
      parts.push(part);
      part = '';
    } else part += character;
  }
  parts.push(part);
  const [pattern, replacement, flags] = parts;
  if (
    parts.length !== 3 ||
    pattern === undefined ||
    replacement === undefined ||
    !/^[gI]*$/.test(flags ?? '')
  ) {
    return undefined;
  }
  try {
    const expression = new RegExp(basicToModern(pattern), (flags ?? '').toLowerCase());
    return (line) =>
      line.replace(expression, (...found: readonly string[]) =>
        replacement.replace(/\\(.)|&/g, (_, escaped: string | undefined) => {
          if (escaped === undefined) return found[0] ?? '';
          return /\d/.test(escaped) ? (found[Number(escaped)] ?? '') : escaped;
        }),
      );
  } catch {
    return undefined;
  }
}

/** In basic regular expressions `\( \) \{ \} \+ \? \|` are special and the bare characters are not. */
function basicToModern(pattern: string): string {
  return pattern.replace(/\\(.)|[(){}+?|]/g, (match, escaped: string | undefined) => {
    if (escaped === undefined) return `\\${match}`;
    return /[(){}+?|]/.test(escaped) ? escaped : match;
  });
}
