import assert from 'node:assert/strict';
import { House } from '../../support/house.js';

/**
 * A guest belongs to its owner, or to anyone who broke into it, and its console prints anything. Nothing of
 * that may outlive the console: not in the customer's terminal, the menu, the logs, or an admin's screen.
 */
describe('attack: a hostile guest', () => {
  let house: House;
  before(async () => {
    house = await House.start();
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
    const alice = house.terminal('alice', 'horatio console');
    alice.type('\r');
    await alice.sees('login:');
    alice.type('root\r');
    await alice.sees('#');
    alice.type('\x1d.');
    await alice.ends();
  });
  after(() => house.stop());

  it('leaves the terminal as it was: screen, mouse, paste, keypad, cursor, character set', async () => {
    const alice = house.terminal('alice', '', { ssh: ['-l', 'horatio'] });
    await alice.sees(/1\W+[Cc]onsole/);
    alice.type('1');
    await alice.sees('#');
    // Alternate screen, all mouse modes, bracketed paste, hidden cursor, application keypad, line drawing,
    // red and blinking.
    alice.type(
      "echo -e '\\033[?1049h\\033[?1000h\\033[?1003h\\033[?1006h\\033[?2004h\\033[?25l\\033=\\033[?1h\\033(0\\033[5;31mtrap'\r",
    );
    await alice.receives('\x1b[?1003h');
    alice.type('\x1d.');
    await alice.sees(/1\W+[Cc]onsole/);
    await alice.sees('horatio');
    alice.type('q');
    assert.equal(await alice.ends(), 0);
    const after = alice.raw.slice(alice.raw.lastIndexOf('\x1b[?1003h'));
    for (const reset of [
      '\x1b[?1000l',
      '\x1b[?1003l',
      '\x1b[?1006l',
      '\x1b[?2004l',
      '\x1b[?25h',
      '\x1b>',
      '\x1b[?1l',
      '\x1b(B',
    ]) {
      assert.ok(after.includes(reset), `${JSON.stringify(reset)} was sent`);
    }
    assert.ok(!alice.alternate);
    // The guest's own screen stays hostile for the next visitor; its owner resets it.
    const again = house.terminal('alice', 'horatio console');
    await again.sees('horatio');
    again.type("echo -e '\\033c'\r");
    again.type('echo well-again\r');
    await again.sees(/^well-again$/m);
    again.type('\x1d.');
    assert.equal(await again.ends(), 0);
  });

  it('cannot answer for the customer: questions to the terminal are not the guest’s input', async () => {
    const alice = house.terminal('alice', 'horatio watch');
    await alice.sees('#');
    // A watcher's terminal answers the guest's queries (DA, DSR, DECRQSS). None of the answers may reach the
    // guest.
    const writer = house.terminal('alice', 'horatio console');
    await writer.sees('#');
    writer.type("echo -e '\\033[c\\033[6n'\r");
    writer.type('echo quiet-now\r');
    await alice.sees('quiet-now');
    alice.type('\x1b[?1;2c');
    alice.type('intruder\r');
    writer.type('echo the-end\r');
    await writer.sees('the-end');
    assert.doesNotMatch(writer.screen, /intruder/);
    for (const client of [alice, writer]) {
      client.type('\x1d.');
      await client.ends();
    }
  });

  it('a flood from one guest does not keep another customer from typing', async () => {
    assert.equal((await house.ssh('bob', 'yorick start --wait')).status, 0);
    const flooded = house.terminal('alice', 'horatio console');
    await flooded.sees('#');
    flooded.type('yes\r');
    await flooded.sees(/y\ny\ny/);
    const bob = house.terminal('bob', 'yorick console');
    bob.type('\r');
    await bob.sees('login:');
    bob.type('root\r');
    await bob.sees('#');
    bob.type('echo bob-can-type\r');
    await bob.sees('bob-can-type');
    bob.type('\x1d.');
    assert.equal(await bob.ends(), 0);
    flooded.type('\x03');
    flooded.type('\x1d.');
    assert.equal(await flooded.ends(), 0);
  });

  it('a byte 0x1d in a paste never ends the console for the others', async () => {
    const writer = house.terminal('alice', 'horatio console');
    await writer.sees('#');
    const watcher = house.terminal('alice', 'horatio watch');
    await watcher.sees('#');
    writer.type('echo before\x1d\x1dafter\r');
    await watcher.sees('beforeafter');
    writer.type('echo still-here\r');
    await watcher.sees('still-here');
    for (const client of [writer, watcher]) {
      client.type('\x1d.');
      assert.equal(await client.ends(), 0);
    }
  });
});
