import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Host } from '../../server/simulator/host.js';
import { installSimulator, stopSimulator } from '../../server/simulator/install.js';
import { isAlive } from '../../server/simulator/process-identity.js';
import { livingProcesses } from '../../server/simulator/process-marks.js';
import { eventually } from '../support/eventually.js';
import { SimulatedXen } from '../support/simulated-xen.js';

describe('a simulated host', () => {
  let xen: SimulatedXen;

  const domains = [
    { name: 'horatio' },
    { name: 'yorick', memory: 256, vcpus: 2, settings: ['on_crash="preserve"'] },
  ];

  beforeEach(async () => {
    xen = await SimulatedXen.install({ timeScale: 0.02, domains });
  });

  afterEach(() => xen.remove());

  it('works with an empty environment, from anywhere', async () => {
    const { status, stdout } = await xen.xl('list');
    assert.equal(status, 0);
    assert.match(stdout, /^Domain-0 +0 /m);
  });

  it('has the domains that were asked for', async () => {
    await xen.start('yorick');
    const row = xen.row('yorick');
    assert.deepEqual([row?.memory, row?.vcpus], [256, 2]);
    await xen.xl('sysrq', 'yorick', 'c');
    assert.equal(xen.row('yorick')?.state, '---sc-');
  });

  it('stops with all its processes, also one between two incarnations; twice is harmless', async () => {
    await xen.start('horatio');
    await xen.start('yorick');
    const records = new Host(xen.host.directory).domains();
    await xen.xl('reboot', '-w', 'horatio');
    const console = xen.console('yorick');
    await console.receives('login: ');
    await stopSimulator(xen.host.directory);
    assert.equal(await console.ends(), 0);
    for (const { keeper } of records) assert.ok(!isAlive(keeper));
    await stopSimulator(xen.host.directory);
    const { status, stderr } = await xen.xl('list');
    assert.equal(status, 1);
    assert.equal(stderr, 'xl (simulated): this host is stopped\n');
  });

  it('ends a console in peace, also when the host is killed before it has heard of that', async () => {
    await xen.start('horatio');
    const console = xen.console('horatio');
    await console.receives('login: ');
    const tools = livingProcesses(xen.host.directory)
      .map(({ pid }) => pid)
      .filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('tools-process.js'));
    assert.equal(tools.length, 1);
    for (const pid of tools) process.kill(pid, 'SIGSTOP');
    const descriptors = (): number => readdirSync(`/proc/${console.pid}/fd`).length;
    const before = descriptors();
    for (const { keeper } of new Host(xen.host.directory).domains()) process.kill(keeper.pid, 'SIGKILL');
    await eventually('the console to be closed', () => descriptors() < before);
    for (const pid of tools) process.kill(pid, 'SIGKILL');
    assert.equal(await console.ends(), 0);
  });

  it('leaves no process behind when it is stopped while a domain is created', async () => {
    const creates = ['horatio', 'yorick'].map((name) => xen.xl('create', xen.config(name)));
    await stopSimulator(xen.host.directory);
    await Promise.all(creates);
    await stopSimulator(xen.host.directory);
    const marks = join(xen.host.directory, 'state', 'daemons');
    assert.ok(!existsSync(marks) || readdirSync(marks).length === 0);
  });

  it('that is installed again has the disks, configurations and domids of before', async () => {
    await xen.start('horatio');
    await writeFile(xen.diskFile('horatio', 'etc/motd'), 'mended\n');
    await writeFile(
      xen.config('horatio'),
      (await readFile(xen.config('horatio'), 'utf8')).replace('128', '160'),
    );
    await stopSimulator(xen.host.directory);
    await installSimulator({ directory: xen.host.directory, timeScale: 0.02, domains });
    assert.deepEqual(
      xen.rows().map(({ name }) => name),
      ['Domain-0'],
    );
    await xen.start('horatio');
    const row = xen.row('horatio');
    assert.deepEqual([row?.domid, row?.memory], [2, 160]);
    assert.equal(await readFile(xen.diskFile('horatio', 'etc/motd'), 'utf8'), 'mended\n');
  });

  it('may be installed again while its domains run', async () => {
    await xen.start('horatio');
    await installSimulator({ directory: xen.host.directory, timeScale: 0.02, domains });
    assert.equal(xen.row('horatio')?.state, '-b----');
    assert.equal((await xen.xl('destroy', 'horatio')).status, 0);
  });

  it('may lie in a directory with a long and awkward name', async () => {
    const base = mkdtempSync(join(tmpdir(), 'postern-xen-'));
    const directory = join(base, `it's ${'long '.repeat(20)}`, 'host');
    const host = await installSimulator({ directory, timeScale: 0.02, domains: [{ name: 'horatio' }] });
    const awkward = new SimulatedXen(host);
    await awkward.start('horatio');
    const { sockets } = new Host(directory).settings;
    await awkward.remove();
    assert.ok(!existsSync(sockets));
    await rm(base, { recursive: true });
  });
});
