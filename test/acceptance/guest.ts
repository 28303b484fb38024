import assert from 'node:assert/strict';
import type { TerminalClient } from '../support/terminal-client.js';
import { PATIENCE } from './patience.js';

/** A root shell's prompt as the last thing on the screen. */
const PROMPT = /# *$/;

/** Waits for the login prompt as the last thing on the screen: an older one may stand above it. */
export async function seesLogin(client: TerminalClient): Promise<void> {
  await client.sees(/login: *$/, PATIENCE.boot);
}

/** Logs in on a console where nobody is logged in, once it has booted. */
export async function logIn(client: TerminalClient): Promise<void> {
  await seesLogin(client);
  client.type('root\r');
  await client.sees(PROMPT, PATIENCE.soon);
}

/** Leaves consoles as their menu says. */
export async function leave(...clients: readonly TerminalClient[]): Promise<void> {
  for (const client of clients) {
    client.type('\x1d.');
    assert.equal(await client.ends(PATIENCE.soon), 0);
  }
}
