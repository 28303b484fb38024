import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Dom0 } from '../../server/dom0/dom0.js';
import type { Dom0Settings } from '../../server/dom0/dom0-settings.js';
import { Host } from '../../server/simulator/host.js';
import { Dom0Client, operationRequest } from '../support/dom0-client.js';
import { dom0SettingsSample, FAST_PACE, patient } from '../support/dom0-settings-sample.js';
import { eventually } from '../support/eventually.js';
import { FakeConsoles } from '../support/fake-consoles.js';
import { silentLogger } from '../support/silent-logger.js';
import { SimulatedXen } from '../support/simulated-xen.js';

const CHILD = fileURLToPath(new URL('../support/dom0-child.js', import.meta.url));

function settingsFor(xen: SimulatedXen): Dom0Settings {
  const { directory, xm, configs, rescueKernel, rescueRamdisk, rescueDisk } = xen.host;
  const rescue = { kernel: rescueKernel, ramdisk: rescueRamdisk, disk: rescueDisk };
  const sample = patient(dom0SettingsSample(directory, xm, configs, rescue));
  return { ...sample, toolstack: { ...sample.toolstack, kind: 'xm' } };
}

/** An `xm` whose creations do not end while this file exists. */
function heldXm(xm: string, file: string): string {
  return `#!/bin/sh
'${xm}' "$@"
code=$?
case "$*" in
create*--dryrun*) ;;
create*) while [ -e '${file}' ]; do sleep 0.02; done ;;
esac
exit $code
`;
}

/** Waits until xend would restart the domain: a minute of the simulated host. */
async function oldEnough(xen: SimulatedXen, name: string): Promise<void> {
  const host = new Host(xen.host.directory);
  await eventually(`${name} to be a minute old`, () => {
    const record = host.domains().find((domain) => domain.name === name);
    return record !== undefined && Date.now() - record.createdAt > host.scaled(61_000);
  });
}

describe('dom0 with the stand-in for xm', function () {
  // Each xm is a whole start of Node.js, and the first test has a hundred.
  this.timeout(600_000);
  let xen: SimulatedXen;
  let dom0: Dom0;
  let client: Dom0Client;

  before(async () => {
    xen = await SimulatedXen.install({
      timeScale: 0.02,
      domains: [{ name: 'horatio' }, { name: 'ophelia' }, { name: 'yorick' }],
    });
    const settings = settingsFor(xen);
    dom0 = new Dom0({
      settings,
      version: 'test',
      consoles: new FakeConsoles(),
      logger: silentLogger,
      timings: FAST_PACE,
    });
    await dom0.start();
    client = new Dom0Client(settings.socket);
    for (const name of ['horatio', 'ophelia', 'yorick']) await client.state(name, 'off');
  });

  after(async () => {
    await dom0.stop();
    await xen.remove();
  });

  async function done(domain: string, verb: Parameters<Dom0Client['run']>[1], more = {}): Promise<void> {
    const ended = await client.run(domain, verb, more);
    assert.equal(ended.phase, 'done', `${verb}: ${JSON.stringify(ended.failure)}`);
  }

  it('starts, reboots, rescues with a derived file, boots normal, shuts down and powers off', async () => {
    await done('horatio', 'start');
    const running = await client.state('horatio', 'running');
    assert.equal(running.observation.profile, 'normal');

    await oldEnough(xen, 'horatio');
    const domid = xen.row('horatio')?.domid;
    await done('horatio', 'reboot');
    await client.state('horatio', 'running');
    assert.notEqual(xen.row('horatio')?.domid, domid);

    await done('horatio', 'rescue', { profile: 'rescue' });
    assert.equal((await client.state('horatio', 'running')).observation.profile, 'rescue');
    const { stdout } = await xen.xm('list', '-l', 'horatio');
    assert.match(stdout, /\(kernel \S+rescue-vmlinuz\)/);
    assert.match(stdout, /\(args 'console=hvc0 rescue'\)/);
    assert.match(stdout, /rescue\.img\)\s+\(mode r\)/);
    // It goes after the end is told.
    await eventually('the derived file to be gone', async () => {
      const left = await readdir(join(xen.host.directory, 'state-dom0'), { recursive: true });
      return !left.some((file) => file.endsWith('.cfg'));
    });

    await done('horatio', 'normal');
    assert.equal((await client.state('horatio', 'running')).observation.profile, 'normal');
    await done('horatio', 'sysrq', { key: 'h' });
    await xen.idle('horatio');
    await done('horatio', 'shutdown');
    assert.equal((await client.state('horatio', 'off')).observation.profile, 'normal');
    await done('horatio', 'start');
    await done('horatio', 'poweroff');
    await client.state('horatio', 'off');
  });

  it('follows a guest that reboots from inside', async () => {
    const create = await xen.xm('create', '--quiet', xen.config('ophelia'));
    assert.equal(create.status, 0, create.stderr);
    const { incarnation } = await client.state('ophelia', 'running');
    await oldEnough(xen, 'ophelia');
    const first = (await xen.idle('ophelia')).domid;
    const inside = xen.console('ophelia', 'xm');
    await inside.receives('login: ');
    inside.type('root\r');
    await inside.receives('# ');
    inside.type('reboot\r');
    const seen = new Set<string>();
    await eventually('her next domid', async () => {
      seen.add((await client.domain('ophelia')).observation.state);
      const row = xen.row('ophelia');
      return row !== undefined && row.domid !== first && row.state === '-b----';
    });
    const again = await client.state('ophelia', 'running');
    assert.equal(again.incarnation, incarnation, 'xend keeps the UUID');
    for (const state of seen) assert.ok(['running', 'rebooting', 'shutting-down'].includes(state), state);
    assert.equal((await xen.xm('destroy', 'ophelia')).status, 0);
    await client.state('ophelia', 'off');
  });

  it("tells xend's reason, and starts nothing over a disk that is in use", async () => {
    const file = xen.config('yorick');
    const { directory, kernel } = xen.host;
    await writeFile(file, `name = "yorick"\nkernel = "/nowhere/vmlinuz"\ndisk = []\n`);
    const missing = await client.submit(operationRequest('yorick', 'start'));
    const said = 'phase' in missing ? (await client.ended(missing.id)).failure : missing;
    assert.match(said?.message ?? '', /Cannot find kernel "<path>"$/);

    await done('horatio', 'start');
    const disk = join(directory, 'srv', 'xen', 'horatio.img');
    await writeFile(file, `name = "yorick"\nkernel = "${kernel}"\ndisk = ["file:${disk},xvda,w"]\n`);
    const taken = await eventually('the changed file to be read', async () => {
      const answer = await client.submit(operationRequest('yorick', 'start'));
      const refusal = 'phase' in answer ? (await client.ended(answer.id)).failure : answer;
      return refusal?.message.startsWith('One of its disks') === true ? refusal : null;
    });
    assert.equal(taken.code, 'wrong-state');
    await done('horatio', 'poweroff');
  });

  it('knows nothing while xend is down, fails with its reason, and goes on when it is back', async () => {
    await done('horatio', 'start');
    await client.state('horatio', 'running');
    await writeFile(xen.host.xendDown, '');
    try {
      await client.state('horatio', 'unknown');
      const answer = await client.submit(operationRequest('horatio', 'shutdown'));
      assert.ok(!('phase' in answer) || (await client.ended(answer.id)).phase === 'failed');
    } finally {
      await rm(xen.host.xendDown);
    }
    await client.state('horatio', 'running');
    await done('horatio', 'poweroff');
  });
});

describe('dom0 with the stand-in for xm, in slower time', () => {
  let xen: SimulatedXen;
  let child: ChildProcess | null = null;

  before(async () => {
    // Every domain is younger than a day, however busy this machine is.
    const xendMinimumRestart = 86_400_000;
    const domains = [{ name: 'horatio' }];
    xen = await SimulatedXen.install({ timeScale: 0.2, xendMinimumRestart, domains });
  });

  after(async () => {
    child?.kill('SIGKILL');
    await xen.remove();
  });

  async function start(settings: string): Promise<void> {
    child = spawn(process.execPath, [CHILD, settings], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout!, 'data');
  }

  it('killed while xm creates, finishes that when it is started again: the domain does not stay paused', async () => {
    const file = join(xen.host.directory, 'settings.json');
    const sample = settingsFor(xen);
    // Its creations do not end before the half is killed, however busy this machine is.
    const held = join(xen.host.directory, 'held');
    const command = join(xen.host.directory, 'held-xm');
    await writeFile(command, heldXm(xen.host.xm, held), { mode: 0o755 });
    await writeFile(held, '');
    const settings = { ...sample, toolstack: { ...sample.toolstack, command } };
    await writeFile(file, JSON.stringify(settings));
    const client = new Dom0Client(settings.socket);
    await start(file);
    await client.state('horatio', 'off');
    const answer = await client.submit(operationRequest('horatio', 'start'));
    assert.ok('phase' in answer, JSON.stringify(answer));
    await eventually('xm to be building', () => xen.row('horatio') !== undefined);
    child?.kill('SIGKILL');
    await once(child!, 'exit');
    assert.equal(xen.row('horatio')?.state, '--p---');
    await rm(held);

    await start(file);
    const ended = await client.ended(answer.id);
    assert.equal(ended.phase, 'done', JSON.stringify(ended.failure));
    await client.state('horatio', 'running');
    assert.equal(new Host(xen.host.directory).domains().length, 1);
  });

  it('says that a guest which rebooted within a minute of its start did not come back', async () => {
    const client = new Dom0Client(settingsFor(xen).socket);
    assert.equal((await client.run('horatio', 'poweroff')).phase, 'done');
    assert.equal((await client.run('horatio', 'start')).phase, 'done');
    const early = await client.run('horatio', 'reboot');
    assert.equal(early.phase, 'failed');
    assert.equal(early.failure?.message, 'It went off and did not come back.');
    await client.state('horatio', 'off');
  });
});
