import assert from 'node:assert/strict';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';

interface Looks {
  readonly hidden: boolean;
}

const LEAVE = '\x1d.';
const BOOT = /\[ +0\.000000\] Linux version[^]*login:/;
const NEW_BOOT = new RegExp(`# reboot\\n[^]*${BOOT.source}`);

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

  it('leaves to the guest what was typed right before the leave, however soon that comes', async () => {
    const alice = house.terminal('alice', 'horatio watch');
    await alice.sees('#');
    for (const word of ['hamlet', 'laertes', 'osric', 'fortinbras']) {
      const input = `clear; echo ${word}-was-here\r${LEAVE}`;
      assert.equal((await house.ssh('alice', 'horatio console', { input })).status, 0);
      await alice.sees(new RegExp(`^${word}-was-here`, 'm'));
    }
    alice.type(LEAVE);
    await alice.ends();
  });

  it('stays through a reboot and shows the new boot from its first byte', async () => {
    const alice = house.terminal('alice', 'horatio console');
    alice.type('\r');
    await alice.sees('#');
    alice.type('reboot\r');
    // The first line of the new boot is whole, and so are those after it.
    await eventually('the new boot', () => NEW_BOOT.test(alice.history), { instead: () => alice.history });
    alice.type(LEAVE);
    assert.equal(await alice.ends(), 0);
  });

  it('starts without losing a byte of the boot', async () => {
    assert.equal((await house.ssh('alice', 'horatio poweroff --yes --wait')).status, 0);
    const alice = house.terminal('alice', 'horatio console');
    await alice.receives(/off/);
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
    await eventually('the boot', () => BOOT.test(alice.history), { instead: () => alice.history });
    alice.type(LEAVE);
    assert.equal(await alice.ends(), 0);
  });

  it('draws a line between two boots, while the old prompt stands and the new one says nothing', async () => {
    const alice = house.terminal('alice', 'horatio console');
    alice.type('\r');
    await alice.sees('login:');
    assert.equal((await house.ssh('alice', 'horatio poweroff --yes --wait')).status, 0);
    await alice.sees('horatio is off');
    const config = join(house.layout.xen, 'etc', 'xen', 'horatio.cfg');
    assert.equal(house.xlByHand('create', '-p', '-q', config).status, 0);
    const line = /horatio started \d\d:\d\d:\d\d UTC and says nothing yet/;
    await alice.sees(line);
    assert.match(alice.screen, /login:/, 'what the boot before said last can be read');
    assert.ok((alice.looks as Looks).hidden, 'nobody listens at its prompt');
    const bob = house.terminal('alice', 'horatio watch');
    await bob.sees(line);
    assert.doesNotMatch(bob.screen, /Keys may be lost/);
    alice.type('root');
    const scripted = await house.ssh('alice', 'horatio console', { input: '' });
    assert.match(scripted.stderr, /^\[postern\] --- horatio started \d\d:\d\d:\d\d UTC ---$/m);
    assert.doesNotMatch(scripted.stdout, /started/, 'the guest’s bytes are the guest’s');
    assert.equal(house.xlByHand('unpause', 'horatio').status, 0);
    for (const client of [alice, bob]) {
      await eventually('the boot', () => BOOT.test(client.history), { instead: () => client.history });
      await eventually('the line to go', () => !line.test(client.screen));
      assert.ok(!(client.looks as Looks).hidden);
      client.type(LEAVE);
      assert.equal(await client.ends(), 0);
    }
    const log = await house.ssh('alice', 'horatio log --boot 0');
    assert.doesNotMatch(log.stdout, /says nothing yet|---/, 'it is ours, and not in the guest’s log');
  });

  it('works without a terminal, for scripts: end of input leaves it', async () => {
    const { stdout, status } = await house.ssh('alice', 'horatio console', {
      input: '\r',
    });
    assert.equal(status, 0);
    assert.match(stdout, /login:/);
  });
});
