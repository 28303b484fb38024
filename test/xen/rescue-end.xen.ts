import assert from 'node:assert/strict';
import { leave, seesLogin } from '../acceptance/guest.js';
import { PATIENCE } from '../acceptance/patience.js';
import { settlesAs, statusOf } from '../acceptance/states.js';
import { eventually } from '../support/eventually.js';
import type { Ended } from '../support/house.js';
import { domainView } from './lab/domain-view.js';
import { realWorld } from './lab/real-world.js';

/** The end is counted by the host's uptime, so each look may tell another second. Milliseconds. */
function isAbout(end: number, wanted: number): void {
  assert.ok(
    Math.abs(end - wanted) < 10_000,
    `${new Date(end).toISOString()}, ${String(end - wanted)} ms off`,
  );
}

/** One story: each case continues the last. */
describe('a rescue that ends, on a real Xen', () => {
  const world = realWorld();

  /** When the rescue ends; null when it does not run, or has no end. */
  const endOf = async (): Promise<string | null> => {
    const { stdout } = await world().ssh('alice', 'horatio status --json');
    return (JSON.parse(stdout) as { endsAt: string | null }).endsAt;
  };

  it('is counted down on the console, is given more time, and keeps its end over a new start of the half', async () => {
    await settlesAs(world(), 'horatio', ['off']);
    const begun = await world().ssh('alice', 'horatio rescue rescue --for 4m --yes --wait');
    assert.equal(begun.status, 0, begun.stderr);
    const first = await eventually('an end', endOf, { withinMs: PATIENCE.soon, everyMs: 500 });
    const alice = world().terminal('alice', 'horatio console');
    await alice.receives(/rescue of horatio ends in \d/, PATIENCE.soon);
    const extended = await world().ssh('alice', 'horatio extend --for 1h');
    assert.equal(extended.status, 0, extended.stderr);
    const later = await eventually(
      'a later end',
      async () => {
        const end = await endOf();
        return end !== null && Date.parse(end) - Date.parse(first) > 60_000 ? end : null;
      },
      { withinMs: PATIENCE.soon, everyMs: 500 },
    );
    isAbout(Date.parse(later), Date.parse(first) + 3_600_000);

    await world().killDom0Half();
    const kept = await eventually(
      'a new half',
      async () => (await domainView('horatio').catch(() => undefined))?.rescueEnd,
      { withinMs: PATIENCE.down, everyMs: 500 },
    );
    isAbout(Date.parse(kept.at), Date.parse(later));
    await leave(alice);
  });

  it('is shut down at its end and boots its own system, although the half was killed meanwhile', async () => {
    // Until the gate has heard of the new half, it refuses without doing anything.
    let begun: Ended | undefined;
    await eventually(
      'a second rescue',
      async () => {
        begun = await world().ssh('alice', 'horatio rescue rescue --for 20s --yes --wait');
        return begun.status === 0;
      },
      { withinMs: PATIENCE.boot, everyMs: 1_000, instead: () => begun },
    );
    await world().killDom0Half();
    await eventually(
      'its own system, and the record of it',
      async () => {
        const { reachable, profile, operation } = await statusOf(world(), 'alice', 'horatio');
        const { stdout: audit } = await world().postern('audit', '--json');
        const isRecorded = audit
          .split('\n')
          .some((line) => line.includes('"kind":"rescue.ended"') && line.includes('"outcome":"done"'));
        return reachable && profile === 'normal' && operation === null && isRecorded;
      },
      { withinMs: PATIENCE.boot, everyMs: 2_000 },
    );
    const alice = world().terminal('alice', 'horatio console');
    await seesLogin(alice);
    await leave(alice);
    assert.equal(await endOf(), null);
    // The rescue system was shut down; nothing cut it off.
    const { stdout } = await world().ssh('alice', 'horatio log --boot -1 --lines 20');
    assert.match(stdout, /sent SIGTERM|system is going down|Power down/i);
  });
});
