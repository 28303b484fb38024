import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

import { hasTextConsole } from './bootloader.js';
import { openDomain } from './domain-request.js';
import { findDomid } from './find-domain.js';
import { getopt } from './getopt.js';
import type { Host } from './host.js';
import { complain, print } from './output.js';
import { usage } from './usage.js';

/** `Ctrl-]`: it ends the console only when it is read alone. */
const ESCAPE = 0x1d;
/** xenconsole reads its keyboard in pieces of this many bytes. */
const READ_SIZE = 60;
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
 * Joins this process's terminal to a domain's console.
 *
 * @param shares as xenconsole before Xen 4.6: other clients stay attached, and each byte goes to one of them
 * @returns xenconsole's exit status.
 */
export async function attachConsole(host: Host, domid: number, shares = false): Promise<number> {
  const deadline = Date.now() + TTY_MILLISECONDS;
  for (;;) {
    const status = await attachOnce(host.socketPath(domid), domid, shares);
    if (status !== 'no-tty') return status;
    if (!host.domain(domid) || Date.now() > deadline) {
      complain(NO_TTY);
      return 2;
    }
    await sleep(20);
  }
}

function attachOnce(path: string, domid: number, shares: boolean): Promise<number | 'no-tty'> {
  return new Promise((resolve) => {
    const { stdin } = process;
    // Without a terminal xenconsole shows output but takes no input, and it does not
    // end at the end of its input.
    const interactive = stdin.isTTY;
    let attached = false;
    const finish = (status: number | 'no-tty'): void => {
      if (attached && interactive) stdin.destroy();
      socket.destroy();
      resolve(status);
    };
    const socket = openDomain(path, { ask: 'console', shares }, (reply) => {
      if (reply.answer === 'locked') {
        complain(
          `xenconsole: Could not lock /var/lock/xenconsole.${domid}: Resource temporarily unavailable\n`,
        );
        finish(11);
        return;
      }
      attached = true;
      socket.on('data', (bytes: Buffer) => {
        print(bytes);
      });
      socket.resume();
      if (interactive) readKeyboard();
    });
    const readKeyboard = (): void => {
      makeRaw();
      stdin.on('data', (bytes: Buffer) => {
        for (let at = 0; at < bytes.length; at += READ_SIZE) {
          const piece = bytes.subarray(at, at + READ_SIZE);
          if (piece.length === 1 && piece[0] === ESCAPE) {
            finish(0);
            return;
          }
          socket.write(piece);
        }
      });
      stdin.on('error', () => {
        finish(0);
      });
      stdin.on('end', () => {
        finish(0);
      });
    };
    socket.on('close', () => {
      finish(attached ? 0 : 'no-tty');
    });
  });
}

/**
 * Node's own raw mode still turns each line feed into two characters, which xenconsole's does not. When Node
 * exits, it restores the terminal's first state.
 */
function makeRaw(): void {
  const { status } = spawnSync('/bin/stty', ['raw', '-echo'], { stdio: ['inherit', 'ignore', 'ignore'] });
  if (status !== 0) process.stdin.setRawMode(true);
}
