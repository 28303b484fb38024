import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Dom0 } from '../../server/dom0/dom0.js';
import { installSimulator, stopSimulator } from '../../server/simulator/install.js';
import { Dom0Client } from '../support/dom0-client.js';
import { dom0SettingsSample, FAST_PACE, patient } from '../support/dom0-settings-sample.js';
import { FakeConsoles } from '../support/fake-consoles.js';
import { silentLogger } from '../support/silent-logger.js';

const run = promisify(execFile);

describe('dom0 with a simulated Xen host', () => {
  let directory: string;
  let dom0: Dom0;
  let client: Dom0Client;
  const consoles = new FakeConsoles();
  let xl: string;
  const domid = async (name: string): Promise<string> => (await run(xl, ['domid', name])).stdout;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-dom0-'));
    const host = await installSimulator({
      directory: join(directory, 'xen'),
      timeScale: 0.02,
      domains: [{ name: 'horatio' }, { name: 'ophelia' }],
    });
    xl = host.xl;
    const rescue = { kernel: host.rescueKernel, ramdisk: host.rescueRamdisk, disk: host.rescueDisk };
    const settings = patient(dom0SettingsSample(directory, host.xl, host.configs, rescue));
    dom0 = new Dom0({ settings, version: 'test', consoles, logger: silentLogger, timings: FAST_PACE });
    await dom0.start();
    client = new Dom0Client(settings.socket);
  });

  after(async () => {
    await dom0.stop();
    await stopSimulator(join(directory, 'xen'));
    await rm(directory, { recursive: true, force: true });
  });

  it('starts, reboots, rescues, boots normal, shuts down and powers off', async () => {
    assert.equal((await client.domain('horatio')).observation.state, 'off');

    const started = await client.run('horatio', 'start');
    assert.equal(started.phase, 'done', JSON.stringify(started.failure));
    const running = await client.state('horatio', 'running');
    const before = await domid('horatio');
    assert.equal(running.observation.profile, 'normal');

    const rebooted = await client.run('horatio', 'reboot');
    assert.equal(rebooted.phase, 'done', JSON.stringify(rebooted.failure));
    const again = await client.state('horatio', 'running');
    // Over a reboot from inside, xl keeps the UUID and gives a new domid.
    assert.equal(again.incarnation, running.incarnation);
    assert.notEqual(await domid('horatio'), before);

    const rescued = await client.run('horatio', 'rescue', { profile: 'rescue' });
    assert.equal(rescued.phase, 'done', JSON.stringify(rescued.failure));
    assert.equal((await client.state('horatio', 'running')).observation.profile, 'rescue');

    const normal = await client.run('horatio', 'normal');
    assert.equal(normal.phase, 'done', JSON.stringify(normal.failure));
    assert.equal((await client.state('horatio', 'running')).observation.profile, 'normal');

    const down = await client.run('horatio', 'shutdown');
    assert.equal(down.phase, 'done', JSON.stringify(down.failure));
    assert.equal((await client.domain('horatio')).observation.state, 'off');

    await client.run('horatio', 'start');
    const off = await client.run('horatio', 'poweroff');
    assert.equal(off.phase, 'done', JSON.stringify(off.failure));
    assert.equal((await client.domain('horatio')).observation.state, 'off');
  });
});
