import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { hasBooted, leave, seesLogin, seesPrompt } from './guest.js';
import { PATIENCE } from './patience.js';
import { settlesAs } from './states.js';
import type { TerminalClient } from '../support/terminal-client.js';
import type { World } from './world.js';

/**
 * An operator continues to use xl. Postern notices, and never interferes. One story: each case continues the
 * last.
 */
export function byHandCases(world: () => World): void {
  /** Runs an operator's command, which must succeed. */
  const xl = async (...args: string[]): Promise<void> => {
    const { status, stderr } = await world().xl(...args);
    assert.equal(status, 0, `xl ${args.join(' ')}: ${stderr}`);
  };

  it('xl create, pause, unpause and destroy are noticed in an open menu', async () => {
    const alice = world().terminal('alice', '', ['-l', 'horatio']);
    await alice.sees(/off/, PATIENCE.soon);
    await xl('create', '-q', world().configOf('horatio'));
    await alice.sees('running', PATIENCE.soon);
    await xl('pause', 'horatio');
    await alice.sees('paused', PATIENCE.soon);
    await xl('unpause', 'horatio');
    await alice.sees('running', PATIENCE.soon);
    await xl('destroy', 'horatio');
    await alice.sees(/off +since/, PATIENCE.soon);
    alice.type('q');
    assert.equal(await alice.ends(PATIENCE.soon), 0);
  });

  it('an xl console that an operator holds is said, and taken up when they leave', async () => {
    await world().stopDom0Half();
    const operator = await createdByHand(world());
    try {
      await world().startDom0Half();
      await settlesAs(world(), 'horatio', ['running']);
      const alice = world().terminal('alice', 'horatio console');
      await alice.receives(/admin|held|locked|taken/i, PATIENCE.down);
      await operator.sees('login:', PATIENCE.soon);
      operator.type('\x1d');
      await operator.ends(PATIENCE.soon);
      await eventually(
        'the console to answer',
        () => {
          alice.type('\r');
          return alice.screen.includes('login:');
        },
        { withinMs: PATIENCE.down, everyMs: 1000 },
      );
      await leave(alice);
    } finally {
      operator.kill();
    }
  });

  it('while Postern has the console, xl console of an operator says that it is locked, and the customer stays', async () => {
    const alice = world().terminal('alice', 'horatio console');
    alice.type('\r');
    await alice.sees('login:', PATIENCE.soon);
    const operator = world().xlConsole('horatio');
    assert.equal(await operator.ends(PATIENCE.soon), 11);
    assert.match(operator.raw, /Could not lock/);
    const received = alice.raw.length;
    alice.type('\r');
    await eventually('an echo', () => alice.raw.length > received, { withinMs: PATIENCE.soon });
    await leave(alice);
  });

  it('postern console joins it on the host itself', async () => {
    const operator = world().posternConsole('horatio');
    try {
      operator.type('\r');
      await operator.sees('login:', PATIENCE.down);
      await leave(operator);
    } finally {
      operator.kill();
    }
  });

  it('a server that an operator destroys in the middle of a customer’s shutdown is off, and the shutdown is done', async () => {
    const asked = world().ssh('alice', 'horatio shutdown --yes --wait');
    const destroyed = await world().xl('destroy', 'horatio');
    // On a busy machine it has gone down by itself by then, or while xl was about to destroy it.
    const isInTime =
      destroyed.status === 0 || /invalid domain identifier|Non-existant domain/.test(destroyed.stderr);
    assert.ok(isInTime, destroyed.stderr);
    const { status, stderr } = await asked;
    assert.ok(status === 0 || status === 3, `${String(status)} ${stderr}`);
    await settlesAs(world(), 'horatio', ['off']);
  });

  it('a server that an operator has paused is not shut down, and says so; unpaused it is as before', async () => {
    assert.equal((await world().ssh('alice', 'horatio start --wait')).status, 0);
    await hasBooted(world(), 'horatio');
    const alice = world().terminal('alice', 'horatio console');
    await seesLogin(alice);
    await xl('pause', 'horatio');
    await settlesAs(world(), 'horatio', ['paused']);
    const asked = await world().ssh('alice', 'horatio shutdown --yes');
    assert.equal(asked.status, 3);
    assert.match(asked.stderr, /paused/);
    await xl('unpause', 'horatio');
    await settlesAs(world(), 'horatio', ['running']);
    alice.type('root\r');
    await seesPrompt(alice);
    await leave(alice);
  });

  it('a server that an operator has paused can be powered off', async () => {
    await xl('pause', 'horatio');
    await settlesAs(world(), 'horatio', ['paused']);
    const { status, stderr } = await world().ssh('alice', 'horatio poweroff --yes --wait');
    assert.equal(status, 0, stderr);
    await settlesAs(world(), 'horatio', ['off']);
  });

  it('a broken configuration is refused with xl’s own reason and without paths, and mending it is enough', async () => {
    let sound = '';
    await world().editConfig('horatio', (text) => {
      sound = text;
      return text.replace(/^kernel.*/m, 'kernel = "/nowhere"');
    });
    const broken = await world().ssh('alice', 'horatio start --wait');
    assert.equal(broken.status, 1, broken.stderr);
    assert.notEqual(broken.stderr.trim(), '');
    assert.doesNotMatch(broken.stderr, /nowhere/, 'no paths of the host to customers');
    await world().editConfig('horatio', () => sound);
    const mended = await world().ssh('alice', 'horatio start --wait');
    assert.equal(mended.status, 0, mended.stderr);
  });
}

/**
 * Creates horatio as an operator does, who stays at its console. In emulation a kernel was seen to crash in
 * its first seconds, before Postern had any part in it: the operator then tries once more.
 *
 * @returns the operator's console, at the login
 */
async function createdByHand(world: World): Promise<TerminalClient> {
  for (let tries = 2; ; tries -= 1) {
    const { status, stderr } = await world.xl('create', '-q', world.configOf('horatio'));
    assert.equal(status, 0, stderr);
    const operator = world.xlConsole('horatio');
    const boots = operator.sees('login:', PATIENCE.boot).then(() => true);
    const ends = operator.ends(PATIENCE.boot).then(() => false);
    for (const wait of [boots, ends]) wait.catch(() => undefined);
    if (await Promise.race([boots, ends])) return operator;
    assert.ok(tries > 1, `horatio crashed twice: ${operator.screen}`);
  }
}
