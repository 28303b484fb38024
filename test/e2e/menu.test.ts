import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';

describe('menu', () => {
  let house: House;
  before(async () => {
    house = await House.start();
  });
  after(() => house.stop());

  it('shows the customer their own servers with their state, and ends with q', async () => {
    const alice = house.terminal('alice');
    await alice.sees('horatio');
    await alice.sees('ophelia');
    await alice.sees(/horatio\s+.*off/);
    assert.doesNotMatch(alice.screen, /yorick/);
    assert.ok(alice.alternate, 'a full-screen menu has its own screen');
    alice.type('q');
    assert.equal(await alice.ends(), 0);
    assert.ok(!alice.alternate, 'the terminal is put right');
  });

  it('goes straight to the page of an only server, and by the server’s name as login', async () => {
    const bob = house.terminal('bob');
    await bob.sees(/1\W+[Cc]onsole/);
    assert.match(bob.screen, /yorick/);
    bob.type('q');
    assert.equal(await bob.ends(), 0);
    const direct = house.terminal('alice', '', { ssh: ['-l', 'ophelia'] });
    await direct.sees(/1\W+[Cc]onsole/);
    assert.match(direct.screen, /ophelia/);
    direct.type('q');
    assert.equal(await direct.ends(), 0);
  });

  it('starts a server, lends the terminal to its console and takes it back', async () => {
    const alice = house.terminal('alice', '', { ssh: ['-l', 'horatio'] });
    await alice.sees(/1\W+[Cc]onsole/);
    alice.type('2');
    await alice.receives('login:');
    alice.type('root\r');
    await alice.sees('#');
    alice.type('\x1d.');
    await alice.sees(/1\W+[Cc]onsole/);
    await alice.sees('running');
    alice.type('q');
    assert.equal(await alice.ends(), 0);
  });

  it('powers off only after the name was typed, and notices by itself what an admin does by hand', async () => {
    const alice = house.terminal('alice', '', { ssh: ['-l', 'horatio'] });
    await alice.sees('running');
    alice.type('4');
    await alice.sees(/type/i);
    alice.type('horatia\r');
    alice.type('\x1b');
    await eventually('the menu to be back', () => /1\W+[Cc]onsole/.test(alice.screen));
    assert.match(house.xlByHand('list').stdout, /horatio/);
    alice.type('4');
    await alice.sees(/type/i);
    alice.type('horatio\r');
    await alice.sees(/off +since/);
    assert.doesNotMatch(house.xlByHand('list').stdout, /horatio/);
    alice.type('\x1b');
    assert.equal(house.xlByHand('create', '-q', `${house.layout.xen}/etc/xen/horatio.cfg`).status, 0);
    await alice.sees('running');
    alice.type('q');
    assert.equal(await alice.ends(), 0);
  });

  it('follows the window from 40×12 to 200×60', async () => {
    const alice = house.terminal('alice', '', { columns: 40, rows: 12 });
    await alice.sees('horatio');
    alice.resize(200, 60);
    await eventually('a wide menu', () =>
      alice.screen.split('\n').some((line) => line.trimEnd().length > 100),
    );
    await alice.sees('ophelia');
    alice.type('q');
    assert.equal(await alice.ends(), 0);
  });

  it('without a terminal it is a numbered menu, line by line, without escape sequences', async () => {
    const { stdout, status } = await house.ssh('alice', '', { input: '1\nq\nq\n' });
    assert.equal(status, 0);
    assert.match(stdout, /horatio/);
    assert.doesNotMatch(stdout, /\x1b/);
    const plain = await house.ssh('bob', 'menu --plain', { input: 'q\n' });
    assert.match(plain.stdout, /yorick/);
    assert.doesNotMatch(plain.stdout, /\x1b/);
    const dumb = house.terminal('alice', '', { term: 'dumb' });
    await dumb.sees('horatio');
    assert.doesNotMatch(dumb.raw, /\x1b/);
    dumb.type('q\r');
    await dumb.ends();
  });

  it('completes words at Tab in the numbered menu, and none of another customer', async () => {
    const alice = house.terminal('alice', 'menu --plain');
    await alice.sees('Your choice:');
    alice.type('hor\t');
    await alice.sees(/Your choice: horatio$/);
    alice.type('wat\t');
    await alice.sees('Your choice: horatio watch');
    alice.type('\x15yor\t\t');
    await alice.sees('No word here begins so.');
    alice.type('\x15\t\t');
    await alice.sees(/You can type: horatio, [^]*, quit/);
    assert.doesNotMatch(alice.screen, /yorick/);
    alice.type('keys remove \t');
    await alice.sees('keys remove SHA256:');
    alice.type('\x15horatio scr\t');
    await alice.sees('Your choice: horatio screen');
    alice.type('\r');
    await alice.sees(/horatio is off and has shown nothing|login:|horatio is off: this is its last screen/);
    alice.type('horatio gra\t\r');
    await alice.sees(/Nothing is recorded yet|The 24 hours until/);
    alice.type('horatio log --follow\r');
    await alice.sees('Options such as --json are for commands');
    alice.type('act\t\r');
    await alice.sees('Your activity');
    alice.type('quit\r');
    assert.equal(await alice.ends(), 0);
    assert.doesNotMatch(alice.raw, /[\x1b\x07]/);
  });

  it('says that the host does not answer while the dom0 half is down, and recovers', async () => {
    const alice = house.terminal('alice');
    await alice.sees('horatio');
    await house.endDom0('SIGKILL');
    await alice.sees(/not answering|no answer|unreachable/i);
    await house.startDom0();
    await alice.seesNo(/not answering|no answer|unreachable/i);
    alice.type('q');
    assert.equal(await alice.ends(), 0);
  });

  it('a TERM that is a path, or madness, is harmless', async () => {
    for (const term of ['/dev/zero', '../../etc/passwd', 'x'.repeat(2000), '$(id)', '\x1b[2J', '']) {
      const alice = house.terminal('alice', '', { term });
      await alice.sees('horatio');
      alice.type('q');
      assert.equal(await alice.ends(), 0, JSON.stringify(term.slice(0, 20)));
    }
  });
});
