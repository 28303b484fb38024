import { hasTextConsole } from './bootloader.js';
import { caller, sleep } from './caller.js';
import { findDomid } from './find-domain.js';
import { getopt } from './getopt.js';
import type { Host } from './host.js';
import { complain } from './output.js';
import { usage } from './usage.js';

const NO_TTY = 'xenconsole: Could not read tty from store: No such file or directory\n';
/** How long xenconsole waits for the console of a domain that is being created. */
const TTY_MILLISECONDS = 5_000;

/** `xl console`. */
export async function console(host: Host, argv: readonly string[]): Promise<number> {
  const options = getopt(argv, 'ht:n:');
  if (options.problem !== undefined) {
    complain(options.problem);
    return 2;
  }
  if (options.flags.has('h')) return usage('console', 0);
  const [name] = options.operands;
  if (name === undefined) return usage('console', 2, 1);
  const domid = findDomid(host, name);
  if (domid === undefined) return 1;
  if (domid === 0) {
    complain("Can't specify Domain-0\n");
    return 22;
  }
  const record = host.domain(domid);
  if (!record) {
    complain(
      `libxl: error: libxl_dom.c:37:libxl__domain_type: unable to get domain type for domid=${domid}\n`,
    );
    complain('Unable to attach console\n');
    return 1;
  }
  if (!hasTextConsole(record.config)) {
    await sleep(host.scaled(TTY_MILLISECONDS));
    complain(NO_TTY);
    return 2;
  }
  return attachConsole(host, domid);
}

/**
 * Joins the caller's terminal to a domain's console. Without a terminal it shows output but takes no input, and it
 * does not end at the end of its input, as xenconsole.
 *
 * @param shares as xenconsole before Xen 4.6: other clients stay attached, and each byte goes to one of them
 * @returns xenconsole's exit status.
 */
export async function attachConsole(host: Host, domid: number, shares = false): Promise<number> {
  const deadline = Date.now() + TTY_MILLISECONDS;
  for (;;) {
    const { reply, ended } = await caller().join(host.socketPath(domid), { ask: 'console', shares });
    if (reply?.answer === 'locked') {
      complain(
        `xenconsole: Could not lock /var/lock/xenconsole.${domid}: Resource temporarily unavailable\n`,
      );
      return 11;
    }
    if (reply !== undefined) {
      await ended;
      return 0;
    }
    if (!host.domain(domid) || Date.now() > deadline) {
      complain(NO_TTY);
      return 2;
    }
    await sleep(20);
  }
}
