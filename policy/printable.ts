/**
 * Characters that must not be shown as they are. A terminal obeys some of them (C0 and C1 controls, DEL), some turn a
 * line around (CVE-2021-42574), some leave nothing to see (zero-width characters, tags, fillers, variation selectors),
 * and some have no look that two terminals share (private use, unassigned, halves of surrogate pairs). Unicode's
 * properties name them (UAX #44), so a new version of Unicode needs no new list.
 */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}]/gu;

/**
 * The policy "reject": whether a line holds only what a terminal shows as it is. A tab and an end of line do not print.
 */
export function isPrintable(text: string): boolean {
  return text.search(UNPRINTABLE) === -1;
}

/** As `isPrintable`, with the reason. @returns the first character that does not print as `U+001B`, or null */
export function firstUnprintable(text: string): string | null {
  const at = text.search(UNPRINTABLE);
  return at === -1 ? null : codePointName(text.codePointAt(at) ?? 0);
}

/** The policy "drop": the text without the characters that do not print. Different texts may become the same. */
export function dropUnprintable(text: string): string {
  return text.replace(UNPRINTABLE, '');
}

/** The policy "replace": each character that does not print becomes `by`, or what `by` makes of it. */
export function replaceUnprintable(text: string, by: string | ((character: string) => string)): string {
  return text.replace(UNPRINTABLE, typeof by === 'string' ? () => by : by);
}

/**
 * The policy "replace", so that nothing is hidden: one line on which each character that does not print is written out
 * (`^[`, `<U+202E>`). Texts that differ only in such characters do not look the same.
 *
 * @param max the most UTF-16 units of the result; a longer one is cut and ends in `…`
 */
export function printable(text: string, max = 300): string {
  // Cut before as well, so that a megabyte from a hostile guest costs no more than a line.
  const shown = replaceUnprintable(text.slice(0, max + 1), writtenOut);
  if (shown.length <= max) return shown;
  const cut = shown.slice(0, max - 1);
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

/** The text as escapes of JSON, which mean the same inside one of its strings: `\u202e`. */
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
