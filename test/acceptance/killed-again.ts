import assert from 'node:assert/strict';
import { Dom0Client } from '../support/dom0-client.js';
import { eventually } from '../support/eventually.js';
import { PATIENCE } from './patience.js';
import { settlesAs } from './states.js';
import type { World } from './world.js';

/** One right after the other, as no customer would: some are refused, most are cut off. */
const COMMANDS = [
  'start',
  'reboot --yes',
  'rescue rescue --yes',
  'shutdown --yes',
  'normal --yes',
  'poweroff --yes',
];

/** Milliseconds for a kill, a restart and the remaining work, on an emulated host on a busy machine. */
const PER_KILL_MS = 180_000;

interface Row {
  readonly event: { readonly kind: string; readonly operation?: string };
}

/**
 * `kill -9` of the dom0 half, repeatedly, while a server is switched on and off. Halfway the host loses its
 * power.
 *
 * @param kills the number of kills
 */
export function killedAgainCases(world: () => World, kills: number): void {
  it(`${kills} kills with a reboot of the host among them: nothing stays half-done, and each request has its end`, async function () {
    this.timeout(kills * PER_KILL_MS);
    const client = new Dom0Client(world().dom0Socket);
    for (let at = 0; at < kills; at += 1) {
      await settlesDown();
      const command = COMMANDS[at % COMMANDS.length] ?? 'start';
      const before = (await client.domain('horatio')).operation?.id;
      const { stderr } = await world().ssh('alice', `horatio ${command}`);
      // Each time a little later, so that each kill meets another step.
      if (stderr === '' || at % 2 === 0) await begins(client, before);
      if (at === Math.floor(kills / 2)) await world().rebootHost();
      else await world().killDom0Half();
    }
    await settlesDown();
    await settlesAs(world(), 'horatio', ['running', 'off']);
    const { stdout } = await world().xl('list');
    assert.doesNotMatch(stdout, / [r-][b-]p/, 'nothing is paused');
    await eventually('an outcome of each request', async () => (await openIntents()).length === 0, {
      withinMs: PATIENCE.soon,
      everyMs: 500,
    });
    const verified = await world().postern('audit', 'verify');
    assert.equal(verified.status, 0, verified.stdout + verified.stderr);
    const again = await world().ssh('alice', 'horatio poweroff --yes --wait');
    assert.ok(again.status === 0 || /is off/.test(again.stderr), again.stderr);
    assert.equal((await world().ssh('alice', 'horatio start --wait')).status, 0);
  });

  /** Waits until an operation is running, or was too short to be seen. */
  const begins = (client: Dom0Client, before: string | undefined): Promise<unknown> =>
    eventually('an operation, or none any more', async () => {
      const { operation } = await client.domain('horatio').catch(() => ({ operation: null }));
      return operation === null || (operation.id !== before && operation.phase === 'running');
    });

  /** Waits until the gate hears the host and no operation runs. */
  const settlesDown = (): Promise<unknown> =>
    settlesAs(world(), 'horatio', ['running', 'off', 'crashed', 'rebooting', 'shutting-down']);

  async function openIntents(): Promise<readonly Row[]> {
    const { stdout } = await world().postern('audit', '--json', '--limit', '100000');
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Row);
    const ended = new Set(
      rows.flatMap(({ event }) => (event.kind === 'operation.ended' ? [event.operation] : [])),
    );
    return rows.filter(({ event }) => event.kind.endsWith('.requested') && !ended.has(event.operation));
  }
}
