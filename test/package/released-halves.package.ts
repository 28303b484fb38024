import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { House, run } from '../support/house.js';
import { moveIn, RELEASED } from '../support/released.js';

const LEAVE = '\x1d.';
/** A built checkout of the version in POSTERN_RELEASED_VERSION. */
const CHECKOUT = process.env['POSTERN_RELEASED'];
const VERSION = process.env['POSTERN_RELEASED_VERSION'] ?? '1.0.0';

// `npm run test:package` runs it. In an upgrade of several hosts, halves of two versions serve customers for a while.
describe(`a half of Postern ${VERSION} beside one of this version, on what ${VERSION} left behind`, function () {
  this.timeout(300_000);
  const old = join(CHECKOUT ?? assert.fail('POSTERN_RELEASED names no checkout'), 'dist/server/postern.js');
  let house: House;

  beforeEach(async () => {
    house = await House.layOut({ customers: { alice: {} } });
    moveIn(house, join(RELEASED, VERSION));
  });
  afterEach(() => house.stop());

  it('the dom0 half', async () => {
    house.upgrade(old);
    await house.startDom0();
    house.upgrade();
    await house.startGate();
    await customerWorks();
  });

  it('the gate', async () => {
    await house.startDom0();
    house.upgrade(old);
    await house.startGate();
    await customerWorks();
  });

  /** All that a customer of the released version could do, by commands, in the menus and at a console. */
  async function customerWorks(): Promise<void> {
    const key = join(house.layout.clientKeys, 'alice.pub');
    const added = await run(
      process.execPath,
      [old, 'key', 'add', 'alice', key, '--settings', house.layout.gateSettings],
      '',
    );
    assert.equal(added.status, 0, added.stderr);

    assert.match(await must('list'), /horatio/);
    await must('horatio start --wait');
    assert.match(await must('horatio status'), /running/);

    const menu = house.terminal('alice');
    await menu.sees('horatio');
    const plain = house.terminal('alice', 'menu --plain');
    await plain.sees('horatio');

    const console = house.terminal('alice', 'horatio console');
    console.type('\r');
    await console.sees('login:');
    console.type('root\r');
    await console.sees('#');
    const watcher = house.terminal('alice', 'horatio watch');
    await watcher.sees('#');
    console.type('echo sum $((6*7))\r');
    await console.sees('sum 42');
    await watcher.sees('sum 42');
    console.type(LEAVE);
    assert.equal(await console.ends(), 0);
    const again = house.terminal('alice', 'horatio console');
    await again.sees('sum 42');
    again.type('echo again $((6*7))\r');
    await again.sees('again 42');
    again.type(LEAVE);
    assert.equal(await again.ends(), 0);
    assert.match(await must('horatio log'), /sum 42[^]*again 42/);

    await must('horatio reboot --yes --wait');
    await must('horatio rescue --yes --wait');
    await must('horatio normal --yes --wait');
    await must('horatio shutdown --yes --wait');
    await must('horatio start --wait');
    await must('horatio poweroff --yes --wait');
    assert.match(await must('horatio status'), /off/);
    await menu.sees(/horatio .* off/);
    assert.match(await must('activity'), /rescue[^]*reboot|reboot[^]*rescue/);

    for (const half of ['gate', 'dom0'] as const)
      assert.doesNotMatch(readFileSync(house.log(half), 'utf8'), /"level":"(?:error|fatal)"/, half);
  }

  async function must(command: string): Promise<string> {
    const { status, stdout, stderr } = await house.ssh('alice', command);
    assert.equal(status, 0, `${command}: ${stdout}${stderr}`);
    return stdout;
  }
});
