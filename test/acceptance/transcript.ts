import assert from 'node:assert/strict';
import { bootsAgain, leave, logIn, shows } from './guest.js';
import { PATIENCE } from './patience.js';
import { printedNumbers } from './printed-numbers.js';
import { isReborn } from './states.js';
import type { World } from './world.js';

const BOOTS = 5;
const LINES = 3_000;

/** The whole output of a server, over several boots. */
export function transcriptCases(world: () => World): void {
  it(`keeps every line of ${BOOTS} boots, in order, none twice, none of another server's`, async () => {
    for (const [customer, domain] of [
      ['alice', 'horatio'],
      ['bob', 'yorick'],
    ] as const) {
      const { status, stderr } = await world().ssh(customer, `${domain} start --wait`);
      assert.equal(status, 0, stderr);
    }
    const bob = world().terminal('bob', 'yorick console');
    await logIn(bob);
    const alice = world().terminal('alice', 'horatio console');
    for (let boot = 1; boot <= BOOTS; boot += 1) {
      await logIn(alice);
      bob.type(`seq ${9 * 100_000 + boot * LINES} ${9 * 100_000 + (boot + 1) * LINES}\r`);
      alice.type(`seq ${first(boot)} ${last(boot)}\r`);
      await shows(alice, new RegExp(`^${last(boot)}\n[^]*# *$`, 'm'), PATIENCE.down);
      if (boot === BOOTS) break;
      const before = await world().domid('horatio');
      const received = alice.raw.length;
      alice.type('reboot\r');
      await isReborn(world(), 'horatio', before);
      await bootsAgain(alice, received, 'horatio login:');
    }
    await leave(alice, bob);

    const { status, stdout, stderr } = await world().ssh('alice', 'horatio log --raw --lines 1000000');
    assert.equal(status, 0, stderr);
    assert.ok(!stdout.includes('yorick'), 'nothing of another server');
    const [before, ...boots] = stdout.split('[    0.000000] Linux version ');
    assert.equal(before, '', 'the log begins with the first byte of the first boot');
    assert.equal(boots.length, BOOTS);
    boots.forEach((said, index) => {
      const numbers = printedNumbers(said);
      assert.deepEqual(numbers, expected(index + 1), `boot ${index + 1}`);
    });
  });
}

const first = (boot: number): number => boot * 100_000 + 1;
const last = (boot: number): number => boot * 100_000 + LINES;
const expected = (boot: number): readonly string[] =>
  Array.from({ length: LINES }, (_, index) => String(first(boot) + index));
