import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import type { ProfileSettings } from '../../server/dom0/boot/boot-profiles.js';
import type { Contract } from '../../server/wire/contract.js';
import type { Change } from '../../server/wire/domain.js';
import { Dom0UnderTest } from '../support/dom0-under-test.js';
import { operationRequest } from '../support/dom0-client.js';
import { eventually } from '../support/eventually.js';

const DEBIAN: ProfileSettings = {
  kind: 'direct',
  types: ['pv'],
  title: 'Debian',
  disks: 'Your disks stay as they are.',
  hint: '',
  kernel: '/srv/xen/debian-vmlinuz',
  ramdisk: null,
  extra: 'console=hvc0',
  parameters: {},
  addDisks: [],
};
const WRITABLE: ProfileSettings = {
  kind: 'disk',
  types: ['pv'],
  title: 'A disk',
  disks: '',
  hint: '',
  disk: 'file:/srv/xen/rescue.img,xvda,w',
  kernel: '/srv/xen/pvgrub',
  kernels: null,
  bootloader: null,
};

describe('a reload of the dom0 half', () => {
  let house: Dom0UnderTest;

  beforeEach(async () => {
    house = await Dom0UnderTest.make(['horatio', 'ophelia']);
    house.toolstack.put('horatio');
    house.toolstack.put('ophelia');
    await house.start();
    await house.client.state('horatio', 'running');
  });
  afterEach(() => house.dispose());

  const contract = async (): Promise<Contract> =>
    (await house.client.ask('GET', '/contract')).body as Contract;
  const offered = async (): Promise<readonly string[]> => (await contract()).profiles.map(({ name }) => name);
  const names = async (): Promise<readonly string[]> =>
    (
      (await house.client.ask('GET', '/domains')).body as { domains: readonly { name: string }[] }
    ).domains.map(({ name }) => name);

  /** What a gate is told from now on. */
  async function changes(): Promise<{ readonly told: readonly Change[]; end(): void }> {
    const asking = request({ socketPath: house.settings.socket, path: '/changes', agent: false });
    // The end of the test, or of the half, cuts it off.
    asking.on('error', () => undefined);
    asking.end();
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    answer.on('error', () => undefined);
    const told: Change[] = [];
    let rest = '';
    answer.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      told.push(...lines.map((line) => JSON.parse(line) as Change));
    });
    await eventually('the whole list', () => told.some(({ change }) => change === 'ready'));
    return {
      told,
      end: () => {
        asking.destroy();
      },
    };
  }

  /** @returns a function with which the guest at last goes down */
  function slowShutdown(): () => void {
    let resolve: () => void = () => undefined;
    const stopped = new Promise<void>((done) => {
      resolve = done;
    });
    house.toolstack.on.set('shutdown', async (name) => {
      await stopped;
      house.toolstack.domains.delete(name);
      return null;
    });
    return () => {
      resolve();
    };
  }

  it('offers a new profile, and tells gates of it before the domains that can have it', async () => {
    const { told, end } = await changes();
    const from = told.length;
    house.reload({ profiles: { ...house.settings.profiles, debian: DEBIAN } });
    const has = (one: Change): boolean =>
      one.change === 'domain' && one.domain.profiles.some((name) => name === 'debian');
    await eventually('horatio with it', () => told.slice(from).some(has));
    const heard = told.slice(from);
    const first = heard.find(({ change }) => change === 'contract');
    assert.ok(first?.change === 'contract');
    assert.deepEqual(first.contract, await contract());
    assert.deepEqual(await offered(), ['rescue', 'debian']);
    assert.ok(heard.indexOf(first) < heard.findIndex(has), 'the contract comes first');
    end();
    const ended = await house.client.run('horatio', 'rescue', { profile: 'debian' });
    assert.equal(ended.phase, 'done', JSON.stringify(ended.failure));
    assert.equal(house.toolstack.creations.at(-1)?.overrides[0]?.value, '/srv/xen/debian-vmlinuz');
  });

  it('takes nothing of settings that a start would refuse', async () => {
    const before = house.settings;
    assert.throws(() => {
      house.reload({ profiles: { disk: WRITABLE }, unmanaged: ['horatio'], domains: [] });
    }, /^Error: the rescue disk of profile disk must be read-only \(access r\): it is shared$/);
    assert.equal(house.settings, before);
    assert.deepEqual(await offered(), ['rescue']);
    await house.client.ask('GET', '/check');
    assert.deepEqual(await names(), ['horatio', 'ophelia']);
  });

  it('names nothing as in force that waits for a restart', () => {
    const { deadlines, seeds } = house.settings;
    house.reload({
      deadlines: { ...deadlines, createSeconds: 77 },
      seeds: { ...seeds, command: '/usr/bin/other', networks: [] },
      host: 'helsingor',
    });
    assert.equal(house.settings.deadlines, deadlines);
    assert.equal(house.settings.seeds.command, seeds.command);
    assert.equal(house.settings.host, 'elsinore');
  });

  it('lets an operation boot what was asked for, and nobody ask for it again', async () => {
    const goesDown = slowShutdown();
    const request = operationRequest('horatio', 'rescue', { profile: 'rescue' });
    await house.client.submit(request);
    await eventually('the shutdown', () => house.toolstack.calls.includes('shutdown horatio'));
    // Twice: what the operation began with is older than both.
    house.reload({ profiles: { rescue: { ...DEBIAN, title: 'Another' } } });
    house.reload({ profiles: { debian: DEBIAN } });
    assert.deepEqual(await offered(), ['debian']);
    goesDown();
    const ended = await house.client.ended(request.id);
    assert.equal(ended.phase, 'done', JSON.stringify(ended.failure));
    assert.equal(house.toolstack.creations.at(-1)?.overrides[0]?.value, '/srv/xen/rescue-vmlinuz');
    const again = await house.client.submit(operationRequest('ophelia', 'rescue', { profile: 'rescue' }));
    assert.ok('code' in again);
    assert.equal(again.code, 'no-such-profile');
  });

  it('counts by new limits at once, with what was done before', async () => {
    await house.client.run('horatio', 'poweroff');
    house.reload({ limits: { ...house.settings.limits, powerOffsPerMinute: 1 } });
    const refused = await house.client.submit(operationRequest('ophelia', 'poweroff'));
    assert.ok('code' in refused);
    assert.equal(refused.code, 'host-limit');
    house.reload({ limits: { ...house.settings.limits, powerOffsPerMinute: 2 } });
    assert.equal((await house.client.run('ophelia', 'poweroff')).phase, 'done');
  });

  it('lets go of a domain that is unmanaged now, although it runs, and takes it back as it was', async () => {
    const before = (await house.client.domain('horatio')).observation;
    const { told, end } = await changes();
    house.reload({ unmanaged: ['horatio'] });
    await house.until('horatio to go', names, (now) => !now.includes('horatio'));
    // This comes over another connection.
    await eventually('gates to be told', () =>
      told.some((one) => one.change === 'gone' && one.name === 'horatio'),
    );
    end();
    assert.deepEqual(house.consoles.left, ['horatio'], 'its console ends');
    assert.deepEqual(house.consoles.forgotten, [], 'its log stays');
    const refused = await house.client.submit(operationRequest('horatio', 'poweroff'));
    assert.ok('code' in refused);
    assert.equal(refused.code, 'no-such-domain');
    assert.ok(house.toolstack.domains.has('horatio'));
    house.reload({ unmanaged: [] });
    const { profile, since } = (await house.client.state('horatio', 'running')).observation;
    assert.deepEqual({ profile, since }, { profile: before.profile, since: before.since });
    assert.deepEqual(house.toolstack.calls, [], 'nothing was done to it');
  });

  it('lets an operation under way end before its domain goes, and begins no other', async () => {
    // Its guest is away longer than a name may be, as on a slow disk, or after a shutdown of minutes.
    await house.stop();
    house.settings = { ...house.settings, observe: { ...house.settings.observe, goneAfterSeconds: 0 } };
    await house.start();
    await house.client.state('horatio', 'running');
    const goesDown = slowShutdown();
    const request = operationRequest('horatio', 'rescue', { profile: 'rescue' });
    await house.client.submit(request);
    await eventually('the shutdown', () => house.toolstack.calls.includes('shutdown horatio'));
    house.reload({ unmanaged: ['horatio'] });
    const refused = await house.until(
      'horatio to leave',
      () => house.client.submit(operationRequest('horatio', 'reboot')),
      (answer) => 'code' in answer && answer.code === 'no-such-domain',
    );
    assert.ok('code' in refused);
    assert.ok((await names()).includes('horatio'), 'it is shown as long as something is done to it');
    goesDown();
    const ended = await house.client.ended(request.id);
    assert.equal(ended.phase, 'done', JSON.stringify(ended.failure));
    await house.until('horatio to go', names, (now) => !now.includes('horatio'));
    assert.equal(house.toolstack.domains.get('horatio')?.flags.paused, false);
  });

  it('finds the domains of another directory, and loses those that no glob finds', async () => {
    const other = join(house.directory, 'more');
    await mkdir(other);
    const file = await house.configure('yorick');
    await rename(file, join(other, 'yorick.cfg'));
    const [glob = ''] = house.settings.domains;
    house.reload({ domains: [glob, join(other, '*.cfg')] });
    await house.until('yorick', names, (now) => now.includes('yorick'));
    house.reload({ domains: [join(other, '*.cfg')] });
    await house.until('the others to go', names, (now) => now.length === 1);
    assert.deepEqual(await names(), ['yorick']);
    house.reload({ domains: [glob, join(other, '*.cfg')] });
    await house.until('all to be back', names, (now) => now.length === 3);
    await writeFile(join(other, 'yorick.cfg'), '');
    assert.deepEqual(house.consoles.forgotten, []);
  });

  it('tells gates of the last of two reloads last, also when it has less to look at', async () => {
    const { told, end } = await changes();
    const file = { file: '/srv/xen/image.raw', sha256: '0'.repeat(64), minimumMiB: null };
    const image = { ...file, title: 'Debian', types: ['pv'] } as const;
    const images = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`image-${at}`, image]));
    const before = told.length;
    house.reload({ images });
    house.reload({ images: {} });
    const contracts = (): readonly Contract[] =>
      told.slice(before).flatMap((one) => (one.change === 'contract' ? [one.contract] : []));
    await eventually('both', () => contracts().length === 2);
    assert.deepEqual(contracts().at(-1), await contract());
    assert.equal(contracts().at(-1)?.images, undefined);
    end();
  });

  it('goes by the last of two reloads, however soon after the first one it comes', async () => {
    const other = join(house.directory, 'more');
    await mkdir(other);
    await rename(await house.configure('yorick'), join(other, 'yorick.cfg'));
    const [glob = ''] = house.settings.domains;
    for (let turns = 0; turns < 40; turns += 1) {
      house.reload({ domains: [glob, join(other, '*.cfg')] });
      for (let turn = 0; turn < turns; turn += 1) await turnOfLoop();
      house.reload({ domains: [join(other, '*.cfg')] });
      await house.until(`one after ${turns} turns`, names, (now) => now.join() === 'yorick');
    }
  });
});
