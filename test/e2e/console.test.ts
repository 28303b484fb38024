import assert from 'node:assert/strict';
import { House } from '../support/house.js';

const LEAVE = '\x1d.';

describe('console', () => {
  let house: House;
  before(async () => {
    house = await House.start({ gateSettings: 'console: {break: sysrq-h}\n' });
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
    await alice.receives(/Linux version[\s\S]*login:/, 30_000);
    const boot = alice.raw.slice(before);
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

  it('shows the SysRq keys with words, and takes a break of the client’s for the one that is set', async () => {
    const alice = house.terminal('alice', 'horatio console', { ssh: ['-e', '~'] });
    alice.type('\r');
    await alice.sees('login:');
    alice.type('\x1ds');
    await alice.sees('Which SysRq key? h help, m memory');
    alice.type('h');
    await alice.sees('sysrq: HELP');
    const before = alice.raw.length;
    alice.type('\r~B');
    await alice.receives(/sysrq: HELP[\s\S]*sysrq: HELP/);
    assert.ok(alice.raw.length > before);
    alice.type(LEAVE);
    assert.equal(await alice.ends(), 0);
  });

  it('says so when a shell is left, and is left by the key that the customer chose', async () => {
    assert.match((await house.ssh('alice', 'escape ^A')).stdout, /^Ctrl-A and a dot leave/);
    const alice = house.terminal('alice', 'horatio console');
    alice.type('\r');
    await alice.sees('login:');
    alice.type('root\r');
    await alice.sees('#');
    alice.type('\x01.');
    await alice.sees('horatio seems to be left logged in');
    assert.equal(await alice.ends(), 0);
    assert.equal((await house.ssh('alice', 'escape ^M')).status, 2);
    assert.equal((await house.ssh('alice', 'escape default')).status, 0);
  });

  it('types the size of the window for the guest, and shows those of another size what they have room for', async () => {
    const wide = house.terminal('alice', 'horatio console', { columns: 132, rows: 50 });
    wide.type('\r');
    await wide.sees('#');
    const small = house.terminal('alice', 'horatio watch', { columns: 40, rows: 12 });
    await small.sees('Watching horatio');
    wide.type('\x1dz');
    await wide.sees('Type "stty rows 50 cols 132"');
    wide.type('y');
    await wide.sees('# stty rows 50 cols 132');
    wide.type('clear\r');
    wide.type(`echo ${'0123456789'.repeat(11)}\r`);
    await wide.sees(`\n${'0123456789'.repeat(11)}\n`);
    await small.sees(new RegExp(`^${'0123456789'.repeat(4)}$`, 'm'));
    for (const client of [small, wide]) {
      client.type(LEAVE);
      assert.equal(await client.ends(), 0);
    }
  });

  it('works without a terminal, for scripts: end of input leaves it', async () => {
    const { stdout, status } = await house.ssh('alice', 'horatio console', {
      input: 'clear\recho for-scripts\r',
    });
    assert.equal(status, 0);
    assert.match(stdout, /\nfor-scripts\r?\n/);
  });
});
