import assert from 'node:assert/strict';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { refusal } from '../../../policy/refusal.js';
import type { DirectProfile } from '../../../server/dom0/boot/boot-profiles.js';
import { parseDiskSpec } from '../../../server/dom0/config/disk-spec.js';
import type { LongDomain } from '../../../server/dom0/toolstack/toolstack.js';
import type { OperationView, WireRefusal } from '../../../server/wire/operation.js';
import { MOST_SEED_KEYS } from '../../../server/wire/seed-key.js';
import { operationRequest } from '../../support/dom0-client.js';
import { Dom0UnderTest } from '../../support/dom0-under-test.js';
import { eventually } from '../../support/eventually.js';
import { SeedImageInProcess } from '../../support/seed-image-in-process.js';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJs8Z3gnX0nG1YxqH9q6wN3m4vQvZyQm8v0bQ7kqGm1T alice';
const BOBS = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOs8Z3gnX0nG1YxqH9q6wN3m4vQvZyQm8v0bQ7kqGm1T bob';

describe('the seed disk of a boot', () => {
  let house: Dom0UnderTest;
  let image: SeedImageInProcess;

  beforeEach(async () => {
    house = await Dom0UnderTest.make([]);
    await house.configure('horatio', "vif = [ 'ip=192.0.2.7,bridge=xenbr0,mac=00:16:3e:00:00:07' ]\n");
    await house.configure('ophelia');
    const rescue = house.settings.profiles['rescue'] as DirectProfile;
    const subnet = {
      subnet: '192.0.2.0/24',
      bridge: null,
      gateway: '192.0.2.1',
      nameServers: ['192.0.2.53'],
      addresses: {},
    };
    house.settings = {
      ...house.settings,
      profiles: { rescue, ssh: { ...rescue, extra: 'console=hvc0 ssh', seed: 'asker' } },
      seeds: { command: '/bin/false', xenstoreRead: '/bin/false', networks: [subnet] },
    };
    image = new SeedImageInProcess();
    house.parts = { seedImage: image };
  });
  afterEach(() => house.dispose());

  const seeds = (): string => join(house.settings.state, 'seeds');
  const inSeeds = (): Promise<string[]> => readdir(seeds()).catch(() => []);
  const diskOf = (id: string): string => join(seeds(), `${id}.iso`);

  async function ask(more: Readonly<Record<string, unknown>>): Promise<OperationView | WireRefusal> {
    const request = { ...operationRequest('horatio', 'rescue', { profile: 'ssh' }), ...more };
    const { body } = await house.client.ask('POST', '/operations', JSON.stringify(request));
    return body as OperationView | WireRefusal;
  }

  /** As Xen shows the domain that the last create made. */
  function show(name = 'horatio'): void {
    const overrides = house.toolstack.creations.at(-1)?.overrides ?? [];
    const value = (key: string): string | null =>
      (overrides.find((each) => each.key === key)?.value as string | undefined) ?? null;
    const disks = overrides.find(({ key }) => key === 'disk')?.value ?? [];
    house.toolstack.long.set(name, {
      kernel: value('kernel'),
      ramdisk: value('ramdisk'),
      cmdline: value('extra'),
      bootloader: null,
      disks: [disks].flat().map(parseDiskSpec),
    });
  }

  async function rescued(keys: readonly string[] = [KEY]): Promise<OperationView> {
    house.toolstack.on.set('create', () => {
      house.toolstack.put('horatio', {
        cpuSeconds: 0,
        flags: { paused: true, shutdown: null, dying: false },
        uuid: house.toolstack.creations.at(-1)?.uuid ?? null,
      });
      show();
      return Promise.resolve(null);
    });
    const view = await house.client.run('horatio', 'rescue', { profile: 'ssh', keys });
    assert.equal(view.phase, 'done', JSON.stringify(view.failure));
    return view;
  }

  const gone = (id: string): Promise<unknown> =>
    eventually(
      'the seed disk to be removed',
      async () => !(await inSeeds()).some((name) => name.startsWith(id)),
    );

  it('says the host name, the network and the keys, read-only, and nobody else may read the file', async () => {
    await house.start();
    const { id } = await rescued([KEY, BOBS]);
    const made = await SeedImageInProcess.read(diskOf(id));
    assert.deepEqual(
      [...made.keys()],
      ['meta-data', 'user-data', 'hostname', 'authorized_keys', 'network-config', 'network'],
    );
    assert.equal(made.get('authorized_keys'), `${KEY}\n${BOBS}\n`);
    assert.match(made.get('network') ?? '', /MACAddress=00:16:3e:00:00:07[^]*Address=192\.0\.2\.7\/24/);
    assert.match(made.get('meta-data') ?? '', new RegExp(`"instance-id": "${id}"`));
    assert.equal((await stat(diskOf(id))).mode & 0o777, 0o600);
    assert.deepEqual(await inSeeds(), [`${id}.iso`]);
    const disks = house.toolstack.creations.at(-1)?.overrides.find(({ key }) => key === 'disk')?.value;
    assert.equal([disks].flat().at(-1), `file:${diskOf(id)},xvdy,r`);
    assert.equal((await house.client.domain('horatio')).observation.profile, 'ssh');
  });

  it('never shows its path to a gate', async () => {
    await house.start();
    await rescued();
    const answers = ['/contract', '/domains', '/names', '/check', '/journal'];
    for (const path of answers) {
      const { body } = await house.client.ask('GET', path);
      assert.doesNotMatch(JSON.stringify(body), /seeds\/|\.iso/, path);
    }
    house.toolstack.on.set('create', () =>
      Promise.resolve(
        refusal(
          'toolstack-failed',
          'no',
          `cannot open ${
            house.toolstack.creations
              .at(-1)
              ?.overrides.map(({ value }) => String(value))
              .join() ?? ''
          }`,
        ),
      ),
    );
    await house.client.run('horatio', 'poweroff');
    const failed = await house.client.run('horatio', 'rescue', { profile: 'ssh', keys: [KEY] });
    assert.equal(failed.phase, 'failed');
    assert.doesNotMatch(JSON.stringify(failed), /seeds\/|\.iso/);
  });

  it('is there for a request without keys, as of a gate that knows of none, and then has none', async () => {
    await house.start();
    const view = await house.client.run('horatio', 'rescue', { profile: 'ssh' });
    assert.equal((await SeedImageInProcess.read(diskOf(view.id))).has('authorized_keys'), false);
  });

  it('is none for any other boot: keys for it are refused, before anything is done', async () => {
    house.toolstack.put('horatio');
    await house.start();
    for (const more of [
      { profile: 'rescue', keys: [KEY] },
      { profile: 'rescue', keys: [] },
      { verb: 'start', profile: null, keys: [KEY] },
      { verb: 'normal', profile: null, keys: [KEY] },
      { verb: 'reboot', profile: null, keys: [KEY] },
    ]) {
      const answer = await ask(more);
      assert.equal('code' in answer && answer.code, 'usage', JSON.stringify(more));
      assert.equal(
        'message' in answer && answer.message,
        'Only a boot with a seed disk takes keys, and this one has none.',
      );
    }
    const view = await house.client.run('horatio', 'rescue', { profile: 'rescue' });
    assert.equal(view.phase, 'done');
    assert.equal(image.made, 0);
    assert.doesNotMatch(JSON.stringify(house.toolstack.creations), /xvdy/);
  });

  it('takes no key that is none, whoever holds the socket', async () => {
    house.toolstack.put('horatio');
    await house.start();
    const bad: readonly unknown[] = [
      [`${KEY}\n${KEY}`],
      [`command="x" ${KEY}`],
      [KEY.replace('alice', 'a b')],
      [KEY.replace('alice', '"]}')],
      [KEY, 'ssh-ed25519 AAAA alice'],
      [7],
      [null],
      [[KEY]],
      KEY,
      null,
      { 0: KEY },
      Array<string>(MOST_SEED_KEYS + 1).fill(KEY),
      Array<string>(10_000).fill(KEY),
      [`ssh-rsa ${'A'.repeat(1_000_000)} alice`],
    ];
    for (const keys of bad) {
      const answer = await ask({ keys });
      assert.equal('code' in answer && answer.code, 'usage', JSON.stringify(keys).slice(0, 80));
    }
    assert.equal(house.toolstack.domains.size, 1);
    assert.deepEqual(house.toolstack.calls, []);
    assert.equal(image.made, 0);
  });

  it('is made before the domain is stopped: where it cannot be made, the domain runs on', async () => {
    house.toolstack.put('horatio');
    await house.start();
    const asked: string[] = [];
    image.before = () => {
      asked.push(...house.toolstack.calls);
    };
    image.failure = `xorriso: write ${seeds()}/x.iso: No space left on device`;
    const failed = await house.client.run('horatio', 'rescue', { profile: 'ssh', keys: [KEY] });
    assert.equal(failed.phase, 'failed');
    assert.equal(failed.failure?.code, 'toolstack-failed');
    assert.equal(
      failed.failure.message,
      "Its host cannot make the seed disk for this boot. Ask the host's operators.",
    );
    assert.match(failed.failure.detail, /No space left on device/);
    assert.deepEqual(house.toolstack.calls, []);
    assert.deepEqual(await inSeeds(), []);
    image.failure = null;
    await rescued();
    assert.deepEqual(asked, []);
  });

  it('is none when the program makes no image, and nothing of it stays', async () => {
    house.toolstack.put('horatio');
    await house.start();
    image.make = () => Promise.resolve(null);
    const failed = await house.client.run('horatio', 'rescue', { profile: 'ssh', keys: [KEY] });
    assert.match(failed.failure?.detail ?? '', /made no ISO 9660 image/);
    assert.deepEqual(house.toolstack.calls, []);
    assert.deepEqual(await inSeeds(), []);
  });

  it('stays while the domain runs and reboots by itself, and is new at the next rescue', async () => {
    await house.start();
    const first = await rescued();
    const uuid = house.toolstack.creations.at(-1)?.uuid ?? null;
    house.toolstack.put('horatio', { uuid, memoryMiB: 129 });
    await house.until(
      'the reboot from inside to be seen',
      () => house.client.domain('horatio'),
      ({ memoryMiB, observation }) => memoryMiB === 129 && observation.profile === 'ssh',
    );
    assert.deepEqual(await inSeeds(), [`${first.id}.iso`]);
    assert.equal((await house.client.domain('horatio')).observation.profile, 'ssh');
    const second = await rescued([BOBS]);
    assert.equal((await SeedImageInProcess.read(diskOf(second.id))).get('authorized_keys'), `${BOBS}\n`);
    await gone(first.id);
    assert.deepEqual(await inSeeds(), [`${second.id}.iso`]);
  });

  it('goes when the boot ends: by a normal boot, a power-off, or a failed create', async () => {
    await house.start();
    const { id } = await rescued();
    await house.client.run('horatio', 'poweroff');
    house.toolstack.long.delete('horatio');
    await gone(id);
    const next = await rescued();
    house.toolstack.on.delete('create');
    house.toolstack.long.delete('horatio');
    await house.client.run('horatio', 'normal');
    await gone(next.id);
    await house.client.run('horatio', 'poweroff');
    house.toolstack.on.set('create', () => Promise.resolve(refusal('toolstack-failed', 'no', 'no')));
    const failed = await house.client.run('horatio', 'rescue', { profile: 'ssh', keys: [KEY] });
    assert.equal(failed.phase, 'failed');
    await gone(failed.id);
  });

  it('stays while the toolstack does not answer', async () => {
    await house.start();
    const { id } = await rescued();
    house.toolstack.longListAll = () => Promise.resolve(refusal('toolstack-timeout', 'no', 'silent'));
    house.toolstack.domains.delete('horatio');
    await house.client.state('horatio', 'off');
    assert.deepEqual(await inSeeds(), [`${id}.iso`]);
  });

  it('does not keep the half from stopping while the toolstack hangs, and is then left as it is', async () => {
    await house.start();
    const { id } = await rescued();
    let asked = (): void => undefined;
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    let answer: (listed: readonly LongDomain[]) => void = () => undefined;
    house.toolstack.longListAll = () => {
      asked();
      return new Promise((resolve) => (answer = resolve));
    };
    house.toolstack.domains.delete('horatio');
    await isAsked;
    await house.stop();
    answer([]);
    assert.deepEqual(await inSeeds(), [`${id}.iso`]);
  });

  it('is swept by the next half where no domain has it, and kept where one has', async () => {
    await house.start();
    const { id } = await rescued();
    await house.stop();
    const left = '11111111-2222-4333-8444-555555555555';
    for (const name of [`${left}.iso`, `${left}.iso.new`, `${left}.meta-data`, 'README'])
      await writeFile(join(seeds(), name), 'x');
    await house.start();
    await gone(left);
    await gone('README');
    assert.deepEqual(await inSeeds(), [`${id}.iso`]);
    assert.equal((await house.client.domain('horatio')).observation.profile, 'ssh');
    await house.stop();
    // Without a journal the disks of the running domain say what it is.
    await rm(join(house.settings.state, 'journal.jsonl'));
    await house.start();
    assert.equal((await house.client.domain('horatio')).observation.profile, 'ssh');
    assert.deepEqual(await inSeeds(), [`${id}.iso`]);
  });

  it('is made again by the half that goes on with the operation, where a killed one left half of it', async () => {
    house.toolstack.put('horatio');
    await house.start();
    let reached = (): void => undefined;
    const asked = new Promise<void>((resolve) => (reached = resolve));
    house.toolstack.on.set('shutdown', () => {
      reached();
      return Promise.resolve(null);
    });
    const request = operationRequest('horatio', 'rescue', { profile: 'ssh', keys: [KEY] });
    await house.client.submit(request);
    await asked;
    await house.stop();
    await SeedImageInProcess.torn(diskOf(request.id));
    house.toolstack.on.delete('shutdown');
    await house.start();
    const view = await house.client.ended(request.id);
    assert.equal(view.phase, 'done', JSON.stringify(view.failure));
    assert.equal((await SeedImageInProcess.read(diskOf(request.id))).get('authorized_keys'), `${KEY}\n`);
  });

  it('counts by the first request with an id: a second try with other keys changes nothing', async () => {
    await house.start();
    const request = operationRequest('horatio', 'rescue', { profile: 'ssh', keys: [KEY, BOBS] });
    await house.client.submit(request);
    const again = await house.client.submit({ ...request, keys: [KEY] });
    assert.equal('phase' in again, true, JSON.stringify(again));
    await house.client.ended(request.id);
    const made = await SeedImageInProcess.read(diskOf(request.id));
    assert.equal(made.get('authorized_keys'), `${KEY}\n${BOBS}\n`);
  });

  it('is refused where the domain has a disk of its own at its place', async () => {
    const path = await house.configure('horatio');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('xvda,w"', 'xvda,w", "file:/srv/x.img,xvdy,w"'));
    house.toolstack.put('horatio');
    await house.start();
    const answer = await ask({ keys: [KEY] });
    assert.equal('code' in answer && answer.code, 'not-on-this-host');
    assert.match('message' in answer ? answer.message : '', /a disk of its own \(xvdy\)/);
    assert.deepEqual(house.toolstack.calls, []);
  });
});
