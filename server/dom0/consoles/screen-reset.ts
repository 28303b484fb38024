/** Ends whatever sequence was cut before it; does nothing otherwise (ECMA-48, ST). */
const STRING_TERMINATOR = '\x1b\\';

/** Main screen, no margins, no origin, wrap, replace, cursor, keypads, paste, mouse and focus as at power-on. */
const MODES =
  '\x1b[?1047l\x1b[!p\x1b[0m\x1b(B\x1b)B\x0f\x1b[?6l\x1b[?7h\x1b[4l\x1b[?25h\x1b[?1l\x1b>' +
  '\x1b[?2004l\x1b[?9l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l\x1b[?45l';

/** What stands before a repaint: a terminal in any state is empty and as at power-on after it. */
export const CLEAN_SCREEN = `${STRING_TERMINATOR}${MODES}\x1b[r\x1b[H\x1b[2J`;

/**
 * What stands between the last byte of one incarnation and the first of the next: the new kernel knows nothing of the alternate
 * screen or the hidden cursor that the old one left. Text and cursor stay where they are.
 */
export const NEW_INCARNATION = `${STRING_TERMINATOR}${MODES}\x1b7\x1b[r\x1b8`;
