import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../support/eventually.js';
import { run } from '../support/house.js';

const SCRIPT = fileURLToPath(new URL('../../server/postern.js', import.meta.url));

/** The demo, as a newcomer starts it. */
class Demo {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly ended: Promise<number | null>;

  constructor(...args: string[]) {
    this.child = spawn(process.execPath, [SCRIPT, 'demo', '--time-scale', '0.02', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (data: string) => (this.stdout += data));
    this.child.stderr?.setEncoding('utf8').on('data', (data: string) => (this.stderr += data));
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
  }

  async ready(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.child.stdout?.on('data', () => {
        if (/^postern ready on 127\.0\.0\.1:\d+$/m.test(this.stdout)) resolve();
      });
      void this.ended.then((status) => {
        reject(new Error(`the demo ended with ${String(status)}: ${this.stdout}${this.stderr}`));
      });
    });
  }

  async interrupt(): Promise<number | null> {
    this.child.kill('SIGINT');
    return this.ended;
  }
}

/**
 * The two halves of a demo. A half that starts a program is there twice for a moment, so its command line alone
 * does not tell: the demo is the parent of one only.
 */
function halvesOf({ child }: Demo): readonly number[] {
  const lines = execFileSync('ps', ['axww', '-o', 'ppid=,pid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [parent, pid] = line.trim().split(/ +/, 2).map(Number);
    return parent === child.pid && / (gate|dom0) --settings /.test(line) && pid !== undefined ? [pid] : [];
  });
}

/** Processes whose command line names the directory. */
function processesOf(directory: string): string[] {
  return execFileSync('ps', ['axww', '-o', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(directory) && !line.includes('ps axww'));
}

describe('the demo', () => {
  let parent: string;
  let directory: string;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'postern-'));
    directory = join(parent, 'demo');
  });
  afterEach(() => {
    rmSync(parent, { recursive: true, force: true });
  });

  it('is ready when it says so, finds its first state again, begins anew with --fresh and leaves nothing running', async () => {
    const first = new Demo('--dir', directory, '--port', '0');
    await first.ready();
    assert.match(first.stdout, /ssh -F .*ssh_config alice/);
    assert.match(first.stdout, /postern ready on 127\.0\.0\.1:\d+\n$/, 'the last line');
    const config = join(directory, 'ssh_config');
    const list = await run('ssh', ['-F', config, 'alice', 'list'], '');
    assert.equal(list.status, 0, list.stderr);
    assert.match(list.stdout, /horatio[\s\S]*ophelia/);
    assert.equal(list.stderr, '', 'ssh asks and warns of nothing');
    assert.match((await run('ssh', ['-F', config, 'bob', 'list'], '')).stdout, /yorick/);
    const image = await run('ssh', ['-F', config, 'alice', 'horatio reinstall'], '');
    assert.match(image.stderr, /Say which system image: debian-13\./);
    const profiles = await run('ssh', ['-F', config, 'alice', 'horatio rescue --yes'], '');
    assert.match(profiles.stderr, /rescue, single-user(,| or) installer/);
    const suite = await run('ssh', ['-F', config, 'alice', 'horatio rescue installer --yes'], '');
    assert.match(suite.stderr, /suite.*trixie.*bookworm/s);
    const none = await run('ssh', ['-F', config, 'bob', 'yorick reinstall debian-13 --erase yorick'], '');
    assert.equal(none.status, 3, none.stderr);
    assert.equal(await first.interrupt(), 0);
    assert.deepEqual(processesOf(directory), []);

    const hostKey = readFileSync(join(directory, 'known_hosts'), 'utf8').split(' ')[2];
    const again = new Demo('--dir', directory, '--port', '0', '--hosts', '2');
    await again.ready();
    assert.match(again.stdout, /two simulated Xen hosts/);
    const gate = join(directory, 'etc', 'gate.yaml');
    const { stdout: looked } = await run(process.execPath, [SCRIPT, 'doctor', '--settings', gate], '');
    assert.match(looked, /host xen2/);
    assert.doesNotMatch(looked, /does not reach/);
    assert.equal(readFileSync(join(directory, 'known_hosts'), 'utf8').split(' ')[2], hostKey);
    const second = new Demo('--dir', directory, '--port', '0');
    assert.equal(await second.ended, 1);
    assert.match(second.stderr, /^postern: a demo already runs in .*\n$/);
    assert.match((await run('ssh', ['-F', config, 'alice', 'activity'], '')).stdout, /\S/);
    assert.equal(await again.interrupt(), 0);

    // An impatient person presses Ctrl-C more than once.
    const fresh = new Demo('--dir', directory, '--port', '0', '--fresh');
    await fresh.ready();
    assert.notEqual(readFileSync(join(directory, 'known_hosts'), 'utf8').split(' ')[2], hostKey);
    fresh.child.kill('SIGINT');
    fresh.child.kill('SIGTERM');
    assert.equal(await fresh.interrupt(), 0);
    assert.deepEqual(processesOf(directory), []);
  });

  it('starts both halves again when both were killed at once, says so, and leaves nothing behind', async () => {
    const demo = new Demo('--dir', directory, '--port', '0');
    await demo.ready();
    const killed = halvesOf(demo);
    assert.equal(killed.length, 2);
    for (const pid of killed) process.kill(pid, 'SIGKILL');
    await eventually('both to be said', () =>
      ['dom0', 'gate'].every((name) => demo.stderr.includes(`the ${name} half has ended; starting it again`)),
    );
    const config = join(directory, 'ssh_config');
    await eventually(
      'the customers to be served',
      async () => (await run('ssh', ['-F', config, 'alice', 'list'], '')).status === 0,
    );
    assert.equal(demo.child.exitCode, null, demo.stderr);
    assert.equal(await demo.interrupt(), 0);
    assert.deepEqual(processesOf(directory), []);
  });

  it('ends at once when it is asked to between the death of both halves and their next start', async () => {
    const demo = new Demo('--dir', directory, '--port', '0');
    await demo.ready();
    const killed = halvesOf(demo);
    assert.equal(killed.length, 2);
    for (const pid of killed) process.kill(pid, 'SIGKILL');
    await eventually('it to be said', () => demo.stderr.includes('starting it again'));
    assert.equal(await demo.interrupt(), 0);
    assert.deepEqual(processesOf(directory), []);
  });

  it('says in one sentence what is wrong: a port in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const demo = new Demo('--dir', directory, '--port', String(port));
    assert.notEqual(await demo.ended, 0);
    assert.match(demo.stderr, new RegExp(`^postern: port ${port} is in use; [^\\n]*\\n$`));
    server.close();
  });

  it('says in one sentence what is wrong: a directory that is something else or cannot be made', async () => {
    mkdirSync(directory);
    writeFileSync(join(directory, 'precious'), 'data');
    const foreign = new Demo('--dir', directory, '--port', '0', '--fresh');
    assert.notEqual(await foreign.ended, 0);
    assert.match(foreign.stderr, /^postern: [^\n]*not a demo[^\n]*\n$/);
    assert.ok(existsSync(join(directory, 'precious')));
    const impossible = new Demo('--dir', '/proc/nothing/demo', '--port', '0');
    assert.notEqual(await impossible.ended, 0);
    assert.match(impossible.stderr, /^postern: \/proc\/nothing\/demo cannot be written[^\n]*\n$/);
    const long = new Demo('--dir', join(parent, 'x'.repeat(120)), '--port', '0');
    assert.notEqual(await long.ended, 0);
    assert.match(long.stderr, /^postern: [^\n]*too long[^\n]*\n$/);
  });

  it('says in one sentence what is wrong: a key file open to others', async () => {
    const first = new Demo('--dir', directory, '--port', '0');
    await first.ready();
    await first.interrupt();
    for (const file of [join('keys', 'alice'), join('gate', 'ssh_host_ed25519_key')]) {
      chmodSync(join(directory, file), 0o644);
      const demo = new Demo('--dir', directory, '--port', '0');
      assert.notEqual(await demo.ended, 0, file);
      assert.match(demo.stderr, /open|mode|permission/i);
      assert.match(demo.stderr, /chmod 600|0600/);
      chmodSync(join(directory, file), 0o600);
    }
    assert.deepEqual(processesOf(directory), []);
  });
});
