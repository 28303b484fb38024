import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../support/eventually.js';
import { inGuest } from '../../support/guest-shell.js';
import { House } from '../../support/house.js';
import { unnamed } from '../../support/unnamed.js';

/** All options of the log command. */
const FLAGS = [
  '',
  '--lines 1000000',
  '--lines 0',
  '--since 2000-01-01',
  '--since 9999w',
  '--boot 0',
  '--boot -1',
  '--boot -2',
  '--raw',
  '--raw --since 2000-01-01',
  '--raw --boot -1 --lines 1000000',
  '--json',
  '--json --boot -1',
] as const;

describe('attack: the console log', () => {
  let house: House;
  before(async () => {
    house = await House.start({
      customers: { alice: { horatio: 'owner' }, bob: { yorick: 'owner' } },
    });
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
    await inGuest(house, 'alice', 'horatio', 'echo a secret of the first boot');
    assert.equal((await house.ssh('alice', 'horatio reboot --wait --yes')).status, 0);
    await inGuest(house, 'alice', 'horatio', 'echo a secret of alice');
    await eventually('her log', async () =>
      (await house.ssh('alice', 'horatio log')).stdout.includes('a secret of alice\n'),
    );
  });
  after(() => house.stop());

  it('of another customer is reached by no flag, and what is said is what is said of none at all', async () => {
    for (const flags of [...FLAGS, '--follow', '--follow --lines 0', 'on', 'off']) {
      const no = await house.ssh('bob', `horatio log ${flags}`);
      const none = await house.ssh('bob', `hamlet log ${flags}`);
      assert.deepEqual(unnamed(no), unnamed(none), flags);
      assert.equal(no.status, 4, flags);
    }
    const { stderr } = await house.ssh('alice', 'horatio log');
    assert.doesNotMatch(stderr, /off/, 'nobody switched it');
  });

  it('shows a role that began later nothing from before, by no flag; and what came since it shows', async () => {
    assert.equal((await house.postern('role', 'add', 'bob', 'horatio', 'operator')).status, 0);
    const follower = spawn(
      'ssh',
      [...house.sshArgs('bob', ['-T']), '--', 'horatio log --follow --lines 1000000'],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    let followed = '';
    follower.stdout.setEncoding('utf8').on('data', (data: string) => (followed += data));
    for (const flags of FLAGS) {
      const { stdout, stderr } = await house.ssh('bob', `horatio log ${flags}`);
      assert.doesNotMatch(stdout, /secret|Linux|login|#/, flags);
      // He may not even learn when the running boot began, or that there was an earlier one.
      assert.doesNotMatch(stderr, /began at/, flags);
      if (/--boot -[12]/.test(flags)) assert.match(stdout + stderr, /no such boot/, flags);
    }
    await inGuest(house, 'bob', 'horatio', 'echo said to bob');
    await eventually('what he follows', () => followed.includes('said to bob\n'));
    follower.kill('SIGKILL');
    assert.doesNotMatch(followed, /secret/);
    for (const flags of FLAGS) {
      if (/--boot -|--lines 0/.test(flags)) continue;
      const { stdout } = await house.ssh('bob', `horatio log ${flags}`);
      assert.match(stdout, /said to bob/, flags);
      assert.doesNotMatch(stdout, /secret/, flags);
    }
    assert.match((await house.ssh('alice', 'horatio log --boot -1')).stdout, /a secret of the first boot/);
  });
});

describe('attack: those who ask for a console log and do not read it', () => {
  const MIB = 1024 * 1024;
  const LINE = 'this line is said again and again, until the log has some megabytes of it\r\n';
  const SIZE = Math.floor((12 * MIB) / LINE.length) * LINE.length;
  let house: House;
  before(async () => {
    house = await House.layOut({ customers: { alice: { horatio: 'owner' } } });
    // In dom0's own format: docs/console-log.md.
    const folder = join(house.layout.dom0State, 'console-log', 'domains', 'horatio');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, '000000000000000.index'), `0 ${new Date().toISOString()} time\n`);
    writeFileSync(join(folder, '000000000000000.log'), LINE.repeat(SIZE / LINE.length));
    await house.startDom0();
    await house.startGate();
  });
  after(() => house.stop());

  it('cost neither half memory, and who reads after all gets all of it', async () => {
    const whole = async (flags: string): Promise<number> =>
      (await house.ssh('alice', `horatio log ${flags}`)).stdout.length;
    assert.equal(await whole('--raw --since 1h'), SIZE);
    assert.equal(await whole('--since 1h'), SIZE - SIZE / LINE.length);
    const before = { gate: resident(house.gatePid), dom0: resident(house.dom0Pid) };
    const readers = ['', '--raw', '--follow', '--json', '--raw --follow', '--lines 1000000'].map((flags) =>
      spawn('ssh', [...house.sshArgs('alice', ['-T']), '--', `horatio log --since 1h ${flags}`], {
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    );
    await Promise.all(
      readers.map(({ stdout }) => new Promise((resolve) => stdout.once('readable', resolve))),
    );
    await eventually('both halves to wait for them', async () => {
      const used = cpuTime(house.gatePid) + cpuTime(house.dom0Pid);
      await delay(500);
      return cpuTime(house.gatePid) + cpuTime(house.dom0Pid) - used < 10;
    });
    const more = { gate: resident(house.gatePid) - before.gate, dom0: resident(house.dom0Pid) - before.dom0 };
    assert.ok(more.gate < 24 * 1024 && more.dom0 < 24 * 1024, JSON.stringify(more));
    let bytes = 0;
    const [, raw] = readers;
    raw?.stdout.on('data', (data: Buffer) => (bytes += data.length));
    assert.equal(await new Promise((resolve) => raw?.once('close', resolve)), 0);
    assert.equal(bytes, SIZE);
    for (const reader of readers) reader.kill('SIGKILL');
  });
});

/** KiB. */
function resident(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);
}

/** Hundredths of a second of CPU time (proc(5), utime and stime). */
function cpuTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(' ');
  return Number(fields[13]) + Number(fields[14]);
}
