import assert from 'node:assert/strict';
import { residentAfterCollection } from '../../support/collector.js';
import { eventually } from '../../support/eventually.js';
import { House, run } from '../../support/house.js';
import { ProcessFacts } from '../../support/process-facts.js';

const LONG = process.env['POSTERN_TEST_LONG'] !== undefined;
const CYCLES = LONG ? 1000 : 60;
/** After this many cycles everything has been loaded, compiled and buffered once. */
const WARM = LONG ? 100 : 12;
const AT_ONCE = 4;
/** One customer alone would be slowed down by their rate limit. */
const CUSTOMERS = ['alice', 'bernardo', 'carol', 'dora', 'emilia', 'flavius', 'gratiano', 'helena'];
const GROWTH = 10 * 1024 * 1024;

describe('coming to a console and leaving it', () => {
  let house: House;
  before(async () => {
    house = await House.start({
      collects: true,
      customers: Object.fromEntries(CUSTOMERS.map((name) => [name, { horatio: 'owner' as const }])),
    });
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
  });
  after(() => house.stop());

  let turn = 0;
  const cycle = async (): Promise<void> => {
    turn += 1;
    const customer = CUSTOMERS[turn % CUSTOMERS.length] ?? 'alice';
    const args = [...house.sshArgs(customer, ['-tt', '-e', 'none']), '--', 'horatio console'];
    const { status, stdout, stderr } = await run('ssh', args, '\x1d.');
    assert.equal(status, 0, stderr);
    assert.match(stdout, /\x1b\[/, 'the terminal was put right');
  };

  const cycles = async (count: number): Promise<void> => {
    for (let left = count; left > 0; left -= AT_ONCE)
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, left) }, cycle));
  };

  it(`${CYCLES} times leaves no descriptor${LONG ? ', and no memory,' : ''} behind`, async function () {
    this.timeout(LONG ? 1_800_000 : 600_000);
    const halves = { gate: new ProcessFacts(house.gatePid), dom0: new ProcessFacts(house.dom0Pid) };
    await cycles(WARM);
    const { gateSettings, dom0Settings } = house.layout;
    const settings = { gate: gateSettings, dom0: dom0Settings };
    const warm = {
      gate: await residentAfterCollection(gateSettings),
      dom0: await residentAfterCollection(dom0Settings),
    };
    // The last ones may not be released yet. That is nothing against a leak of one for each cycle.
    const before = { gate: halves.gate.descriptors, dom0: halves.dom0.descriptors };
    await cycles(CYCLES - WARM);
    for (const half of ['gate', 'dom0'] as const) {
      await eventually(
        `the ${half} half to let go of all`,
        () => halves[half].descriptors.length <= before[half].length,
      );
      const grown = (await residentAfterCollection(settings[half])) - warm[half];
      if (LONG) assert.ok(grown < GROWTH, `the ${half} half has grown by ${grown} bytes`);
    }
  });
});
