import { caller } from './caller.js';

/** Has the caller write to its output. */
export function print(text: string | Uint8Array): void {
  caller().write(1, text);
}

/** As {@link print}, to its errors. */
export function complain(text: string): void {
  caller().write(2, text);
}
