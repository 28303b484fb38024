import { withoutKernelLines } from './kernel-lines.js';

/**
 * The numbers of six digits that a guest printed, each in a line of its own. What its kernel said meanwhile is taken out:
 * it stands wherever the console was, also within a line or a number.
 */
export function printedNumbers(said: string): readonly string[] {
  return withoutKernelLines(said)
    .split('\r\n')
    .filter((line) => /^\d{6}$/.test(line));
}
