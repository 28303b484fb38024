import { CLEAN_SCREEN } from './screen-reset.js';

/** How much of the raw ring replaces a repaint when there is no emulator to make one. */
export const REPLAY_BYTES = 32 * 1024;

/** A cut replay begins after the first line end within this many bytes. */
const HEAD = 4 * 1024;

/**
 * Sequences that a terminal answers or obeys: a replay would make it answer again, and the answers
 * would be typed into the guest.
 */
const QUERIES = new RegExp(
  [
    '\\x05',
    '\\x1bZ',
    // OSC, DCS, PM, APC, SOS: titles, colours, clipboard, queries
    '\\x1b\\][^\\x07\\x1b]*(?:\\x07|\\x1b\\\\)',
    '\\x1b[P^_X][^\\x1b]*\\x1b\\\\',
    // DA, DSR, window reports, DECREQTPARM, DECRQM, XTVERSION, kitty's keyboard
    '\\x1b\\[[0-?]*[cntx]',
    '\\x1b\\[[0-?]*\\$p',
    '\\x1b\\[>[0-9;]*q',
    '\\x1b\\[\\?[0-9;]*u',
  ].join('|'),
  'g',
);

/**
 * @param bytes the console's last output
 * @param whole whether nothing was cut off before it; otherwise it may begin in the middle of anything
 * @returns bytes that show about the same on any terminal and ask it nothing
 */
export function replayOf(bytes: Buffer, whole: boolean): Buffer {
  const lineEnd = whole ? -1 : bytes.subarray(0, HEAD).indexOf(0x0a);
  const text = bytes.subarray(lineEnd + 1).toString('latin1');
  return Buffer.from(CLEAN_SCREEN + text.replace(QUERIES, ''), 'latin1');
}
