/**
 * Characters that must not be shown as they are. A terminal obeys some of them (C0 and C1 controls, DEL).
 * Some reverse a line (CVE-2021-42574), and some are invisible (zero-width characters, tags, fillers,
 * variation selectors). Some look different on each terminal (private use, unassigned, halves of surrogate
 * pairs). Unicode's properties name them (UAX #44), so a new version of Unicode needs no new list.
 */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}]/gu;

/**
 * The policy "reject": whether a line contains only characters that a terminal shows as they are. A tab or a
 * line end is unprintable.
 */
export function isPrintable(text: string): boolean {
  return text.search(UNPRINTABLE) === -1;
}

/** As `isPrintable`, with the reason. @returns the first unprintable character as `U+001B`, or null */
export function firstUnprintable(text: string): string | null {
  const at = text.search(UNPRINTABLE);
  return at === -1 ? null : codePointName(text.codePointAt(at) ?? 0);
}

/** The policy "drop": removes unprintable characters. Different texts may become equal. */
export function dropUnprintable(text: string): string {
  return text.replace(UNPRINTABLE, '');
}

/** The policy "replace": each unprintable character becomes `by`, or the result of `by`. */
export function replaceUnprintable(text: string, by: string | ((character: string) => string)): string {
  return text.replace(UNPRINTABLE, typeof by === 'string' ? () => by : by);
}

/**
 * The policy "replace" with everything visible: one line on which each unprintable character is written out
 * (`^[`, `<U+202E>`). Texts that differ only in such characters look different.
 *
 * @param max UTF-16 units of the result at most; a longer one is cut and ends in `…`
 */
export function printable(text: string, max = 300): string {
  // Cut before as well: a megabyte from a hostile guest must cost no more than a line.
  const shown = replaceUnprintable(text.slice(0, max + 1), writtenOut);
  if (shown.length <= max) return shown;
  const cut = shown.slice(0, max - 1);
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

/** The text as JSON escapes, which are valid inside a JSON string: `\u202e`. */
export function jsonEscapes(text: string): string {
  const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

function writtenOut(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return `^${String.fromCharCode(code + 0x40)}`;
  if (code === 0x7f) return '^?';
  return `<${codePointName(code)}>`;
}

function codePointName(code: number): string {
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
