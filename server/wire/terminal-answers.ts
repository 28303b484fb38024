/**
 * What terminals answer when a program asks them: positions, states, modes, sizes, attributes (CSI … R, n, c, t, x, y, ?…u), settings
 * and versions (DCS), colours (OSC); and that they got or lost the focus (CSI I, O). (xterm's ctlseqs, the kitty keyboard protocol)
 */
const ANSWERS =
  /^(?:\x1b\[[?>=]?[\d;]*(?:[Rcntx]|\$y)|\x1b\[\?\d+u|\x1b\[[IO]|\x1b[P\]][^\x07\x1b]*(?:\x07|\x1b\\))+$/;

/** Whether nobody typed this: it is nothing but what a terminal answers by itself. A guest can ask at any time. */
export function isTerminalAnswer(bytes: Buffer): boolean {
  return bytes[0] === 0x1b && ANSWERS.test(bytes.toString('latin1'));
}
