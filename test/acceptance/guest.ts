import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import type { TerminalClient } from '../support/terminal-client.js';
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

/** Waits for the login prompt at the end of the screen: an older prompt may be above it. */
export async function seesLogin(client: TerminalClient): Promise<void> {
  await client.sees(/login: *$/, PATIENCE.boot);
}

/**
 * Waits until the log shows that the last boot has reached its login prompt. The screen may still show an
 * earlier boot's prompt while the new kernel is silent, and keys typed then are lost.
 */
export async function hasBooted(world: World, domain: string): Promise<void> {
  await eventually(
    `${domain} to have booted`,
    async () => /login: *\s*$/.test((await world.ssh('alice', `${domain} log --boot 0 --lines 3`)).stdout),
    { withinMs: PATIENCE.boot, everyMs: 1000 },
  );
}

/** Logs in on a console after its boot, when nobody is logged in. */
export async function logIn(client: TerminalClient): Promise<void> {
  await seesLogin(client);
  client.type('root\r');
  await client.sees(PROMPT, PATIENCE.soon);
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
      return received.includes(says, first) || (isScrolled && client.screen.includes(says));
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
