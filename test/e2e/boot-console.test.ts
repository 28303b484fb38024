import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';
import type { TerminalClient } from '../support/terminal-client.js';

const LEAVE = '\x1d.';
/** The simulated kernel's first bytes, at the beginning of a line. */
const FIRST = '[    0.000000] Linux version ';
const BOOT = /^\[ {4}0\.000000\] Linux version [^]*login:/m;

describe('the console of what boots, from its first byte', () => {
  let house: House;
  before(async () => {
    house = await House.start();
  });
  after(() => house.stop());

  const run = async (command: string): Promise<void> => {
    const { status, stderr } = await house.ssh('alice', `horatio ${command}`);
    assert.equal(status, 0, `${command}: ${stderr}`);
  };
  const menu = async (choice: string): Promise<TerminalClient> => {
    const alice = house.terminal('alice', '', { ssh: ['-l', 'horatio'] });
    await alice.sees(/1\W+[Cc]onsole/);
    await alice.sees(/(running|off) +since/);
    alice.type(choice);
    return alice;
  };
  const exec = (verb: string): TerminalClient => house.terminal('alice', `horatio ${verb} --console`);
  const sees = (alice: TerminalClient, boot: RegExp): Promise<unknown> =>
    eventually('the boot', () => boot.test(alice.history), { instead: () => alice.history });
  const leave = async (alice: TerminalClient, isMenu: boolean): Promise<void> => {
    alice.type(LEAVE);
    if (isMenu) {
      await alice.sees(/1\W+[Cc]onsole/);
      alice.type('q');
    }
    assert.equal(await alice.ends(), 0);
    await eventually('the end of the operation', async () => {
      const { stdout } = await house.ssh('alice', 'horatio status --json');
      const { state, operation } = JSON.parse(stdout) as { state: string; operation: object | null };
      return state === 'running' && operation === null;
    });
  };
  /** Nothing of the boot before is on a console that begins with a boot. */
  const beginsAnew = ({ history }: TerminalClient): void => {
    assert.equal(history.split(FIRST).length, 2, history);
    assert.doesNotMatch(history.slice(0, history.indexOf(FIRST)), /\[ +\d+\.\d{6}\]|login:|#/);
  };

  for (const [way, enter] of [
    ['the menu', () => menu('2')],
    ['exec', () => Promise.resolve(exec('start'))],
  ] as const) {
    it(`follows a start: ${way}`, async () => {
      const alice = await enter();
      await sees(alice, BOOT);
      beginsAnew(alice);
      await leave(alice, way === 'the menu');
      await run('poweroff --yes --wait');
    });
  }

  for (const [way, enter] of [
    ['the menu', () => menu('5c')],
    ['exec', () => Promise.resolve(exec('reboot'))],
  ] as const) {
    it(`follows a reboot, and shows how it goes down: ${way}`, async () => {
      await run('start --wait');
      const alice = await enter();
      await alice.receives('Requesting system reboot');
      // A notice may stand on the last lines of the boot before.
      await sees(alice, /Stopped target[^]*\[ {4}0\.000000\] Linux version [^]*login:/);
      await leave(alice, way === 'the menu');
    });
  }

  for (const [way, enter] of [
    ['the menu', () => menu('7c')],
    ['exec', () => Promise.resolve(exec('normal'))],
  ] as const) {
    it(`follows a normal boot out of rescue: ${way}`, async () => {
      await run('rescue rescue --yes --wait');
      const alice = await enter();
      await sees(alice, BOOT);
      beginsAnew(alice);
      await leave(alice, way === 'the menu');
    });
  }
});
