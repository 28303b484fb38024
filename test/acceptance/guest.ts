import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import type { TerminalClient } from '../support/terminal-client.js';
import { PATIENCE } from './patience.js';
import type { World } from './world.js';

/** With what every kernel begins. */
const FIRST_LINE = /\[ {4}0\.000000\] Linux version/;
/** A root shell's prompt as the last thing on the screen. */
const PROMPT = /# *$/;

/** Waits for the login prompt as the last thing on the screen: an older one may stand above it. */
export async function seesLogin(client: TerminalClient): Promise<void> {
  await client.sees(/login: *$/, PATIENCE.boot);
}

/**
 * Waits until the last boot has come to its login prompt, by its log: on the screen the prompt of an earlier boot may stand where the
 * kernel of this one has said nothing yet, and what is typed at it is lost.
 */
export async function hasBooted(world: World, domain: string): Promise<void> {
  await eventually(
    `${domain} to have booted`,
    async () => /login: *\s*$/.test((await world.ssh('alice', `${domain} log --boot 0 --lines 3`)).stdout),
    { withinMs: PATIENCE.boot, everyMs: 1000 },
  );
}

/** Logs in on a console where nobody is logged in, once it has booted. */
export async function logIn(client: TerminalClient): Promise<void> {
  await seesLogin(client);
  client.type('root\r');
  await client.sees(PROMPT, PATIENCE.soon);
}

/**
 * Waits for what a new boot says, after its kernel's first line: the old screen, which may say the same, can be painted again before it.
 *
 * @param since how much of `raw` there was when the reboot was asked for
 */
export async function bootsAgain(client: TerminalClient, since: number, says: string): Promise<void> {
  await eventually(
    `a new boot, from its kernel's first line to ${says}`,
    () => {
      const received = client.raw.slice(since);
      const first = received.search(FIRST_LINE);
      return first >= 0 && received.includes(says, first);
    },
    { withinMs: PATIENCE.boot, instead: () => client.raw.slice(since).slice(-4000) },
  );
}

/** Leaves consoles as their menu says. */
export async function leave(...clients: readonly TerminalClient[]): Promise<void> {
  for (const client of clients) {
    client.type('\x1d.');
    assert.equal(await client.ends(PATIENCE.soon), 0);
  }
}
