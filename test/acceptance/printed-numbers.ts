/** A line of the kernel's log, as the console has it. */
const KERNEL_LINE = /\[ *\d+\.\d{6}\] [^\r\n]*\r\n/g;

/**
 * The numbers of six digits that a guest printed, each in a line of its own. What its kernel said meanwhile is taken out:
 * it stands wherever the console was, also within a line or a number.
 */
export function printedNumbers(said: string): readonly string[] {
  return said
    .replace(KERNEL_LINE, '')
    .split('\r\n')
    .filter((line) => /^\d{6}$/.test(line));
}
