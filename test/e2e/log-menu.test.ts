import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { inGuest } from '../support/guest-shell.js';
import { House } from '../support/house.js';
import type { TerminalClient } from '../support/terminal-client.js';

const NO_LOG = `rules:
  - deny: [log]
    reason: The log is closed for an hour.
  - allow: [all]
`;
const ALL = `rules:
  - allow: [all]
`;

describe('the console log in the menu', () => {
  let house: House;
  before(async () => {
    house = await House.start({
      customers: {
        alice: { horatio: 'owner' },
        bob: { yorick: 'owner' },
        oscar: { horatio: 'operator' },
      },
    });
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
    await inGuest(house, 'alice', 'horatio', 'seq 300', 'echo the needle of the first boot');
    assert.equal((await house.ssh('alice', 'horatio reboot --wait --yes')).status, 0);
    await inGuest(
      house,
      'alice',
      'horatio',
      'seq 600',
      String.raw`echo -e '\033[?1000h\033]0;owned\x07\033[31mred\033[0m\033[6n|'`,
    );
  });
  after(() => house.stop());

  /** Opens the log in a customer's menu. */
  async function looking(
    who = 'alice',
    options: { columns?: number; rows?: number } = {},
  ): Promise<TerminalClient> {
    const client = house.terminal(who, '', options);
    await client.sees(/l +Console log/);
    client.type('l');
    await client.sees(/Boot of \d{4}-\d\d-\d\d \d\d:\d\d UTC, normal|Nothing was said/);
    return client;
  }

  async function leave(client: TerminalClient): Promise<void> {
    client.type('q');
    await client.sees(/l +Console log/);
    client.type('q');
    assert.equal(await client.ends(), 0);
  }

  it('is shown from its end, scrolled line by line and page by page to its start and back', async () => {
    const alice = await looking();
    await alice.sees(/finished-\d+ *\n.*#/);
    await alice.sees('end');
    const last = trimmed(alice);
    alice.type('\x1b[A');
    await alice.seesNo(/ end /);
    alice.type('\x1b[B');
    await alice.sees(/ end /);
    assert.equal(trimmed(alice), last);
    alice.type('\x1b[5~\x1b[5~\x1b[5~');
    await alice.sees(/^5[0-9][0-9] *$/m);
    alice.type('\x1b[H');
    await alice.sees('beginning');
    await alice.sees('Linux version');
    alice.type('\x1b[6~'.repeat(4));
    await alice.seesNo('beginning');
    alice.type('\x1b[F');
    await alice.sees(/ end /);
    assert.equal(trimmed(alice), last);
    await leave(alice);
    assert.ok(!alice.alternate);
  });

  it('shows a hostile guest’s sequences, and obeys none', async () => {
    const alice = await looking();
    await alice.sees('^[[?1000hred^[[6n|');
    assert.doesNotMatch(alice.raw, /\x1b\[\?1000h|\x1b\]0;|\x1b\[6n/);
    await leave(alice);
  });

  it('finds a text back through the boots, is told when there is none, and takes ten kilobytes for too much', async () => {
    const alice = await looking();
    alice.type('/NEEDLE of the first\r');
    await alice.sees(/^the needle of the first boot *$/m);
    await alice.sees(/Boot of .*normal/);
    alice.type('n');
    await alice.sees(/echo the needle of the first boot/);
    alice.type('/(a+)+$\r');
    await alice.sees('There is no more "(a+)+$"');
    alice.type(`/\x1b[200~${'x'.repeat(10_000)}\x1b[201~\r`);
    await alice.sees(/There is no more "x{40}\.\.\."/);
    await leave(alice);
  });

  it('has the boot before one key away, says which it is, and what began it', async () => {
    const alice = await looking();
    const began = async (flags: string): Promise<string> =>
      /began at ([\d -]+:\d\d)/.exec((await house.ssh('alice', `horatio log ${flags}`)).stderr)?.[1] ??
      assert.fail();
    const [before, now] = [await began('--boot -1'), await began('--boot 0')];
    await alice.sees(`Boot of ${now} UTC, normal`);
    alice.type('[');
    await alice.sees(`-- Boot of ${before} UTC, normal --`);
    await alice.sees('Linux version');
    alice.type('[');
    await alice.sees('There is no earlier boot in it.');
    alice.type(']');
    await alice.sees(`-- Boot of ${now} UTC, normal --`);
    alice.type('k');
    await alice.sees(`Boot of ${before} UTC, normal`);
    await leave(alice);
  });

  it('is followed through what comes, until somebody looks back', async () => {
    const alice = await looking();
    alice.type('f');
    await alice.sees('following');
    await inGuest(house, 'alice', 'horatio', 'echo came meanwhile', 'seq 400');
    await alice.sees(/^400 *$/m);
    assert.equal((await house.ssh('alice', 'horatio reboot --wait --yes')).status, 0);
    await alice.sees('login:');
    await alice.sees('following');
    alice.type('k');
    await alice.seesNo('following');
    await leave(alice);
  });

  it('is switched off and on by its owner after a question, and says since when', async () => {
    const alice = await looking();
    alice.type('o');
    await alice.sees('Switch the log off: horatio');
    alice.type('n');
    await alice.seesNo('Switch the log off');
    alice.type('oy');
    await alice.sees(/Switched off since \d{4}-\d\d-\d\d \d\d:\d\d UTC/);
    const oscar = await looking('oscar');
    await oscar.sees('Switched off since');
    oscar.type('o');
    await oscar.sees('do not let you switch the console log');
    oscar.type('\r');
    await oscar.seesNo('do not let you');
    await leave(oscar);
    alice.type('oy');
    await alice.seesNo('Switched off since');
    await leave(alice);
    const { stdout } = await house.ssh('alice', 'activity');
    assert.match(
      stdout,
      /you: switched the console log of horatio off\n[^]*you: switched the console log of horatio on\n/,
    );
  });

  it('is closed when the right to it goes, in the middle of following it, and recorded as read once', async () => {
    const alice = await looking();
    alice.type('f');
    await alice.sees('following');
    house.writePolicy(NO_LOG);
    assert.equal((await house.postern('policy', 'reload')).status, 0);
    await alice.sees('The log is closed for an hour.');
    await alice.sees(/Console log +× The log is closed/);
    house.writePolicy(ALL);
    assert.equal((await house.postern('policy', 'reload')).status, 0);
    alice.type('\r');
    await alice.seesNo(/×.*closed/);
    alice.type('l');
    await alice.sees(/Boot of/);
    const asked = async (): Promise<number> =>
      (await house.postern('audit', '--json', '--limit', '1000')).stdout.split(
        '"kind":"domain.log.requested"',
      ).length;
    const before = await asked();
    alice.type('\x1b[5~\x1b[5~/line\rnnN[]');
    await alice.sees('later boot');
    assert.equal(await asked(), before);
    await leave(alice);
    await eventually('its end to be recorded', async () => {
      const { stdout } = await house.postern('audit', '--json', '--limit', '10');
      return /operation\.ended.*"outcome":"done"/.test(stdout);
    });
  });

  it('survives the death of the dom0 half under it', async () => {
    const alice = await looking();
    await house.endDom0('SIGKILL');
    alice.type('\x1b[H');
    await alice.sees('does not answer');
    await house.startDom0();
    await eventually('the host to be heard', async () =>
      (await house.ssh('alice', 'horatio status --json')).stdout.includes('"reachable":true'),
    );
    await eventually(
      'it to be read again',
      () => {
        alice.type('\r\x1b[H');
        return alice.screen.includes('Linux version');
      },
      { everyMs: 300 },
    );
    await eventually(
      'its end to be seen',
      () => {
        alice.type('G');
        return alice.screen.includes(' end ');
      },
      { everyMs: 300 },
    );
    await leave(alice);
  });

  it('shows a role that began later nothing from before, whatever is pressed', async () => {
    assert.equal((await house.postern('role', 'add', 'bob', 'horatio', 'operator')).status, 0);
    const bob = house.terminal('bob', '', { ssh: ['-l', 'horatio'] });
    await bob.sees(/l +Console log/);
    bob.type('l');
    await bob.sees('Nothing was said yet.');
    for (const keys of [
      '\x1b[5~',
      '\x1b[H',
      '[',
      '[',
      ']',
      '/needle\r',
      'N',
      '/Linux\r',
      'n',
      'f',
      'k',
      'g',
      'G',
    ])
      bob.type(keys);
    await inGuest(house, 'bob', 'horatio', 'echo for bob');
    // Text typed right after so many keys counts as the rest of a paste, and is dropped.
    await eventually(
      'what was said for bob',
      () => {
        if (/^for bob *$/m.test(bob.screen)) return true;
        bob.type('G');
        return false;
      },
      { everyMs: 250 },
    );
    bob.type('\x1b[H[/599\r');
    await bob.sees(/There is no more "599"|no earlier boot/);
    assert.doesNotMatch(bob.raw, /of the first boot|Linux version|\b59[0-8]\b|Boot of/);
    await leave(bob);
  });

  it('has a simple form line by line', async () => {
    const alice = house.terminal('alice', 'menu --plain', { rows: 60 });
    await alice.sees('Your choice:');
    alice.type('l\r');
    await alice.receives(/Boot of \d{4}-\d\d-\d\d \d\d:\d\d UTC, normal\r\n[^]*older: an empty line/);
    alice.type('/needle of\r');
    await alice.receives(/\nthe needle of the first boot\r\n[^]*older: an empty line/);
    alice.type(']\r');
    await alice.receives(/\n-- Boot of [^]*Linux version[^]*older: an empty line/);
    alice.type('b\r');
    await alice.receives(/older: an empty line[^]*8\. Watch console/);
    alice.type('q\r');
    assert.equal(await alice.ends(), 0);
    assert.doesNotMatch(alice.raw, /[^\P{C}\r\n\b]/u, 'no control sequence at all');
  });
});

/** The screen without trailing blanks. */
function trimmed({ screen }: TerminalClient): string {
  return screen.replace(/ +$/gm, '');
}
