import { replaceUnprintable } from '../../../policy/printable.js';
import { TEXT_LIMITS } from '../../wire/text-limits.js';

/** Lines that also appear on success, or are no error. */
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
  /^Unexpected error: /,
  /^Please report to /,
  /^\s*$/,
];

/**
 * xm prints its help after some errors, such as `Error: 'xm domid' requires 1 argument.`
 * (_run_cmd, xm/main.py of Xen 4.1).
 */
const XM_HELP = 'Usage: xm ';
/** An error that xm did not expect, in Python's own words. The last line is the reason. */
const TRACEBACK = 'Traceback ';

const LIBXL_ERROR = /^libxl: error: (?:[^\s:]+:\d+:[^\s:]+:\s*)?(?:Domain \d+:\s*)?(.*)$/;
/** `xc: error: panic: FILE:LINE: …`, `CONFIG:LINE: …`, xm's `Error: …`. */
const PREFIXES = [/^xc: error: (?:panic: )?/, /^[^\s:]+:\d+: /, /^Error: /];

/**
 * De-privileged PyGRUB may fail with exit status 0 and then names no kernel (`sys.exit` of a wait status,
 * pygrub of 4.17). The error after that is about a file without a name.
 */
const NO_KERNEL = /^xc: error: .*failed to open file '\(null\)'/;

/**
 * xl of a guest that does not take requests over Xen's own interface (ERROR_NOPARAVIRT, xl_vmcontrol.c). Xen on
 * x86 has no ACPI reset, so a reboot ends like this with `-F` as well (XEN_DOMCTL_sendtrigger).
 */
const NO_DRIVERS = 'PV control interface not available';

/**
 * The first reason in the toolstack's output. Of several `libxl: error` lines the first is the reason, and
 * the rest follow from it; xm's `Error:` may span several lines. One printable line without paths; null when
 * there is no output but noise.
 */
export function firstReason(output: string): string | null {
  const lines = output.split('\n').filter((line) => !NOISE.some((noise) => noise.test(line)));
  if (lines.some((line) => NO_KERNEL.test(line)))
    return 'bootloader failed: it found no kernel that it could read';
  if (lines.some((line) => line.startsWith(NO_DRIVERS)))
    return 'its system has no Xen drivers that could be asked: do it on its console, or power it off';
  for (const line of lines) {
    const reason = LIBXL_ERROR.exec(line)?.[1];
    if (reason !== undefined) return presentable(reason);
  }
  const first = lines[0];
  if (first === undefined) return null;
  return presentable(PREFIXES.reduce((rest, prefix) => rest.replace(prefix, ''), said(first, lines)));
}

function said(first: string, lines: readonly string[]): string {
  if (first.startsWith(TRACEBACK)) return lines.at(-1) ?? first;
  if (!first.startsWith('Error: ')) return first;
  const help = lines.findIndex((line) => line.startsWith(XM_HELP));
  return lines.slice(0, help === -1 ? undefined : help).join(' ');
}

/** One line that may cross the socket: printable, without the host's paths, at most `limit` characters. */
export function presentable(text: string, limit: number = TEXT_LIMITS.sentence): string {
  // U+FFFD marks bytes that were not UTF-8.
  const printable = replaceUnprintable(text, '\ufffd').replace(/\ufffd+/g, ' ');
  const pathless = printable.replace(/(^|[^\p{L}\p{N}.])\/(?:[^\s:,;'"`)\]]|:(?=\/))+/gu, '$1<path>');
  const letters = Array.from(pathless.trim());
  return letters.length <= limit ? letters.join('') : `${letters.slice(0, limit - 1).join('')}…`;
}
