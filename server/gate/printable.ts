/**
 * What must never reach a terminal from a foreign string: C0 controls and DEL, C1 controls (a terminal in 8-bit mode
 * obeys them), bidi controls (CVE-2021-42574), zero-width and other invisible characters, line and paragraph
 * separators, and halves of surrogate pairs.
 */
const UNPRINTABLE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function visible(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return `^${String.fromCharCode(code + 0x40)}`;
  if (code === 0x7f) return '^?';
  return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
}

/**
 * One line that a terminal shows as it is written. What is not printable is made visible (`^[`, `<U+202E>`), not
 * dropped, so that two different strings never look the same.
 *
 * @param max the most characters of the result; what is longer is cut and ends in `…`
 */
export function printable(text: string, max = 300): string {
  // Cut before as well, so that a megabyte from a hostile guest costs no more than a line.
  const shown = text.slice(0, max + 1).replace(UNPRINTABLE, visible);
  if (shown.length <= max) return shown;
  const cut = shown.slice(0, max - 1);
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

/** Whether a line holds only what a terminal shows as it is. */
export function isPrintable(text: string): boolean {
  return text.search(UNPRINTABLE) === -1;
}
