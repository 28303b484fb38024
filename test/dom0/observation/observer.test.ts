import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { refusal } from '../../../policy/refusal.js';
import type { DomainView } from '../../../server/wire/domain.js';
import { Dom0UnderTest } from '../../support/dom0-under-test.js';
import { eventually } from '../../support/eventually.js';

const up = { paused: false, shutdown: null, dying: false } as const;

describe('what dom0 observes', () => {
  let house: Dom0UnderTest;
  beforeEach(async () => {
    house = await Dom0UnderTest.make(['horatio', 'ophelia']);
  });
  afterEach(() => house.dispose());

  it('is shown with memory, vcpus, CPU and since when; what is configured while it is off', async () => {
    await house.configure('horatio', 'vcpus = 2\n');
    house.toolstack.put('ophelia', { memoryMiB: 512, vcpus: 4, cpuSeconds: 7.5 });
    await house.start();
    const horatio = await house.client.domain('horatio');
    assert.equal(horatio.observation.state, 'off');
    assert.equal(horatio.observation.profile, 'normal');
    assert.deepEqual(
      [horatio.memoryMiB, horatio.vcpus, horatio.cpuSeconds, horatio.incarnation],
      [128, 2, null, null],
    );
    const ophelia = await house.client.domain('ophelia');
    assert.deepEqual([ophelia.memoryMiB, ophelia.vcpus, ophelia.cpuSeconds], [512, 4, 7.5]);
    assert.equal(ophelia.incarnation, house.toolstack.domains.get('ophelia')?.uuid);
    assert.deepEqual(ophelia.profiles, ['rescue']);
    const { since } = ophelia.observation;
    await house.until(
      'a later look',
      () => house.client.domain('ophelia'),
      ({ observation }) => observation.seenAt > since,
    );
    assert.equal((await house.client.domain('ophelia')).observation.since, since);
  });

  it('notices what an admin does by hand', async () => {
    await house.start();
    house.toolstack.put('horatio');
    await house.client.state('horatio', 'running');
    house.toolstack.change('horatio', { flags: { ...up, paused: true } });
    await house.client.state('horatio', 'paused');
    house.toolstack.change('horatio', { flags: up });
    await house.client.state('horatio', 'running');
    house.toolstack.domains.delete('horatio');
    await house.client.state('horatio', 'off');
  });

  it('gets old when the toolstack fails, and then is unknown; and recovers', async () => {
    house.toolstack.put('horatio');
    await house.start();
    const before = await house.client.domain('horatio');
    house.toolstack.silence = refusal('toolstack-timeout', 'The host did not answer in time.');
    await house.client.state('horatio', 'unknown');
    const after = await house.client.domain('horatio');
    assert.ok(
      Date.parse(after.observation.seenAt) - Date.parse(before.observation.seenAt) < 250,
      'seenAt is not of now',
    );
    house.toolstack.silence = null;
    await house.client.state('horatio', 'running');
  });

  it('is unknown while a listing hangs', async () => {
    house.toolstack.put('horatio');
    await house.start();
    house.toolstack.list = () => new Promise(() => undefined);
    await house.client.state('horatio', 'unknown');
  });

  it('starts with a toolstack that does not answer', async () => {
    house.toolstack.silence = refusal('toolstack-failed', 'cannot open privcmd');
    await house.start();
    assert.equal((await house.client.domain('horatio')).observation.state, 'unknown');
    house.toolstack.silence = null;
    await house.client.state('horatio', 'off');
  });

  it('has a domain go only when its file has been gone for a while and it does not run', async () => {
    house.toolstack.put('horatio');
    await house.configure('yorick');
    await house.start();
    await rm(join(house.directory, 'etc', 'horatio.cfg'));
    await rm(join(house.directory, 'etc', 'ophelia.cfg'));
    await house.until(
      'ophelia to go',
      () => house.client.ask('GET', '/domains/ophelia'),
      ({ status }) => status === 404,
    );
    assert.equal((await house.client.domain('horatio')).observation.state, 'running');
    house.toolstack.domains.delete('horatio');
    await house.until(
      'horatio to go',
      () => house.client.ask('GET', '/domains/horatio'),
      ({ status }) => status === 404,
    );
    assert.deepEqual(house.consoles.forgotten, ['ophelia', 'horatio']);
  });

  it('keeps a domain whose file is replaced', async () => {
    house.settings = { ...house.settings, observe: { intervalSeconds: 0.02, goneAfterSeconds: 30 } };
    await house.start();
    await rm(join(house.directory, 'etc', 'horatio.cfg'));
    const looks = house.toolstack.listings;
    await house.until(
      'some looks',
      () => house.toolstack.listings,
      (now) => now > looks + 3,
    );
    assert.equal((await house.client.domain('horatio')).observation.state, 'off');
    await house.configure('horatio', 'memory = 256\n');
    await house.until(
      'the new file',
      () => house.client.domain('horatio'),
      ({ memoryMiB }) => memoryMiB === 256,
    );
    assert.deepEqual(house.consoles.forgotten, []);
  });

  describe('of a file that is read while the toolstack lists', () => {
    /** Writes horatio's file. Its dry run ends during a listing, and the next listing waits for the test. */
    const isReadMeanwhile = async (more: string): Promise<void> => {
      const { toolstack } = house;
      const list = toolstack.list.bind(toolstack);
      const dryRun = toolstack.dryRun.bind(toolstack);
      let isAsked = false;
      let answer: () => void = () => undefined;
      const listing = new Promise<void>((resolve) => (answer = resolve));
      toolstack.dryRun = async (creation) => {
        isAsked = true;
        await listing;
        return dryRun(creation);
      };
      toolstack.list = async () => {
        if (!isAsked) return list();
        toolstack.list = () => new Promise(() => undefined);
        answer();
        const readings = join(house.settings.state, 'configs.json');
        await eventually('the file to be read', () => readFileSync(readings, 'utf8').includes('256'));
        return list();
      };
      await house.configure('horatio', more);
      await house.until(
        'the file’s domain to be shown',
        () => house.client.domain('horatio'),
        ({ memoryMiB }) => memoryMiB === 256,
      );
    };

    it('is since when a name is there that came back', async () => {
      await house.start();
      await rm(join(house.directory, 'etc', 'horatio.cfg'));
      await house.until(
        'horatio to go',
        () => house.client.ask('GET', '/domains/horatio'),
        ({ status }) => status === 404,
      );
      await isReadMeanwhile('memory = 256\n');
      assert.notEqual((await house.client.domain('horatio')).configured?.since ?? null, null);
    });

    it('is the UUID that makes it another domain', async () => {
      const [before, after] = [
        '11111111-1111-4111-8111-111111111111',
        '22222222-2222-4222-8222-222222222222',
      ];
      await house.configure('horatio', `uuid = "${before}"\n`);
      await house.start();
      await house.until(
        'the first UUID',
        () => house.client.domain('horatio'),
        ({ configured }) => configured?.uuid === before,
      );
      await isReadMeanwhile(`memory = 256\nuuid = "${after}"\n`);
      assert.equal((await house.client.domain('horatio')).configured?.uuid, after);
      assert.deepEqual(house.consoles.forgotten, ['horatio']);
    });
  });

  it('looks anew at what runs under a name that means another domain now', async () => {
    const first = '11111111-1111-4111-8111-111111111111';
    const second = '22222222-2222-4222-8222-222222222222';
    await house.configure('horatio', `uuid = "${first}"\n`);
    house.toolstack.put('horatio');
    await house.start();
    const view = (): Promise<DomainView> => house.client.domain('horatio');
    await house.until('the boot', view, ({ observation }) => observation.profile === 'unknown');
    await house.configure('horatio', `uuid = "${second}"\n`);
    await house.until('the other domain', view, ({ configured }) => configured?.uuid === second);
    const { observation } = await house.client.state('horatio', 'running');
    assert.equal(observation.profile, 'unknown', 'its long listing is no normal boot');
  });

  it('reads many new incarnations from one long listing, once', async () => {
    for (let number = 0; number < 12; number += 1) {
      await house.configure(`guest${number}`);
      house.toolstack.put(`guest${number}`);
    }
    let all = 0;
    let single = 0;
    const { toolstack } = house;
    const longListAll = toolstack.longListAll.bind(toolstack);
    toolstack.longListAll = () => {
      all += 1;
      return longListAll();
    };
    toolstack.longList = () => {
      single += 1;
      return Promise.resolve(null);
    };
    await house.start();
    const looks = toolstack.listings;
    await house.until(
      'some looks',
      () => toolstack.listings,
      (now) => now > looks + 5,
    );
    assert.deepEqual([all, single], [1, 0]);
  });

  it('finds out later what a domain boots that an admin is still making, which is no change of the domain', async () => {
    const { toolstack } = house;
    const longList = toolstack.longList.bind(toolstack);
    let asked = 0;
    toolstack.longList = (name) => {
      asked += 1;
      return asked < 4 ? Promise.resolve(null) : longList(name);
    };
    toolstack.long.set('horatio', {
      kernel: '/srv/xen/vmlinuz',
      ramdisk: null,
      cmdline: 'console=hvc0',
      bootloader: null,
      disks: [{ target: join(house.directory, 'horatio.img'), vdev: 'xvda', writable: true }],
    });
    await house.start();
    toolstack.put('horatio');
    await house.client.state('horatio', 'running');
    const first = (await house.client.domain('horatio')).observation;
    assert.equal(first.profile, 'unknown');
    const { observation } = await house.until(
      'its profile',
      () => house.client.domain('horatio'),
      (view) => view.observation.profile === 'normal',
    );
    assert.equal(observation.since, first.since);
    assert.equal(asked, 4);
  });

  it('tells the consoles each incarnation, state and profile once', async () => {
    house.toolstack.put('horatio');
    await house.start();
    const looks = house.toolstack.listings;
    await house.until(
      'some looks',
      () => house.toolstack.listings,
      (now) => now > looks + 5,
    );
    const told = house.consoles.told.filter(({ name }) => name === 'horatio');
    const { uuid, domid } = house.toolstack.domains.get('horatio')!;
    assert.deepEqual(told, [
      { name: 'horatio', incarnation: { uuid, domid }, state: 'running', profile: 'unknown' },
    ]);
    house.toolstack.domains.delete('horatio');
    await house.client.state('horatio', 'off');
    assert.deepEqual(house.consoles.told.filter(({ name }) => name === 'horatio').at(-1), {
      name: 'horatio',
      incarnation: null,
      state: 'off',
      profile: 'normal',
    });
  });
});
