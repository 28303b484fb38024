import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';
import type { Ended } from '../support/house.js';

/** Two simulated hosts. Domains on the second got there without Postern. */
describe('e2e: a server on another host than its configuration file', () => {
  let house: House;

  before(async () => {
    house = await House.start({
      customers: { alice: { horatio: 'owner' }, bob: { yorick: 'owner' } },
      dom0Settings: '  goneAfterSeconds: 1\n',
      gateSettings: 'domains:\n  graceSeconds: 1\n',
      hosts: 2,
    });
  });
  after(() => house.stop());

  const second = () => house.second ?? assert.fail('there is one host');
  const xl2 = (...args: string[]): Ended => {
    const { status, stdout, stderr } = spawnSync(second().xen.xl, args, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return { status, stdout, stderr };
  };
  const status = async (): Promise<string> => (await house.ssh('alice', 'horatio status')).stdout;
  const off = (): Promise<unknown> =>
    eventually('horatio to be off', async () => (await status()).startsWith('horatio is off'));

  it('is not started a second time on the shared disk: its page says where it runs, and when it has ended it starts', async () => {
    assert.equal((await house.ssh('alice', 'horatio poweroff --yes --wait')).status, 0);
    await off();
    // As `xl migrate` leaves it: it runs on xen2, and its file is only on xen1.
    const file = join(house.layout.xen, 'etc', 'xen', 'horatio.cfg');
    const elsewhere = join(second().host.xen, 'horatio-by-hand.cfg');
    copyFileSync(file, elsewhere);
    xl2('create', '-q', elsewhere);
    await eventually('its page to say so', async () =>
      (await status()).includes('horatio is running on xen2'),
    );
    assert.match((await house.ssh('alice', 'list')).stdout, /^horatio +running on xen2 /m);
    for (const command of ['start', 'rescue --yes', 'normal --yes', 'shutdown --yes', 'poweroff --yes']) {
      const refused = await house.ssh('alice', `horatio ${command}`);
      assert.equal(refused.status, 3, `${command}: ${refused.stdout}${refused.stderr}`);
      assert.match(refused.stderr, /horatio is running on xen2/, command);
    }
    assert.doesNotMatch(house.xlByHand('list').stdout, /horatio/);
    assert.match(
      (await house.postern('domain', 'list')).stdout,
      /^horatio +xen1 \(off\) xen2 \(running, without a configuration file there\)/m,
    );
    // The next gate knows it while xen2 is silent.
    await house.endGate();
    await house.endSecondDom0();
    await house.startGate();
    const silent = await house.ssh('alice', 'horatio start');
    assert.equal(silent.status, 6, silent.stderr);
    await house.startSecondDom0();
    xl2('destroy', 'horatio');
    await off();
    const started = await house.ssh('alice', 'horatio start --wait');
    assert.equal(started.status, 0, started.stderr);
  });

  it('keeps its owner while its host is without its files, and the admin is told', async () => {
    const files = join(house.layout.xen, 'etc', 'xen');
    await house.endDom0();
    renameSync(files, `${files}.away`);
    mkdirSync(files);
    await house.startDom0();
    await eventually('the host to say so', async () =>
      /horatio.*no configuration file at all is left/.test((await house.postern('domain', 'list')).stdout),
    );
    const doctor = await house.postern('doctor', '--dom0-settings', house.layout.dom0Settings);
    assert.match(doctor.stdout, /no configuration file at all is left where its own was/);
    assert.equal((await house.ssh('alice', 'horatio status')).status, 0, 'she still sees it');
    rmSync(files, { recursive: true });
    renameSync(`${files}.away`, files);
    await eventually('it to be there again', async () =>
      (await status()).startsWith('horatio is running since'),
    );
    assert.doesNotMatch((await house.postern('audit', '--domain', 'horatio')).stdout, /domain\.retired/);
  });
});
