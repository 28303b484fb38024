/**
 * Sequences that every terminal of the allow-list obeys or ignores. (ECMA-48, DEC STD 070, Linux
 * console_codes(4))
 */
const COMMON = [
  '\x1b\\', // ends an OSC, DCS, APC or PM string that the guest left open
  '\x18', // CAN: ends an escape sequence that the guest left half-sent
  '\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1005l\x1b[?1006l\x1b[?1015l', // mouse and focus reports
  '\x1b[?2004l', // bracketed paste
  '\x1b[?1049l\x1b[?1047l\x1b[?47l', // the alternate screen, as entered by any of its three names
  '\x1b[r', // scroll region: the whole screen
  '\x1b[?6l', // origin mode
  '\x1b[?7h', // wrap at the margin
  '\x1b[4l', // replace, not insert
  '\x1b[20l', // a line feed does not return the carriage
  '\x1b[?1l\x1b>', // cursor keys and keypad: normal
  '\x1b[?5l', // not reverse video
  '\x0f\x1b(B\x1b)B', // G0 in use; G0 and G1 are ASCII
  '\x1b[0m', // colours and attributes
  '\x1b[?25h', // the cursor can be seen
].join('');

/**
 * Sequences that only xterm and its kin know; others would print parts of them. (xterm's ctlseqs, the kitty
 * keyboard protocol)
 */
const XTERM = [
  '\x1b[?1001l\x1b[?1016l', // mouse highlighting, pixel positions
  '\x1b[?2026l', // synchronised output: a screen held back
  '\x1b[?69l', // left and right margins
  '\x1b[?45l', // no reverse wrap
  '\x1b[>4;0m', // modifyOtherKeys
  '\x1b[<9u', // the kitty keyboard protocol: what was pushed
  '\x1b[0 q', // the cursor's shape
].join('');

/**
 * The sequences that put a customer's terminal right after a guest had it; harmless on one that is right
 * already.
 *
 * Without RIS (`ESC c`): it would clear the customer's screen and scroll-back.
 *
 * @param term from the allow-list
 */
export function terminalReset(term: string): string {
  if (term === 'dumb') return '';
  return /^(xterm|screen|tmux)/.test(term) ? COMMON + XTERM : COMMON;
}
