import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { defaultPolicy } from '../../server/cli/demo/demo-settings.js';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';
import type { TerminalClient } from '../support/terminal-client.js';

const LEAVE = '\x1d.';

const POLICY = readFileSync(defaultPolicy(), 'utf8');

/** A policy with a customer for whom consoles have other options. */
const LOGS_OUT = `${POLICY}
consoles:
  - customers: [dora]
    logOut: true
`;
const IDLE = `${LOGS_OUT}
    idle: 4s
`;

describe('the options of a console', () => {
  let house: House;
  before(async () => {
    house = await House.start({
      customers: {
        alice: { horatio: 'owner', ophelia: 'owner' },
        carol: { horatio: 'watcher' },
        dora: { horatio: 'operator' },
      },
      policy: LOGS_OUT,
      gateSettings: 'console: {break: sysrq-h}\n',
    });
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
  });
  afterEach(() => {
    house.hangUp();
  });
  after(() => house.stop());

  /** Takes the keyboard, at any prompt. */
  async function seated(client: TerminalClient): Promise<void> {
    await client.receives(/Console of horatio\.|Nobody has the keyboard now/);
    client.type('\r');
    await client.sees(/(login:|#)$/);
  }

  /** Takes the keyboard at the guest's login prompt. */
  async function atLogin(client: TerminalClient): Promise<void> {
    await seated(client);
    if (!client.screen.endsWith('login:')) client.type('exit\r');
    await client.sees(/login:$/);
  }

  /** Takes the keyboard at a shell, on an empty screen. */
  async function atShell(client: TerminalClient): Promise<void> {
    await seated(client);
    if (client.screen.endsWith('login:')) client.type('root\r');
    await client.sees(/#$/);
    client.type('clear\r');
    await client.sees(/^root@horatio:~#$/);
  }

  /** Waits until this many SysRq keys were sent. */
  async function sent(count: number): Promise<void> {
    await eventually(`${count} SysRq keys`, async () => {
      const { stdout } = await house.ssh('alice', 'activity');
      return (stdout.match(/sent a SysRq key to horatio: done/g) ?? []).length === count;
    });
  }

  /** @returns dora, who has answered the warning; undefined when she was too late, as on a machine that stands still */
  async function answersWarning(): Promise<TerminalClient | undefined> {
    house.writePolicy(LOGS_OUT);
    assert.equal((await house.postern('policy', 'reload')).status, 0);
    const dora = house.terminal('dora', 'horatio console');
    await atShell(dora);
    house.writePolicy(IDLE);
    assert.equal((await house.postern('policy', 'reload')).status, 0);
    await dora.receives(/Nothing was typed for long: this console is left in (\d seconds|a second)\./);
    dora.type('echo still-here\r');
    const isLeft = (): boolean => dora.raw.includes('nothing was typed for too long');
    let answered: TerminalClient | undefined;
    await dora.until(() => {
      const isInTime = /^still-here$/m.test(dora.screen) && !dora.screen.includes('Nothing was typed');
      if (isInTime) answered = dora;
      return isInTime || isLeft();
    }, 'still-here without a warning, or the end');
    if (isLeft()) await dora.ends();
    return answered;
  }

  async function leave(...clients: readonly TerminalClient[]): Promise<void> {
    for (const client of clients) {
      client.type(LEAVE);
      assert.equal(await client.ends(), 0);
    }
  }

  it('SysRq keys are shown with words, and a break of the client’s sends the one that is set', async () => {
    const alice = house.terminal('alice', 'horatio console', { ssh: ['-e', '~'] });
    await atShell(alice);
    alice.type('\x1ds');
    await alice.sees('Which SysRq key? h help, m memory, p registers, s sync');
    alice.type('h');
    await alice.receives('The SysRq key is on its way to horatio.');
    await sent(1);
    alice.type('clear\r');
    await alice.sees(/^root@horatio:~#$/);
    // OpenSSH recognises its own escape only at the beginning of a line.
    alice.type('\r~B');
    await alice.sees('sysrq: HELP');
    await sent(2);
    alice.type('\x1db');
    await sent(3);
    await leave(alice);
  });

  it('the window’s size is typed at a shell prompt, and seen by windows of other sizes', async () => {
    const wide = house.terminal('alice', 'horatio console', { columns: 132, rows: 50 });
    await atShell(wide);
    const small = house.terminal('carol', 'horatio watch', { columns: 40, rows: 12 });
    await small.sees('Watching horatio');
    await eventually('its size to be typed', async () => {
      wide.type('\x1dz');
      await wide.sees('Type "stty rows 50 cols 132" and Enter');
      wide.type('y');
      // A slow host may not have read its screen yet; try again.
      await wide.sees(/# stty rows 50 cols 132|does not look like/);
      if (!wide.screen.includes('does not look like')) return true;
      wide.type('n');
      return false;
    });
    wide.type('clear\r');
    wide.type(`echo ${'0123456789'.repeat(11)}\r`);
    await wide.sees(`\n${'0123456789'.repeat(11)}\n`);
    await small.sees(new RegExp(`^${'0123456789'.repeat(4)}$`, 'm'));
    await leave(small, wide);
  });

  it('the window’s size is not typed at a login prompt, unless it is wanted twice', async () => {
    const alice = house.terminal('alice', 'horatio console', { columns: 100, rows: 30 });
    await atLogin(alice);
    alice.type('\x1dz');
    await alice.sees('Type "stty rows 30 cols 100" and Enter');
    alice.type('y');
    await alice.sees('That does not look like an empty shell prompt.');
    alice.type('n');
    await alice.sees('Nothing was done.');
    assert.doesNotMatch(alice.screen, /login: stty/);
    alice.type('\x1dz');
    await alice.sees('Type "stty rows 30 cols 100" and Enter');
    alice.type('yy');
    await alice.sees('login: stty rows 30 cols 100');
    await leave(alice);
  });

  it('a shell that is left is spoken of', async () => {
    const alice = house.terminal('alice', 'horatio console');
    await atShell(alice);
    alice.type(LEAVE);
    await alice.receives(
      'horatio seems to be left logged in: the next person at its console has that shell.',
    );
    assert.equal(await alice.ends(), 0);
  });

  it('a shell that is left is ended where policy says so, but not in half a command; nothing is said of a login', async () => {
    const dora = house.terminal('dora', 'horatio console');
    await atShell(dora);
    dora.type('echo half a comm');
    await dora.sees('echo half a comm');
    dora.type(LEAVE);
    await dora.sees('horatio seems to be left logged in');
    assert.equal(await dora.ends(), 0);

    const again = house.terminal('dora', 'horatio console');
    await again.sees('echo half a comm');
    again.type('\x03');
    await atShell(again);
    again.type(LEAVE);
    await again.receives('horatio seemed to be left logged in: Ctrl-D was sent to its shell.');
    assert.equal(await again.ends(), 0);

    const alice = house.terminal('alice', 'horatio console');
    await seated(alice);
    assert.match(alice.screen, /login:$/, 'the shell has ended');
    const before = alice.raw.length;
    await leave(alice);
    assert.doesNotMatch(alice.raw.slice(before), /logged in/);
  });

  it('nobody typing ends it, with a warning before; typing and watching do not', async () => {
    const watcher = house.terminal('carol', 'horatio watch');
    await watcher.sees('Watching horatio');
    const dora = await eventually('dora to answer the warning in time', answersWarning);
    await dora.receives('The console of horatio was left: nothing was typed for too long.');
    await dora.receives('Ctrl-D was sent to its shell');
    assert.equal(await dora.ends(), 1);
    await watcher.receives('dora has left this console.');
    await watcher.sees('login:');
    watcher.type('\x1dw');
    await watcher.receives('Nobody else is here.');
    await leave(watcher);
    house.writePolicy(LOGS_OUT);
    assert.equal((await house.postern('policy', 'reload')).status, 0);
  });

  it('the key that leaves it is chosen in the menu, and by a command', async () => {
    const alice = house.terminal('alice');
    await alice.sees('horatio');
    alice.type('e');
    await alice.sees('Do it?');
    alice.type('y');
    await alice.sees('Ctrl-A and then . leaves a console from now on.');
    alice.type('1');
    await alice.sees(/Ctrl-A and \. come back/);
    alice.type('1');
    await alice.receives('Console of horatio. Ctrl-A . leaves, Ctrl-A ? helps.');
    alice.type('\r');
    await alice.sees(/(login:|#)$/);
    alice.type('\x01?');
    await alice.sees('Ctrl-A then  .  leave the console');
    // Ctrl-] is a normal key here, but this host cannot take it.
    alice.type('\x1d');
    await alice.sees('Ctrl-] cannot be sent to this server');
    alice.type('\x01.');
    await alice.sees(/Ctrl-A and \. come back/);
    alice.type('q');
    await alice.ends();
    assert.equal((await house.ssh('alice', 'escape')).stdout, 'Ctrl-A and a dot leave a console.\n');
    assert.match((await house.ssh('alice', 'help')).stdout, /Ctrl-A \. leaves/);
    assert.equal((await house.ssh('alice', 'escape ^M')).status, 2);
    assert.equal((await house.ssh('alice', 'escape default')).status, 0);
  });

  it('a watcher sees who comes and goes, and neither types nor takes the keyboard', async () => {
    const carol = house.terminal('carol', 'horatio watch');
    await carol.sees('Watching horatio');
    const alice = house.terminal('alice', 'horatio console');
    await carol.receives('alice has joined this console.');
    await atShell(alice);
    await alice.receives('Also here: carol.');
    carol.type('rm -rf /\r');
    await carol.sees('You are watching: keys are not sent.');
    carol.type('\x1dt');
    await carol.receives('The rules here do not let you use the console of horatio.');
    alice.type('echo only-alice\r');
    await alice.sees(/^only-alice$/m);
    assert.doesNotMatch(alice.screen, /rm -rf/);
    await leave(alice);
    await carol.receives('alice has left this console.');
    // Nobody has the keyboard now, and she still must not get it.
    carol.type('\x1dtecho stolen\r');
    const next = house.terminal('alice', 'horatio console');
    await atShell(next);
    assert.doesNotMatch(next.raw, /stolen/);
    assert.equal((await house.ssh('carol', 'horatio console')).status, 3);
    await leave(next, carol);
  });

  it('an admin who watches is announced, and the journal of the host has it', async () => {
    const alice = house.terminal('alice', 'horatio console');
    await atShell(alice);
    const admin = house.adminConsole('horatio', '--watch');
    await alice.receives(/admin \S+ has joined this console\./);
    alice.type('\x1dw');
    await alice.sees(/Also here: admin \S+\./);
    admin.type(LEAVE);
    assert.equal(await admin.ends(), 0);
    await alice.receives(/admin \S+ has left this console\./);
    const journal = readFileSync(`${house.layout.dom0State}/journal.jsonl`, 'utf8');
    assert.match(
      journal,
      /"kind":"admin","domain":"horatio","admin":"[^"]+","act":"console-entered","mode":"watch"/,
    );
    await leave(alice);
  });
});
