/**
 * The text as one line. YAML's folded and literal blocks end with a newline that the author does not mean.
 */
export function oneLine(text: string): string {
  return text.trim().replace(/[ \t]*\r?\n[ \t]*/g, ' ');
}
