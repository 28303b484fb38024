import type { Ended } from './house.js';

/** What a customer read of a refusal without its reference, which is drawn anew each time: that there is one stays. */
export function unnamed({ status, stdout, stderr }: Ended): Ended {
  const without = (text: string): string =>
    text.replaceAll(/(?<= Reference: |"reference":")[b-z]{6}(?=\.|")/g, 'REFERENCE');
  return { status, stdout: without(stdout), stderr: without(stderr) };
}
