/** Ends a sequence that was cut before it; does nothing otherwise (ECMA-48, ST). */
const STRING_TERMINATOR = '\x1b\\';

/**
 * Leaves the alternate screen, if it is on, and puts the cursor where it was on the main one. DECSC
 * comes first, because leaving restores the cursor even when the alternate screen is off; each screen
 * has its own saved cursor.
 */
const MAIN_SCREEN = '\x1b7\x1b[?1049l';

/**
 * Wrap, replace, line feed, cursor, colours, keypads, paste, mouse and focus as at
 * power-on; synchronized output off.
 */
const MODES =
  '\x1b[!p\x1b[0m\x1b(B\x1b)B\x0f\x1b[?7h\x1b[4l\x1b[?25h\x1b[?1l\x1b>' +
  '\x1b[?2004l\x1b[?9l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1016l\x1b[?1004l\x1b[?45l\x1b[20l\x1b[?5l\x1b[?2026l';

/** No origin mode, no margins; both send the cursor home. */
const WHOLE_SCREEN = '\x1b[?6l\x1b[r';

/** Comes before a repaint: it leaves a terminal in any state empty and as at power-on, with nothing saved. */
export const CLEAN_SCREEN = `${STRING_TERMINATOR}\x1b[0m\x1b(B\x0f${WHOLE_SCREEN}\x1b[H${MAIN_SCREEN}${MODES}${WHOLE_SCREEN}\x1b[H\x1b[2J`;

/**
 * Comes between the last byte of one incarnation and the first of the next: the new kernel does not know that
 * the old one used the alternate screen or hid the cursor. Text and cursor stay where they are.
 */
export const NEW_INCARNATION = `${STRING_TERMINATOR}${MAIN_SCREEN}${MODES}\x1b7${WHOLE_SCREEN}\x1b8`;
