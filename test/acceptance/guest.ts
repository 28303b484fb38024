import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import type { TerminalClient } from '../support/terminal-client.js';
import { screenWithoutKernel, withoutKernelLines } from './kernel-lines.js';
import { PATIENCE } from './patience.js';
import type { World } from './world.js';

/**
 * The first lines of every kernel. The line between two boots goes at the first bytes, in the midst of a line:
 * that one and the next may be torn in `raw`, although the screen shows them whole.
 */
const FIRST_LINES =
  /\[ {4}0\.000000\] (?:Linux version|Command line: |ACPI|Released|BIOS-provided|Hypervisor)/;
/** After so much output the screen shows nothing that stood on it before. Bytes. */
const SCREENFUL = 8 * 1024;
/** A root shell's prompt at the end of the screen. */
const PROMPT = /# *$/;
const LOGIN = /login: *$/;
/** The kernel's last lines behind a prompt are fewer. */
const LAST_LINES = 100;

/**
 * Waits until the screen shows what the guest's programs say. What its kernel says meanwhile is taken out: on a slow
 * machine it speaks within and behind everything.
 */
export async function shows(
  client: TerminalClient,
  what: RegExp,
  patienceMs: number = PATIENCE.soon,
): Promise<void> {
  await client.until(() => what.test(ownScreen(client)), `the guest to show ${String(what)}`, patienceMs);
}

/** The screen as the guest's programs wrote it, without the kernel's lines. */
function ownScreen(client: TerminalClient): string {
  return screenWithoutKernel(client.screen, client.columns);
}

/** Waits for a root shell's prompt, with nothing typed behind it. */
export async function seesPrompt(client: TerminalClient): Promise<void> {
  await shows(client, PROMPT);
}

/** Whether the screen ends with a root shell's prompt now. */
export function isAtPrompt(client: TerminalClient): boolean {
  return PROMPT.test(ownScreen(client));
}

/** Waits for the login prompt at the end of the screen: an older prompt may be above it. */
export async function seesLogin(client: TerminalClient): Promise<void> {
  await shows(client, LOGIN, PATIENCE.boot);
}

/** Whether the screen ends with the login prompt now. */
export function isAtLogin(client: TerminalClient): boolean {
  return LOGIN.test(ownScreen(client));
}

/**
 * Waits until the log shows that the last boot has reached its login prompt. The screen may still show an
 * earlier boot's prompt while the new kernel is silent, and keys typed then are lost.
 */
export async function hasBooted(world: World, domain: string): Promise<void> {
  await eventually(
    `${domain} to have booted`,
    async () => {
      const { stdout } = await world.ssh('alice', `${domain} log --boot 0 --lines ${LAST_LINES}`);
      return /login: *\s*$/.test(withoutKernelLines(stdout.replaceAll(/\r?\n/g, '\r\n')));
    },
    { withinMs: PATIENCE.boot, everyMs: 1000 },
  );
}

/** Logs in on a console after its boot, when nobody is logged in. */
export async function logIn(client: TerminalClient): Promise<void> {
  await seesLogin(client);
  client.type('root\r');
  await seesPrompt(client);
}

/**
 * Waits for a text of a new boot, after its kernel's first lines. The old screen may contain the same text,
 * and may be painted again before it.
 *
 * @param since the length of `raw` when the reboot was requested
 */
export async function bootsAgain(client: TerminalClient, since: number, says: string): Promise<void> {
  await eventually(
    `a new boot, from its kernel's first lines to ${says}`,
    () => {
      const received = client.raw.slice(since);
      const first = received.search(FIRST_LINES);
      if (first < 0) return false;
      const isScrolled = received.length - first > SCREENFUL;
      const own = withoutKernelLines(received.slice(first));
      return own.includes(says) || (isScrolled && ownScreen(client).includes(says));
    },
    { withinMs: PATIENCE.boot, instead: () => client.raw.slice(since).slice(-4000) },
  );
}

/** Leaves consoles with the keys that their menu names. */
export async function leave(...clients: readonly TerminalClient[]): Promise<void> {
  for (const client of clients) {
    client.type('\x1d.');
    assert.equal(await client.ends(PATIENCE.soon), 0);
  }
}
