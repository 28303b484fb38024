/**
 * A terminal's answers to a program's queries: positions, states, modes, sizes, attributes (CSI … R, n, c, t,
 * x, y, ?…u), settings and versions (DCS), colours (OSC); and its focus reports (CSI I, O). (xterm's ctlseqs,
 * the kitty keyboard protocol)
 */
const ANSWERS =
  /^(?:\x1b\[[?>=]?[\d;]*(?:[Rcntx]|\$y)|\x1b\[\?\d+u|\x1b\[[IO]|\x1b[P\]][^\x07\x1b]*(?:\x07|\x1b\\))+$/;

/** Whether the bytes are only a terminal's own answers, which nobody typed. A guest can ask at any time. */
export function isTerminalAnswer(bytes: Buffer): boolean {
  return bytes[0] === 0x1b && ANSWERS.test(bytes.toString('latin1'));
}
