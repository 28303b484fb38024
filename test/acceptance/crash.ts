import assert from 'node:assert/strict';
import { hasBooted, leave, logIn, seesLogin } from './guest.js';
import { PATIENCE } from './patience.js';
import { StateWatch, isReborn, settlesAs, statusOf } from './states.js';
import { eventually } from '../support/eventually.js';
import type { Ended } from '../support/house.js';
import type { World } from './world.js';

/** Guests that crash, under each common `on_crash` of xl.cfg(5), and a guest that ignores a shutdown. */
export function crashCases(world: () => World): void {
  /** Reboots horatio with this `on_crash` in its file, logs in, and crashes its kernel. */
  const crashes = async (onCrash: string): Promise<{ shown: StateWatch; before: number | undefined }> => {
    await world().editConfig(
      'horatio',
      (text) => `${text.replace(/^on_crash.*\n/m, '')}on_crash = "${onCrash}"\n`,
    );
    const { status, stderr } = await world().ssh('alice', 'horatio start --wait');
    assert.equal(status, 0, stderr);
    await hasBooted(world(), 'horatio');
    const alice = world().terminal('alice', 'horatio console');
    await logIn(alice);
    const before = await world().domid('horatio');
    const shown = await StateWatch.start(world(), 'horatio');
    alice.type('echo c > /proc/sysrq-trigger\r');
    await alice.receives('Kernel panic - not syncing: sysrq triggered crash', PATIENCE.soon);
    await leave(alice);
    return { shown, before };
  };
  /** The shutdown of ophelia, which she ignores. */
  let asked: Promise<Ended> | undefined;
  const powersOff = async (): Promise<void> => {
    const { status, stderr } = await world().ssh('alice', 'horatio poweroff --yes --wait');
    assert.equal(status, 0, stderr);
    assert.equal(await world().domid('horatio'), undefined);
  };

  it('a guest that takes no notice of a shutdown is asked for one; the others’ cases go on until its deadline', async () => {
    const started = await world().ssh('alice', 'ophelia start --wait');
    assert.equal(started.status, 0, started.stderr);
    const alice = world().terminal('alice', 'ophelia console');
    await alice.receives('(initramfs)', PATIENCE.boot);
    await leave(alice);
    asked = world().ssh('alice', 'ophelia shutdown --yes --wait');
    await eventually(
      'the shutdown to be under way',
      async () => (await statusOf(world(), 'alice', 'ophelia')).operation !== null,
      { withinMs: PATIENCE.soon, everyMs: 200, slowestMs: 2_000 },
    );
  });

  it('on_crash destroy: it is off, and starts again', async () => {
    const { shown } = await crashes('destroy');
    await settlesAs(world(), 'horatio', ['off']);
    shown.stop();
    assert.equal(await world().domid('horatio'), undefined);
    assert.match(
      (await world().ssh('alice', 'horatio log')).stdout,
      /Kernel panic/,
      'its last words are kept',
    );
  });

  it('on_crash restart: it comes back by itself, and never seems off', async () => {
    const { shown, before } = await crashes('restart');
    await isReborn(world(), 'horatio', before);
    await settlesAs(world(), 'horatio', ['running']);
    const states = shown.stop();
    assert.ok(!states.includes('off'), states.join(', '));
    const alice = world().terminal('alice', 'horatio console');
    await seesLogin(alice);
    await leave(alice);
    await powersOff();
  });

  it('on_crash preserve: it is shown as crashed, nothing but a power-off is possible, and it starts after that', async () => {
    const { shown, before } = await crashes('preserve');
    await settlesAs(world(), 'horatio', ['crashed']);
    const states = shown.stop();
    assert.ok(!states.includes('off'), states.join(', '));
    for (const command of ['start', 'reboot --yes', 'shutdown --yes', 'rescue rescue --yes']) {
      const { status, stderr } = await world().ssh('alice', `horatio ${command}`);
      assert.equal(status, 3, `${command}: ${stderr}`);
      assert.match(stderr, /crashed/);
    }
    assert.equal(await world().domid('horatio'), before, 'kept for its operator to look at');
    await powersOff();
  });

  it('on_crash rename-restart: the new one is the customer’s, the crashed one is the operator’s', async () => {
    const { shown, before } = await crashes('rename-restart');
    await isReborn(world(), 'horatio', before);
    await settlesAs(world(), 'horatio', ['running']);
    shown.stop();
    const { stdout } = await world().xl('list');
    const kept = /^(horatio-\S+) +(\d+) /m.exec(stdout);
    assert.equal(Number(kept?.[2]), before, stdout);
    const renamed = kept?.[1] ?? '';
    assert.doesNotMatch((await world().ssh('alice', 'list')).stdout, new RegExp(renamed));
    assert.equal((await world().ssh('alice', `${renamed} poweroff --yes`)).status, 4);
    await world().xl('destroy', renamed);
    await powersOff();
  });

  it('a guest that takes no notice of a shutdown: it is said at the deadline, and a power-off works', async () => {
    const ignored = await (asked ?? assert.fail('it was not asked to shut down'));
    assert.equal(ignored.status, 1, ignored.stderr);
    assert.match(ignored.stderr, /did not|not shut down|deadline|in time/i);
    await settlesAs(world(), 'ophelia', ['running']);
    const { status, stderr } = await world().ssh('alice', 'ophelia poweroff --yes --wait');
    assert.equal(status, 0, stderr);
    await settlesAs(world(), 'ophelia', ['off']);
  });
}
