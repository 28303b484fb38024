/** Ctrl-]: it would end xenconsole, for everybody. */
const ESCAPE = 0x1d;
/** Ctrl-^: ends xenconsole instead of Ctrl-], where it was started with `-e ^^`. */
const TOLD_ESCAPE = 0x1e;

/** The input without the key that would end xenconsole. @param isTold it was started with `-e ^^` */
export function withoutEscape(bytes: Buffer, isTold: boolean): Buffer {
  const unwanted = isTold ? TOLD_ESCAPE : ESCAPE;
  return bytes.includes(unwanted) ? Buffer.from(bytes.filter((byte) => byte !== unwanted)) : bytes;
}
