/** xend's S-expressions: atoms and lists. */
export type Sxp = string | readonly Sxp[];

const DEPTH_LIMIT = 50;

/**
 * Reads all expressions in a text. @returns undefined when brackets or quotes do not
 * close, or lists nest too deep
 */
export function parseSxp(text: string): Sxp[] | undefined {
  const top: Sxp[] = [];
  const open: Sxp[][] = [];
  let into = top;
  const token = /\s+|(\()|(\))|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\s()'"]+)/gsy;
  while (token.lastIndex < text.length) {
    const match = token.exec(text);
    if (match === null) return undefined;
    const [, opening, closing, single, double, atom] = match;
    if (opening !== undefined) {
      if (open.length === DEPTH_LIMIT) return undefined;
      const list: Sxp[] = [];
      into.push(list);
      open.push(into);
      into = list;
    } else if (closing !== undefined) {
      const outer = open.pop();
      if (outer === undefined) return undefined;
      into = outer;
    } else {
      const quoted = single ?? double;
      const string = quoted === undefined ? atom : unescaped(quoted);
      if (string !== undefined) into.push(string);
    }
  }
  return open.length === 0 ? top : undefined;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** xend quotes all but plain words with Python's repr() (show, xend/sxp.py of Xen 4.1). */
function unescaped(text: string): string {
  return text.replace(/\\(?:x([0-9a-f]{2})|(.))/gs, (_, hex?: string, letter?: string) =>
    hex === undefined ? (ESCAPES[letter ?? ''] ?? letter ?? '') : String.fromCharCode(parseInt(hex, 16)),
  );
}

/** The lists within a list that begin with this word. */
export function sxpChildren(list: Sxp, word: string): (readonly Sxp[])[] {
  if (typeof list === 'string') return [];
  return list.filter((child): child is readonly Sxp[] => typeof child !== 'string' && child[0] === word);
}

/** The atom of the first `(word atom)` within a list; undefined when there is none, or an empty one. */
export function sxpAtom(list: Sxp, word: string): string | undefined {
  const value = sxpChildren(list, word)[0]?.[1];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
