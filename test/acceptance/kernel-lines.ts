/** The time that begins each line of the kernel's. */
const STAMP = String.raw`\[ *\d+\.\d{6}\] `;
/** As the console has it. */
const IN_STREAM = new RegExp(`${STAMP}[^\\r\\n]*\\r\\n`, 'g');
/** As a screen shows it. A kernel's first lines have the time 0: they stay, because a boot began with them. */
const ON_SCREEN = new RegExp(`(?!\\[ *0\\.0{6}\\] )${STAMP}`);

/** Takes the kernel's lines out of what a console received. They may stand within a line, or within a word. */
export function withoutKernelLines(received: string): string {
  return received.replace(IN_STREAM, '');
}

/**
 * Takes the kernel's lines out of a screen, also behind a prompt. An older prompt above a new boot's first lines
 * stays above them.
 *
 * @param screen its rows, without trailing blanks
 * @param columns a row of so many characters goes on in the next one
 */
export function screenWithoutKernel(screen: string, columns: number): string {
  let shown = '';
  let isKernels = false;
  for (const row of screen.split('\n')) {
    const at: number = isKernels ? 0 : row.search(ON_SCREEN);
    shown += at < 0 ? `${row}\n` : row.slice(0, at);
    // The last column may be a blank.
    isKernels = at >= 0 && row.length >= columns - 1;
  }
  return shown.trimEnd();
}
