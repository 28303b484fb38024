import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { leave, seesLogin, seesPrompt, shows } from './guest.js';
import { PATIENCE } from './patience.js';
import { settlesAs, statusOf } from './states.js';
import type { World } from './world.js';

/** The own kernel with a word of the admin's: `own-shell` adds `init=/bin/sh`. One story. */
export function ownKernelCases(world: () => World): void {
  it('a lost password is no trouble: the own kernel boots into a root shell, seen from its first byte', async () => {
    const alice = world().terminal('alice', 'horatio rescue own-shell --yes --console');
    await alice.sees(/can't access tty/, PATIENCE.boot);
    alice.type('\r');
    await seesPrompt(alice);
    alice.type('cat /proc/cmdline\r');
    await shows(alice, /init=\/bin\/sh/);
    await leave(alice);
    assert.equal((await settlesAs(world(), 'horatio', ['running'])).profile, 'own-shell');
    const long = await world().xl('list', '-l', 'horatio');
    assert.match(long.stdout, /init=\/bin\/sh/);
    assert.match(long.stdout, /horatio\.img/, 'with the customer’s own disk');
  });

  it('the screen as text shows it, and a power-off and a start bring the normal boot back', async () => {
    // An emulated host may not get its screens done in time, and says so: "Try again in a few seconds."
    const screen = await eventually(
      'the screen as text',
      async () => {
        const { status, stdout } = await world().ssh('alice', 'horatio screen --json');
        return status === 0 ? stdout : undefined;
      },
      { withinMs: PATIENCE.down, everyMs: 1_000, slowestMs: 5_000 },
    );
    const { boot, lines } = JSON.parse(screen) as { boot: { profile: string }; lines: string[] };
    assert.equal(boot.profile, 'own-shell');
    assert.ok(
      lines.some((line) => line.startsWith('#') || line.includes('# ')),
      lines.join('\n'),
    );
    // A shell in the place of init hears no shutdown.
    assert.equal((await world().ssh('alice', 'horatio poweroff --yes --wait')).status, 0);
    const alice = world().terminal('alice', 'horatio start --console');
    await seesLogin(alice);
    await leave(alice);
    assert.equal((await statusOf(world(), 'alice', 'horatio')).profile, 'normal');
    assert.equal((await world().ssh('alice', 'horatio shutdown --yes --wait')).status, 0);
  });

  it('a server that boots by a boot loader is told how to do it in GRUB, and nothing was done', async () => {
    for (const domain of ['guildenstern', 'rosencrantz']) {
      const { status, stderr } = await world().ssh('alice', `${domain} rescue own-shell --yes --wait`);
      assert.equal(status, 3, stderr);
      assert.match(stderr, /choose it in GRUB/);
      assert.equal(await world().domid(domain), undefined);
    }
  });
}
