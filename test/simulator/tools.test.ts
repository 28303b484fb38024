import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../../server/simulator/process-identity.js';
import { livingProcesses } from '../../server/simulator/process-marks.js';
import { eventually } from '../support/eventually.js';
import { ProcessFacts } from '../support/process-facts.js';
import { SimulatedXen } from '../support/simulated-xen.js';
import { TerminalClient } from '../support/terminal-client.js';

/** A terminal's settings before and after a line of shell. */
const AROUND = (line: string): string => `stty -g; ${line}; stty -g; echo over`;

describe('the tools of a simulated host, and the process that answers for them', () => {
  let xen: SimulatedXen;

  beforeEach(async () => {
    xen = await SimulatedXen.install({ timeScale: 0.02, domains: [{ name: 'horatio' }] });
  });

  afterEach(() => xen.remove());

  it('is one process, however many call, and at once', async () => {
    const calls = [['list'], ['info'], ['list', '-l'], ['uptime'], ['vm-list'], ['domid', 'Domain-0']];
    const first = await Promise.all(calls.map((args) => xen.xl(...args)));
    const xm = await xen.xm('list');
    assert.deepEqual(new Set([...first, xm].map(({ status }) => status)), new Set([0]));
    assert.equal(livingProcesses(xen.host.directory).length, 1);
  });

  it('is another one when the first was killed; domains and consoles go on', async () => {
    await xen.xl('list');
    const [killed] = livingProcesses(xen.host.directory);
    assert.ok(killed);
    await xen.start('horatio');
    const console = xen.console('horatio');
    await console.receives('login: ');
    process.kill(killed.pid, 'SIGKILL');
    await eventually('its end', () => !isAlive(killed));
    console.type('root\r');
    await console.receives('~');
    assert.equal((await xen.xl('reboot', 'horatio')).status, 0);
    assert.equal(await console.ends(), 0);
    const living = livingProcesses(xen.host.directory).map(({ pid }) => pid);
    assert.ok(living.length === 2 && !living.includes(killed.pid));
  });

  it('a call that waits fails with a sentence when the process is killed', async () => {
    await xen.start('horatio');
    const waiting = spawn(xen.host.xl, ['shutdown', '-w', 'horatio'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    waiting.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
    const keeper = xen.keeperOf('horatio');
    process.kill(keeper.pid, 'SIGSTOP');
    const [answering] = livingProcesses(xen.host.directory).filter(({ pid }) => pid !== keeper.pid);
    await eventually('the call', () => stderr.includes('Shutting down domain 1'));
    process.kill(answering?.pid ?? assert.fail(), 'SIGKILL');
    const [status] = (await once(waiting, 'close')) as [number];
    assert.equal(status, 1);
    assert.match(stderr, /\nxl \(simulated\): the simulated host has gone: .*\n$/);
    process.kill(keeper.pid, 'SIGCONT');
  });

  it('read a file as the caller means it: by its directory, its descriptors and its mounts', async function () {
    const text = readFileSync(xen.config('horatio'), 'utf8').replace('horatio', 'osric');
    const directory = join(xen.host.directory, 'own');
    mkdirSync(directory);
    writeFileSync(join(directory, 'o.cfg'), text);
    const from = (command: string): ReturnType<typeof spawnSync> =>
      spawnSync('bash', ['--norc', '-c', command], { cwd: directory, encoding: 'utf8' });
    const near = from(`'${xen.host.xl}' -N create o.cfg`);
    assert.match(String(near.stdout), /"name": "osric"/);
    assert.equal(near.stderr, 'Parsing config from o.cfg\n');
    assert.match(String(from(`'${xen.host.xl}' -N create /dev/stdin <o.cfg`).stdout), /"name": "osric"/);
    const pipe = from(`cat o.cfg | '${xen.host.xl}' -N create /dev/stdin`);
    assert.match(String(pipe.stderr), /\/dev\/stdin is not a plain file/);
    const configs = join(xen.host.directory, 'etc', 'xen');
    writeFileSync(join(directory, 'horatio.cfg'), text);
    const mounted = `unshare -rm sh -c "mount --bind '${directory}' '${configs}' && '${xen.host.xl}' -N create '${xen.config('horatio')}'"`;
    if (from('unshare -rm true').status !== 0) return this.skip();
    assert.match(String(from(mounted).stdout), /"name": "osric"/);
    assert.match((await xen.xl('-N', 'create', xen.config('horatio'))).stdout, /"name": "horatio"/);
  });

  it('draw a UUID at each dry run', async () => {
    const looks = await Promise.all([1, 2].map(() => xen.xl('-N', 'create', xen.config('horatio'))));
    const uuids = looks.map(({ stdout }) => /[0-9a-f-]{36}/.exec(stdout)?.[0]);
    assert.ok(uuids[0] !== undefined && uuids[0] !== uuids[1]);
  });

  it('write all of a long answer, and end when nobody reads it', () => {
    const many = `name="a"\ntype="pv"\nkernel="/k"\ndisk=[${'"file:/d,xvda,w",'.repeat(20_000)}]\n`;
    const file = join(xen.host.directory, 'many.cfg');
    writeFileSync(file, many);
    const whole = spawnSync(xen.host.xl, ['-N', 'create', file], { encoding: 'utf8', maxBuffer: 1e9 });
    assert.equal(whole.stdout.split('"pdev_path"').length, 20_001);
    const statuses = `'${xen.host.xl}' -N create '${file}' | head -c 1 >/dev/null; echo \${PIPESTATUS[0]}`;
    // 128 and SIGPIPE.
    assert.equal(execFileSync('bash', ['--norc', '-c', statuses], { stdio: 'pipe' }).toString(), '141\n');
  });

  for (const [end, how] of [
    ['by Ctrl-]', (terminal: TerminalClient): void => terminal.type('\x1d')],
    ['by its domain', (): unknown => xen.xl('destroy', 'horatio')],
    ['by a signal', (terminal: TerminalClient): unknown => killChild(terminal.pid)],
  ] as const) {
    it(`leave the terminal as it was when a console is ended ${end}`, async () => {
      await xen.start('horatio');
      const terminal = new TerminalClient('bash', [
        '--norc',
        '-c',
        AROUND(`'${xen.host.xl}' console horatio`),
      ]);
      await terminal.receives('login: ');
      await how(terminal);
      await terminal.receives('over');
      const [before, after] = terminal.raw.match(/[0-9a-f]+(?::[0-9a-f]+){20,}/g) ?? [];
      assert.ok(before !== undefined && before === after, `${before}\n${after}`);
    });
  }

  it('keep nobody out of the host but other users', async () => {
    await xen.start('horatio');
    const { sockets } = JSON.parse(readFileSync(join(xen.host.directory, 'state', 'host.json'), 'utf8')) as {
      sockets: string;
    };
    assert.ok(readdirSync(sockets).length > 0);
    assert.equal(execFileSync('stat', ['-c', '%a', sockets]).toString(), '700\n');
  });
});

function killChild(pid: number): void {
  for (const child of new ProcessFacts(pid).children) process.kill(child, 'SIGTERM');
}
