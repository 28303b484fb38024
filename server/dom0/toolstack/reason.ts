const REASON_LIMIT = 300;

/** Said on success too, or not an error. */
const NOISE = [
  /^Parsing config from /,
  /^Shutting down domain /,
  /^Rebooting domain /,
  /^Waiting for \d+ domains/,
  /^Domain \d+ has been /,
  /: warning: /i,
  /^WARNING/,
  /^Using config file /,
  /^Started domain /,
  /^\s*$/,
];

const LIBXL_ERROR = /^libxl: error: (?:[^\s:]+:\d+:[^\s:]+:\s*)?(?:Domain \d+:\s*)?(.*)$/;
/** `xc: error: panic: FILE:LINE: …`, `CONFIG:LINE: …`, xm's `Error: …`. */
const PREFIXES = [/^xc: error: (?:panic: )?/, /^[^\s:]+:\d+: /, /^Error: /];

/**
 * The toolstack's own first reason in what it said: of several `libxl: error` lines the first is the reason, the rest are
 * what followed from it. One printable line without paths; null when it said nothing.
 */
export function firstReason(output: string): string | null {
  const lines = output.split('\n').filter((line) => !NOISE.some((noise) => noise.test(line)));
  for (const line of lines) {
    const reason = LIBXL_ERROR.exec(line)?.[1];
    if (reason !== undefined) return presentable(reason);
  }
  const first = lines[0];
  if (first === undefined) return null;
  return presentable(PREFIXES.reduce((rest, prefix) => rest.replace(prefix, ''), first));
}

/** One line that may cross the socket: printable, without the host's paths, at most `limit` characters. */
export function presentable(text: string, limit: number = REASON_LIMIT): string {
  const printable = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\ufffd]+/gu, ' ');
  const pathless = printable.replace(/(^|[^\p{L}\p{N}.])\/(?:[^\s:,;'"`)\]]|:(?=\/))+/gu, '$1<path>');
  const letters = Array.from(pathless.trim());
  return letters.length <= limit ? letters.join('') : `${letters.slice(0, limit - 1).join('')}…`;
}
