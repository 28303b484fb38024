/**
 * What a console said, as text: escape sequences taken out, overstruck lines as they ended, controls dropped. A log
 * is for reading and for files; it must not do anything to a terminal.
 */
export function plainLog(bytes: Buffer): string[] {
  const text = bytes.toString('utf8').replace(SEQUENCES, '');
  const lines = text.split('\n').map(overstruck);
  while (lines.at(-1) === '') lines.pop();
  return lines;
}

/** CSI; OSC, DCS, SOS, PM and APC with their ends; two- and three-character escapes. (ECMA-48 §5.3-5.6) */
const SEQUENCES =
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b[\]P^_X][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]+[0-~]|\u001b[0-~]?|\u009b[0-?]*[ -/]*[@-~]/g;

/** A carriage return goes back to the first column, a backspace one: what was written last is what is seen. */
function overstruck(line: string): string {
  const cells: string[] = [];
  let column = 0;
  for (const character of line) {
    if (character === '\r') column = 0;
    else if (character === '\b') column = Math.max(0, column - 1);
    else if (character === '\t') column = (Math.floor(column / 8) + 1) * 8;
    else if (/[^\p{Cc}]/u.test(character)) {
      cells[column] = character;
      column += 1;
    }
  }
  return Array.from(cells, (cell: string | undefined) => cell ?? ' ')
    .join('')
    .trimEnd();
}
