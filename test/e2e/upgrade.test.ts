import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSystemImage } from '../../server/simulator/system-image.js';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';
import { InstalledCopy } from '../support/installed-copy.js';
import type { TerminalClient } from '../support/terminal-client.js';

const LONG = process.env['POSTERN_TEST_LONG'] !== undefined;
/** Menus of each kind that are open over the upgrade. */
const MENUS = LONG ? 25 : 3;
/** What the guest says while the dom0 half restarts, one line in 80 ms. */
const LINES = 40;
const LEAVE = '\x1d.';
const POLICY = `rules:
  - allow: [all]
  - allow: [reinstall]
    customers: [alice]
    images: [debian-13]
`;

describe('an upgrade', () => {
  let house: House;
  let installed: InstalledCopy;

  beforeEach(async () => {
    installed = new InstalledCopy();
    house = await House.layOut({
      script: installed.script,
      policy: POLICY,
      customers: { alice: { horatio: 'owner', ophelia: 'owner', yorick: 'owner' } },
      domains: [{ name: 'horatio' }, { name: 'ophelia' }, { name: 'yorick', rawDisk: 36 }],
      profiles: ({ directory, xorriso }) => {
        const { file, sha256 } = writeSystemImage(join(directory, 'debian-13.raw'), 32);
        return `seeds:
  command: ${xorriso}
images:
  debian-13:
    title: Debian 13 (trixie)
    file: ${file}
    sha256: ${sha256}
`;
      },
      gateSettings: 'login:\n  connectionsPerCustomer: 100\n',
    });
    await house.startDom0();
    await house.startGate();
  });
  afterEach(async () => {
    await house.stop();
    installed.remove();
  });

  const must = async (command: string): Promise<string> => {
    const { status, stdout, stderr } = await house.ssh('alice', command);
    assert.equal(status, 0, `${command}: ${stderr}`);
    return stdout;
  };

  const consoleOf = async (domain: string): Promise<TerminalClient> => {
    const terminal = house.terminal('alice', `${domain} console`);
    terminal.type('\r');
    await terminal.sees('login:');
    terminal.type('root\r');
    await terminal.sees('#');
    return terminal;
  };

  it('takes nothing from who is there: a half loads no file after its start', async () => {
    await must('horatio start --wait');
    const terminal = await consoleOf('horatio');
    const follower = house.stream('alice', 'horatio log --follow');
    const full = Array.from({ length: MENUS }, () => house.terminal('alice'));
    const plain = Array.from({ length: MENUS }, () => house.terminal('alice', 'menu --plain'));
    for (const menu of full) await menu.sees('ophelia');
    for (const menu of plain) await menu.sees('ophelia');
    await follower.receives('login:');

    installed.replace();

    // The first key is what loaded blessed's description of terminals.
    for (const menu of full) menu.type('\r');
    for (const menu of full) await menu.sees('Power off');
    for (const menu of plain) menu.type('1\r');
    for (const menu of plain) await menu.sees(/horatio[^]*Power off/i);
    terminal.type('echo sum $((6*7))\r');
    await terminal.sees('sum 42');
    await follower.receives('sum 42');

    assert.match(await must('list'), /horatio/);
    assert.match(await must('horatio status --json'), /"state": ?"running"/);
    assert.match(await must('horatio log'), /sum 42/);
    assert.match(await must('horatio screen'), /sum 42/);
    await must('ophelia start --wait');
    await must('ophelia rescue --yes --wait');
    await must('ophelia normal --yes --wait');
    await must('yorick reinstall debian-13 --erase yorick --wait');
    const later = house.terminal('alice', '', { columns: 132, rows: 50 });
    await later.sees('ophelia');
    later.type('\r');
    await later.sees('Power off');
    const narrow = house.terminal('alice', 'horatio watch', { columns: 60, rows: 20 });
    await narrow.sees('sum 42');

    // Admins have the new program by now.
    assert.equal((await house.postern('policy', 'reload')).status, 0);
    assert.match((await house.postern('session', 'list')).stdout, /alice/);
    assert.match((await house.postern('status')).stdout, /^Sessions/m);

    terminal.type(LEAVE);
    assert.equal(await terminal.ends(), 0);
    for (const half of ['gate', 'dom0'] as const)
      assert.doesNotMatch(readFileSync(house.log(half), 'utf8'), /next version|Cannot find|ENOENT/);
  });

  it('keeps every byte of a console over the restart of the dom0 half, and tells who is at the gate when that restarts', async () => {
    await must('horatio start --wait');
    const terminal = await consoleOf('horatio');
    const menu = house.terminal('alice');
    await menu.sees('horatio');
    const follower = house.stream('alice', 'horatio log --follow --since 1m');
    await follower.receives('login:');
    const log = house.terminal('alice', '', { rows: 80, ssh: ['-l', 'horatio'] });
    await log.sees(/l +Console log/);
    log.type('l');
    await log.sees(/Boot of .* normal/);
    log.type('f');
    await log.sees('following');
    installed.replace();
    house.upgrade();

    const talk = Array.from({ length: LINES }, (_, at) => `echo line ${at + 1}; sleep 4; `).join('');
    terminal.type(`${talk}echo all said\r`);
    await terminal.receives('\nline 5\r');
    await house.endDom0();
    await house.startDom0();
    // When the half was away for long, the terminal gets a picture, which has no line ends.
    await terminal.sees(/^all said$/m);
    const said = await eventually('the end in the log', async () => {
      const text = await must('horatio log');
      return /^all said/m.test(text) ? text : null;
    });
    const lines = said.split(/\r?\n/).filter((line) => /^line \d+$/.test(line));
    assert.deepEqual(
      lines,
      Array.from({ length: LINES }, (_, at) => `line ${at + 1}`),
    );

    await follower.receives('\nall said');
    assert.deepEqual(
      follower.received.split(/\r?\n/).filter((line) => /^line \d+$/.test(line)),
      lines,
      'who follows the log has each line once too',
    );
    assert.match(follower.errors, /does not answer: the log goes on when it does/);

    await log.sees(/^all said *$/m);
    await log.sees('answers again: the log goes on');
    assert.deepEqual(
      log.screen.split('\n').flatMap((row) => /^line \d+(?= *$)/.exec(row)?.[0] ?? []),
      lines,
      'and who follows it in the menu',
    );
    assert.match(log.screen, /following/);

    await house.endGate();
    for (const client of [terminal, menu, log]) {
      await client.receives('being restarted');
      await client.ends();
    }
    await house.startGate();
    const again = house.terminal('alice', 'horatio console');
    await again.sees('all said');
    again.type('echo still $((40+2))\r');
    await again.sees('still 42');
  });
});
