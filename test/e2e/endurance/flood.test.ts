import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.js';
import { House } from '../../support/house.js';
import { ProcessFacts } from '../../support/process-facts.js';

const MIB = 1024 * 1024;
const LONG = process.env['POSTERN_TEST_LONG'] !== undefined;
const FLOOD = (LONG ? 250 : 64) * 1_000_000;
const KEYS = 20;
/** Bytes by which a half may grow; less than the flood. */
const GROWTH = 40 * MIB;
/** Bytes of the flood between a key and its echo: usually, and at most on a busy machine. */
const MOSTLY_BETWEEN = MIB / 2;
const EVER_BETWEEN = 8 * MIB;
const CTRL_C = '\x03';
/** Milliseconds that a busy machine may take for the flood. */
const PATIENCE_MS = 240_000;
/** The typed line does not contain the printed text. */
const OVER = 'the-flood-is-over';
const SAY_OVER = String.raw`echo -e 'the\x2dflood\x2dis\x2dover'`;

describe('a flood', () => {
  let house: House;
  before(async () => {
    house = await House.start();
    for (const [customer, domain] of [
      ['alice', 'horatio'],
      ['bob', 'yorick'],
    ] as const) {
      assert.equal((await house.ssh(customer, `${domain} start --wait`)).status, 0);
    }
  });
  after(() => house.stop());

  it(`of ${FLOOD / 1_000_000} MB leaves memory, the neighbour’s keys and the others at its console alone`, async () => {
    const alice = house.stream('alice', 'horatio console', { keeps: 4096 });
    alice.type('\r');
    await alice.receives('login:');
    alice.type('root\r');
    await alice.receives('# ');
    const bob = house.stream('bob', 'yorick console');
    bob.type('\r');
    await bob.receives('login:');
    bob.type('root\r');
    await bob.receives('# ');
    const stopped = house.terminal('alice', 'horatio watch');
    await stopped.sees('Watching horatio');
    const dom0 = new ProcessFacts(house.dom0Pid);
    const halves = [dom0, new ProcessFacts(house.gatePid)];
    for (const half of halves) half.forgetPeak();
    const before = halves.map((half) => half.peak);

    stopped.kill('SIGSTOP');
    const had = stopped.raw.length;
    const start = dom0.bytesRead;
    alice.type('flood 1000000000000\r');
    await alice.receives('0123456789abcdef');
    const flooded: number[] = [];
    for (let key = 0; key < KEYS; key += 1) {
      const from = bob.received.length;
      const read = dom0.bytesRead;
      bob.type('k');
      await bob.hears();
      assert.equal(bob.received.slice(from), 'k');
      flooded.push(dom0.bytesRead - read);
    }
    flooded.sort((a, b) => a - b);
    const between = `read between keys and their echoes: ${flooded.join(' ')}`;
    assert.ok(flooded[KEYS / 2]! < MOSTLY_BETWEEN, between);
    assert.ok(flooded.at(-1)! < EVER_BETWEEN, between);

    await eventually('the flood', () => dom0.bytesRead - start > FLOOD, { withinMs: PATIENCE_MS });
    alice.type(CTRL_C);
    await alice.receives('^C', { withinMs: PATIENCE_MS });
    alice.type(`clear; ${SAY_OVER}\r`);
    await alice.receives(OVER, { withinMs: PATIENCE_MS });
    for (const [at, half] of halves.entries()) {
      const grown = half.peak - before[at]!;
      assert.ok(grown < GROWTH, `half ${at} has grown by ${grown} bytes`);
    }
    assert.equal(stopped.raw.length, had, 'who has stopped reading held nobody up');
    stopped.kill('SIGCONT');
    await stopped.sees(/\d{7,} bytes came faster than your line takes them and were left out/, PATIENCE_MS);
    await stopped.sees(new RegExp(`^${OVER}$`, 'm'), PATIENCE_MS);
    assert.ok(stopped.raw.length - had < 4 * MIB, `${stopped.raw.length - had} bytes of the flood`);
  });
});

describe('a flood in whose midst the dom0 half is killed', () => {
  let house: House;
  before(async () => {
    house = await House.start({ dom0Settings: 'console: {log: {rateKiB: 1048576, perDomainMiB: 256}}\n' });
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
  });
  after(() => house.stop());

  const segments = (): readonly string[] => {
    const folder = join(house.layout.dom0State, 'console-log', 'domains', 'horatio');
    if (!existsSync(folder)) return [];
    const names = readdirSync(folder).filter((name) => name.endsWith('.log'));
    return names.sort().map((name) => join(folder, name));
  };
  const onDisk = (): string =>
    segments()
      .map((file) => readFileSync(file, 'latin1'))
      .join('');
  /** Checked instead of the text: on a busy machine a flood grows faster than it can be read. */
  const bytesOnDisk = (): number => segments().reduce((sum, file) => sum + statSync(file).size, 0);

  it('is in the log up to the last write, and the next half goes on behind it', async () => {
    const alice = house.stream('alice', 'horatio console', { keeps: 4096 });
    alice.type('\r');
    await alice.receives('login:');
    alice.type('root\r');
    await alice.receives('# ');
    // It ends by itself: on a busy machine no key gets through an endless flood.
    alice.type('seq 3000000\r');
    await eventually('some of the flood to be written', () => bytesOnDisk() > 160_000);
    await house.endDom0('SIGKILL');
    const kept = onDisk();
    const numbers = [...kept.matchAll(/^(\d+)\r$/gm)].map(([, number]) => Number(number));
    assert.ok(numbers.length >= 20_000);
    const wrong = numbers.findIndex((number, at) => number !== at + 1);
    assert.equal(wrong, -1, `every line once, in order: line ${wrong + 1} is ${numbers[wrong] ?? 'none'}`);
    const tail = kept.slice(kept.indexOf(`\n${numbers.length}\r`) + `\n${numbers.length}\r`.length);
    assert.ok(`\n${numbers.length + 1}\r`.startsWith(tail), 'and of the one that was cut, its beginning');

    await house.startDom0();
    // Keys typed before the console is back are lost, as the customer is told. So the test types until the
    // guest answers.
    const stops = (): boolean => {
      if (alice.waiting === 0) alice.type(CTRL_C);
      return alice.received.includes('^C');
    };
    await eventually('the guest to be stopped', stops, { everyMs: 100 });
    alice.type(`${SAY_OVER}\r`);
    await eventually('the end to be written', () => onDisk().includes(`\n${OVER}\r\n`));
    assert.ok(onDisk().startsWith(kept), 'what was there stays as it was');
    assert.doesNotMatch(readFileSync(house.log('dom0'), 'utf8'), /console-log\.un(writable|readable)/);
  });
});
