/** A logical line of sudoers(5): without its comment, joined with the lines that continue it. */
interface LogicalLine {
  readonly text: string;
  /** The number of its first line, counted from 1. */
  readonly line: number;
}

/**
 * Splits the text of a sudoers file into logical lines. A backslash at the end of a line continues it, but
 * not in a comment.
 */
export function logicalLines(text: string): readonly LogicalLine[] {
  const lines: LogicalLine[] = [];
  let begun: { text: string; line: number } | undefined;
  for (const [index, physical] of text.split(/\r?\n/).entries()) {
    const bare = withoutComment(physical);
    const continued = bare === physical && /\\[ \t]*$/.test(bare);
    const piece = continued ? bare.replace(/\\[ \t]*$/, ' ') : bare;
    begun = begun === undefined ? { text: piece, line: index + 1 } : { ...begun, text: begun.text + piece };
    if (continued) continue;
    lines.push(begun);
    begun = undefined;
  }
  if (begun !== undefined) lines.push(begun);
  return lines.filter((line) => line.text.trim() !== '');
}

/** `#include` starts no comment, nor does `#1000`, a user's number. */
function withoutComment(line: string): string {
  if (/^#include(dir)?[ \t]/.test(line)) return line;
  let quoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const sign = line[at];
    if (sign === '\\') at += 1;
    else if (sign === '"') quoted = !quoted;
    else if (sign === '#' && !quoted && !/^#-?\d+(?![^\s,=:])/.test(line.slice(at)) && line[at - 1] !== '%')
      return line.slice(0, at);
  }
  return line;
}
