import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';

const LEAVE = '\x1d.';

describe('console', () => {
  let house: House;
  before(async () => {
    house = await House.start();
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
  });
  after(() => house.stop());

  it('shows the guest, takes what is typed and gives the terminal back', async () => {
    const alice = house.terminal('alice', 'horatio console');
    alice.type('\r');
    await alice.sees('login:');
    alice.type('root\r');
    await alice.sees('#');
    alice.type('echo sum $((6*7))\r');
    await alice.sees(/sum (42|\$\(\(6\*7\)\))/);
    alice.type(LEAVE);
    assert.equal(await alice.ends(), 0);
  });

  it('is shared: a second one watches, sees who types, and may take the keyboard', async () => {
    const first = house.terminal('alice', 'horatio console');
    first.type('\r');
    await first.sees('#');
    const second = house.terminal('alice', 'horatio console');
    await second.sees('#');
    first.type('echo from-the-first\r');
    await second.sees('from-the-first');
    second.type('echo lost-words\r');
    second.type('\x1dt');
    await second.receives('You have the keyboard');
    second.type('echo from-the-second\r');
    await first.sees('from-the-second');
    assert.doesNotMatch(first.screen, /lost-words/);
    for (const client of [first, second]) {
      client.type(LEAVE);
      assert.equal(await client.ends(), 0);
    }
  });

  it('is painted as it is now for who comes later', async () => {
    const alice = house.terminal('alice', 'horatio console');
    alice.type('clear\r');
    alice.type('echo remember-me\r');
    await alice.sees('remember-me');
    alice.type(LEAVE);
    await alice.ends();
    const later = house.terminal('alice', 'horatio console');
    await later.sees('remember-me');
    later.type(LEAVE);
    await later.ends();
  });

  it('stays through a reboot and shows the new boot from its first byte', async () => {
    const alice = house.terminal('alice', 'horatio console');
    alice.type('\r');
    await alice.sees('#');
    const before = alice.raw.length;
    alice.type('reboot\r');
    const boot = await eventually(
      'the new boot',
      () => /Linux version[\s\S]*login:[\s\S]*/.exec(alice.raw.slice(before))?.input,
    );
    assert.match(boot, /\[ +0\.000000\] Linux version/, 'the first line of the new boot is whole');
    alice.type(LEAVE);
    assert.equal(await alice.ends(), 0);
  });

  it('starts without losing a byte of the boot', async () => {
    assert.equal((await house.ssh('alice', 'horatio poweroff --yes --wait')).status, 0);
    const alice = house.terminal('alice', 'horatio console');
    await alice.receives(/off/);
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
    await alice.receives(/\[ +0\.000000\] Linux version[\s\S]*login:/);
    alice.type(LEAVE);
    assert.equal(await alice.ends(), 0);
  });

  it('works without a terminal, for scripts: end of input leaves it', async () => {
    const { stdout, status } = await house.ssh('alice', 'horatio console', {
      input: '\r',
    });
    assert.equal(status, 0);
    assert.match(stdout, /login:/);
  });
});
