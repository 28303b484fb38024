import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';
import { ProcessFacts } from '../support/process-facts.js';

const STEPS = ['received', 'suspended', 'renamed', 'started'] as const;

type Step = (typeof STEPS)[number];

/** What each kill of `xl migrate` leaves: on the first host, and on the second. */
const LEFT: Readonly<Record<Step, readonly [first: string, second: string]>> = {
  received: ['yorick', 'yorick--incoming (paused)'],
  suspended: ['yorick (paused)', 'yorick--incoming (paused)'],
  renamed: ['yorick--migratedaway (paused)', 'yorick--incoming (paused)'],
  started: ['yorick--migratedaway (paused)', 'yorick'],
};

/** How an admin goes back from what was left. The last step has arrived. */
const MEND: Readonly<Record<Step, readonly (readonly [host: 'first' | 'second', ...command: string[]])[]>> = {
  received: [['second', 'destroy', 'yorick--incoming']],
  suspended: [
    ['second', 'destroy', 'yorick--incoming'],
    ['first', 'unpause', 'yorick'],
  ],
  renamed: [
    ['second', 'destroy', 'yorick--incoming'],
    ['first', 'rename', 'yorick--migratedaway', 'yorick'],
    ['first', 'unpause', 'yorick'],
  ],
  started: [['first', 'destroy', 'yorick--migratedaway']],
};

/** Two simulated hosts, and `xl migrate` between them. */
describe('e2e: a server that moves while it runs', () => {
  let house: House;
  let migration: ChildProcess | null = null;

  before(async () => {
    house = await House.start({
      customers: { alice: { horatio: 'owner' }, bob: { yorick: 'owner' } },
      hosts: 2,
    });
    for (const [customer, domain] of [
      ['alice', 'horatio'],
      ['bob', 'yorick'],
    ] as const)
      assert.equal((await house.ssh(customer, `${domain} start --wait`)).status, 0);
  });
  afterEach(() => {
    migration?.kill('SIGKILL');
  });
  after(() => house.stop());

  const second = () => house.second ?? assert.fail('there is one host');
  const xl = (host: 'first' | 'second', ...args: string[]): string => {
    const tool = host === 'first' ? join(house.layout.xen, 'bin', 'xl') : second().xen.xl;
    const { status, stdout, stderr } = spawnSync(tool, args, { encoding: 'utf8' });
    assert.equal(status, 0, `xl ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  /** The guests that belong to a domain, as a host lists them. */
  const guests = (host: 'first' | 'second', domain: string): string =>
    xl(host, 'list')
      .split('\n')
      .filter((line) => line.includes(domain))
      .map((line) => {
        const [name = '', , , , state = ''] = line.split(/\s+/);
        return state.includes('p') ? `${name} (paused)` : name;
      })
      .join(', ');
  const status = async (customer: string, domain: string): Promise<string> =>
    (await house.ssh(customer, `${domain} status`)).stdout;

  /** Begins a migration to xen2, which stops itself at the step. */
  async function begin(
    domain: string,
    step: Step,
  ): Promise<{ readonly process: ChildProcess; ended: Promise<number | null> }> {
    const process_ = spawn(join(house.layout.xen, 'bin', 'xl'), ['migrate', domain, 'xen2'], {
      stdio: 'ignore',
      env: { ...process.env, XL_SIMULATOR_MIGRATION_STOPS: step },
    });
    migration = process_;
    const ended = new Promise<number | null>((resolve) => process_.once('close', resolve));
    const facts = new ProcessFacts(process_.pid ?? 0);
    await eventually(`the migration to stop (${step})`, () => facts.isStopped);
    return { process: process_, ended };
  }

  /** What is killed besides. */
  const AS_WELL: Readonly<Record<Step, () => Promise<void>>> = {
    received: async () => {
      await house.endSecondDom0('SIGKILL');
      await house.startSecondDom0();
    },
    suspended: () => Promise.resolve(),
    renamed: async () => {
      await house.endGate('SIGKILL');
      await house.startGate();
    },
    started: async () => {
      await house.endDom0('SIGKILL');
      await house.startDom0();
    },
  };

  /** Gives the domain's file to the second host. */
  function copyFile(domain: string): void {
    const file = `${domain}.cfg`;
    const there = join(second().host.xen, 'etc', 'xen', file);
    copyFileSync(join(house.layout.xen, 'etc', 'xen', file), `${there}.new`);
    renameSync(`${there}.new`, there);
  }

  it('is shown as moving, changes are busy, and its console and its log follow', async () => {
    const console = house.terminal('alice', 'horatio console');
    console.type('\r');
    await console.sees('login:');
    const log = house.terminal('alice', 'horatio log --follow');
    await log.sees('login:');
    const { process: running, ended } = await begin('horatio', 'received');
    await eventually('it to be shown', async () =>
      /moving to another host/.test(await status('alice', 'horatio')),
    );
    await console.receives('horatio is being moved to another host');
    for (const verb of ['reboot --yes', 'poweroff --yes', 'start']) {
      const refused = await house.ssh('alice', `horatio ${verb}`);
      assert.equal(refused.status, 5, refused.stderr);
      assert.match(refused.stderr, /being moved to another host\. Try again in a minute/);
    }
    assert.match((await house.postern('domain', 'list')).stdout, /^horatio .*xen2 \(arriving\)/m);
    running.kill('SIGCONT');
    assert.equal(await ended, 0);
    assert.deepEqual([guests('first', 'horatio'), guests('second', 'horatio')], ['', 'horatio']);
    copyFile('horatio');
    const now = '--- horatio runs on the host xen2 now ---';
    await console.receives(/runs on the host xen2 now[^]*Console of horatio\./);
    await log.receives(now);
    console.type('\r');
    await console.sees('login:');
    console.type('root\r');
    await console.sees('#');
    console.type('echo sum $((6*7))\r');
    await log.sees('sum 42');
    await eventually('its boot to be known', async () =>
      /, boot normal,/.test(await status('alice', 'horatio')),
    );
    const whole = await house.ssh('alice', 'horatio log --raw');
    assert.match(whole.stdout, /Linux version [^]*login: [^]*login: root[^]*sum 42/);
    assert.match(whole.stderr, /^--- horatio runs on the host xen2 now ---$/m);
    const boot = await house.ssh('alice', 'horatio log --raw --boot 0');
    assert.equal(boot.stdout, whole.stdout);
    assert.equal((await house.ssh('alice', 'horatio log --boot -1')).status, 1);
    const count = whole.stdout.split('\n').length;
    const last = await house.ssh('alice', `horatio log --raw --lines ${count - 3}`);
    assert.ok(last.stdout.length < whole.stdout.length && whole.stdout.endsWith(last.stdout));
    assert.match(last.stdout, /login: [^]*sum 42/);
    console.type('\x1d.');
    await console.ends();
    log.type('\x03');
    await log.ends();
  });

  for (const step of STEPS) {
    it(`runs at most once when xl migrate is killed (${step}), nothing is started meanwhile, and an admin mends it`, async () => {
      const { process: running, ended } = await begin('yorick', step);
      running.kill('SIGKILL');
      await ended;
      assert.deepEqual([guests('first', 'yorick'), guests('second', 'yorick')], LEFT[step]);
      await AS_WELL[step]();
      await eventually('it to be shown', async () =>
        /moving to another host/.test(await status('bob', 'yorick')),
      );
      for (const verb of ['start', 'rescue --yes', 'normal --yes', 'poweroff --yes'])
        assert.equal((await house.ssh('bob', `yorick ${verb}`)).status, 5, verb);
      assert.deepEqual([guests('first', 'yorick'), guests('second', 'yorick')], LEFT[step]);
      for (const [host, ...command] of MEND[step]) xl(host, ...command);
      await eventually('it to be where it is', async () => !/moving/.test(await status('bob', 'yorick')));
    });
  }

  it('is itself again when its file follows: nobody adopts it, and its customer may reboot it', async () => {
    copyFile('yorick');
    await eventually('it to be managed there', async () =>
      /^yorick is running since/.test(await status('bob', 'yorick')),
    );
    assert.equal((await house.ssh('bob', 'yorick reboot --wait --yes')).status, 0);
    assert.doesNotMatch(
      (await house.postern('audit', '--domain', 'yorick')).stdout,
      /domain\.(retired|held)/,
    );
  });
});
