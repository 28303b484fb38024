import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, rename, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Refusal } from '../../../policy/refusal.js';
import { LOCAL_FILES } from '../../../server/dom0/config/foreign-files.js';
import type { OperationView, WireRefusal } from '../../../server/wire/operation.js';
import type { Contract } from '../../../server/wire/contract.js';
import { operationRequest } from '../../support/dom0-client.js';
import { Dom0UnderTest } from '../../support/dom0-under-test.js';
import { MemoryDisk } from '../../support/memory-disk.js';
import { LeapingHost } from '../../support/leaping-host.js';
import { SeedImageInProcess } from '../../support/seed-image-in-process.js';
import { InProcessImageWriter } from '../../support/in-process-image-writer.js';
import { UnstalledHost } from '../../support/unstalled-host.js';

const INCOMPLETE = 'Its disk is incomplete: reinstall it again, or boot a rescue system.';
const IMAGE = Buffer.alloc(5 * 1024 * 1024 + 4_096);
IMAGE.write('a boot loader', 0);
IMAGE.write('a file system', IMAGE.length - 4_000);
const SHA256 = createHash('sha256').update(IMAGE).digest('hex');
const DISK_BYTES = 6 * 1024 * 1024;
const OLD = Buffer.alloc(DISK_BYTES, 'private letters ');
const NEW = Buffer.concat([IMAGE, Buffer.alloc(DISK_BYTES - IMAGE.length)]);

describe('reinstall', () => {
  let house: Dom0UnderTest;
  let writer: InProcessImageWriter;
  const at = (name: string): string => join(house.directory, name);

  beforeEach(async () => {
    house = await Dom0UnderTest.make(['horatio', 'ophelia']);
    writer = new InProcessImageWriter();
    house.parts = { imageWriter: writer };
    await writeFile(at('debian.raw'), IMAGE);
    await writeFile(at('larger.raw'), '');
    await truncate(at('larger.raw'), DISK_BYTES + 1);
    for (const name of ['horatio', 'ophelia']) await writeFile(at(`${name}.img`), OLD);
    const image = { title: 'Debian 13', file: at('debian.raw'), sha256: SHA256, minimumMiB: null };
    house.settings = {
      ...house.settings,
      images: {
        'debian-13': { ...image, types: ['pv', 'pvh'] },
        'for-hvm': { ...image, types: ['hvm'] },
        large: { ...image, minimumMiB: 7, types: ['pv'] },
        damaged: { ...image, sha256: '0'.repeat(64), types: ['pv'] },
        larger: { ...image, file: at('larger.raw'), types: ['pv'] },
        missing: { ...image, file: at('missing.raw'), types: ['pv'] },
      },
    };
  });
  afterEach(() => house.dispose());

  const post = async (name = 'horatio', image = 'debian-13'): Promise<OperationView> => {
    const answer = await house.client.submit(operationRequest(name, 'reinstall', { image }));
    if (!('phase' in answer)) assert.fail(JSON.stringify(answer));
    return answer;
  };
  const refused = async (...request: Parameters<typeof operationRequest>): Promise<WireRefusal> => {
    const answer = await house.client.submit(operationRequest(...request));
    if ('phase' in answer) assert.fail(JSON.stringify(answer));
    return answer;
  };
  const run = (name = 'horatio', image = 'debian-13'): Promise<OperationView> =>
    house.client.run(name, 'reinstall', { image });
  const atStep = (id: string, step: OperationView['step']): Promise<OperationView> =>
    house.until(
      `step ${step}`,
      () => house.client.operation(id),
      (view) => view.step === step,
    );
  const disk = (name = 'horatio'): Promise<Buffer> => readFile(at(`${name}.img`));
  const isOld = async (name = 'horatio'): Promise<boolean> => (await disk(name)).equals(OLD);
  /** Holds the writing from a position on. @returns lets it go */
  const hold = (from: number): (() => void) => {
    let go: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => (go = resolve));
    writer.beforeWrite = (position) => (position >= from && position > 0 ? gone : Promise.resolve());
    return () => {
      go();
    };
  };

  it('shuts down, writes the image, and boots it', async () => {
    house.toolstack.put('horatio');
    await house.start();
    const end = await run();
    assert.deepEqual([end.phase, end.failure, end.image], ['done', null, 'debian-13']);
    assert.deepEqual(house.toolstack.calls, ['shutdown horatio', 'create horatio', 'unpause horatio']);
    assert.ok((await disk()).equals(NEW));
    const view = await house.client.domain('horatio');
    assert.equal(view.incompleteDisk, undefined);
    assert.equal(view.observation.profile, 'normal');
    assert.ok(await isOld('ophelia'));
  });

  it('boots with the seed disk of an image that has one, and takes keys for no other', async () => {
    const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJs8Z3gnX0nG1YxqH9q6wN3m4vQvZyQm8v0bQ7kqGm1T alice';
    const { images } = house.settings;
    const debian = images['debian-13'];
    assert.ok(debian !== undefined);
    house.settings = { ...house.settings, images: { ...images, seeded: { ...debian, seed: 'asker' } } };
    house.parts = { ...house.parts, seedImage: new SeedImageInProcess() };
    await house.start();
    const ask = async (image: string): Promise<OperationView & WireRefusal> => {
      const request = { ...operationRequest('horatio', 'reinstall', { image }), keys: [KEY] };
      return (await house.client.ask('POST', '/operations', JSON.stringify(request))).body as OperationView &
        WireRefusal;
    };
    assert.equal((await ask('debian-13')).code, 'usage');
    assert.ok(await isOld());
    const { id } = await ask('seeded');
    const end = await house.client.ended(id);
    assert.deepEqual([end.phase, end.failure], ['done', null]);
    const disks = house.toolstack.creations.at(-1)?.overrides.find(({ key }) => key === 'disk')?.value;
    assert.deepEqual(disks, [
      `file:${at('horatio.img')},xvda,w`,
      `file:${join(house.settings.state, 'seeds', `${id}.iso`)},xvdy,r`,
    ]);
  });

  it('offers the images by name, and to each domain those that fit', async () => {
    await house.start();
    const contract = (await house.client.ask('GET', '/contract')).body as Contract;
    assert.deepEqual(
      contract.images?.map(({ name, minimumMiB }) => [name, minimumMiB]),
      [
        ['debian-13', null],
        ['for-hvm', null],
        ['large', 7],
        ['damaged', null],
        ['larger', null],
        ['missing', null],
      ],
    );
    assert.deepEqual(
      contract.images.map(({ name, needsBytes }) => [name, needsBytes]),
      [
        ['debian-13', IMAGE.length],
        ['for-hvm', IMAGE.length],
        ['large', 7 * 1024 * 1024],
        ['damaged', IMAGE.length],
        ['larger', DISK_BYTES + 1],
        ['missing', undefined],
      ],
    );
    assert.ok(contract.verbs.includes('reinstall'));
    assert.ok(!JSON.stringify(contract).includes(house.directory), 'a path crosses the socket');
    const view = await house.until(
      'the size of its disk',
      () => house.client.domain('horatio'),
      ({ firstDisk }) => typeof firstDisk?.bytes === 'number',
    );
    assert.deepEqual(view.firstDisk, { vdev: 'xvda', bytes: DISK_BYTES });
    assert.deepEqual(view.images, ['debian-13', 'large', 'damaged', 'larger', 'missing']);
  });

  it('offers nothing without images, and none with xm', async () => {
    house.settings = { ...house.settings, toolstack: { ...house.settings.toolstack, kind: 'xm' } };
    await house.start();
    const contract = (await house.client.ask('GET', '/contract')).body as Contract;
    assert.equal(contract.images, undefined);
    assert.ok(!contract.verbs.includes('reinstall'));
    assert.equal((await refused('horatio', 'reinstall', { image: 'debian-13' })).code, 'usage');
    assert.ok(await isOld());
  });

  it('shows how far it is, with the rate so far', async () => {
    await house.start();
    const release = hold(4 * 1024 * 1024);
    const { id } = await post();
    await atStep(id, 'writing');
    release();
    const end = await house.client.ended(id);
    assert.equal(end.progress, undefined);
    assert.equal(end.phase, 'done');
  });

  describe('refuses before anything is done', () => {
    const same = async (): Promise<void> => {
      assert.deepEqual(house.toolstack.calls, []);
      assert.deepEqual(writer.written, []);
      assert.ok(await isOld());
      assert.equal((await house.client.domain('horatio')).incompleteDisk, undefined);
    };

    const WRONG = [
      ['no image', {}, /needs an image/],
      ['an image that is not in the list', { image: 'windows' }, /no such image/],
      ['an image for other guests', { image: 'for-hvm' }, /another type/],
      ['an image that needs a larger disk', { image: 'large' }, /needs a disk of 7 MiB, and xvda has 6 MiB/],
      ['an image that is larger than the disk', { image: 'larger' }, /a disk of 7 MiB, and xvda has 6 MiB/],
      ['an image that is missing', { image: 'missing' }, /damaged or missing, so nothing was done/],
      ['a profile', { image: 'debian-13', profile: 'rescue' }, /Only rescue takes a boot profile/],
    ] as const;
    for (const [what, more, why] of WRONG) {
      it(what, async () => {
        house.toolstack.put('horatio');
        await house.start();
        assert.match((await refused('horatio', 'reinstall', more)).message, why);
        await same();
      });
    }

    for (const name of ['../../etc/passwd', '/srv/xen/x.raw', 'debian-13\n', 'Debian', '']) {
      it(`an image called ${JSON.stringify(name)}`, async () => {
        await house.start();
        const body = { ...operationRequest('horatio', 'reinstall'), image: name };
        const answer = await house.client.ask('POST', '/operations', JSON.stringify(body));
        assert.equal((answer.body as WireRefusal).code, 'usage');
        await same();
      });
    }

    it('an image with another verb', async () => {
      await house.start();
      const no = await refused('horatio', 'start', { image: 'debian-13' });
      assert.match(no.message, /Only a reinstallation takes an image/);
    });

    it('an image on a file system that hangs, which holds up nothing else', async () => {
      const stat: typeof LOCAL_FILES.stat = (path) =>
        path === at('debian.raw') ? new Promise<never>(() => undefined) : LOCAL_FILES.stat(path);
      house.parts = { ...house.parts, files: { ...LOCAL_FILES, stat } };
      house.toolstack.put('horatio');
      await house.start();
      assert.match(
        (await refused('horatio', 'reinstall', { image: 'debian-13' })).message,
        /damaged or missing, so nothing was done/,
      );
      await same();
    });

    it('a damaged image, which is found before the domain is stopped', async () => {
      house.toolstack.put('horatio');
      await house.start();
      const end = await run('horatio', 'damaged');
      assert.match(end.failure?.message ?? '', /damaged or missing, so nothing was done/);
      await same();
    });

    it('a disk that another domain has too, even one that is off', async () => {
      const shared = `disk = [ "file:${at('ophelia.img')},xvda,w" ]\n`;
      await house.configure('horatio', shared);
      await house.start();
      const no = await refused('horatio', 'reinstall', { image: 'debian-13' });
      assert.match(no.message, /its first disk also belongs to others/);
      await same();
      assert.ok(await isOld('ophelia'));
    });

    it('a disk that another domain names by a link', async () => {
      await symlink(at('horatio.img'), at('link.img'));
      await house.configure('ophelia', `disk = [ "phy:${at('link.img')},xvdb,w" ]\n`);
      await house.start();
      const no = await refused('horatio', 'reinstall', { image: 'debian-13' });
      assert.match(no.message, /its first disk also belongs to others/);
      await same();
    });

    describe('a disk that a file names of which no domain is managed', () => {
      const path = (): string => at('horatio.img');
      const FILES: readonly (readonly [string, () => string])[] = [
        ['an operator’s own, off', () => `name = "claudius"\ndisk = [ "file:${path()},xvda,w" ]\n`],
        ['one of two with its name', () => `name = "ophelia"\ndisk = [ "file:${path()},xvda,w" ]\n`],
        ['one whose name can be no domain’s', () => `name = "a b"\ndisk = [ "file:${path()},xvda,w" ]\n`],
        ['one that lacks a quotation mark', () => `name = "x\ndisk = [ "file:${path()},xvda,w" ]\n`],
        [
          'one that lacks the name',
          () => `disk = [ "format=raw, vdev=xvda, access=rw, target=${path()}" ]\n`,
        ],
        ['one that names it by a link', () => `name = 7\ndisk = [ '${at('link.img')},raw,xvda,rw' ]\n`],
        ['one that lacks a bracket', () => `name = 'x'\ndisk = 'phy:${path()},xvda,w' ]\n`],
      ];
      for (const [what, text] of FILES)
        it(what, async () => {
          house.settings = { ...house.settings, unmanaged: ['claudius'] };
          await symlink(path(), at('link.img'));
          await writeFile(at('etc/fortinbras.cfg'), text());
          await house.start();
          const no = await refused('horatio', 'reinstall', { image: 'debian-13' });
          assert.match(no.message, /its first disk also belongs to others/);
          await same();
        });

      it('one that it had before it could not be used, though it names none now', async () => {
        await house.configure('yorick', `disk = [ "file:${path()},xvda,w" ]\n`);
        await house.start();
        await house.client.state('yorick', 'off');
        await writeFile(at('etc/yorick.cfg'), 'name = "yorick\n');
        await house.until(
          'the refusal of the file',
          async () => (await house.client.ask('GET', '/contract')).body as Contract,
          ({ unmanaged }) => unmanaged?.some(({ file }) => file === 'yorick.cfg') === true,
        );
        const no = await refused('horatio', 'reinstall', { image: 'debian-13' });
        assert.match(no.message, /its first disk also belongs to others/);
      });

      it('but not one that names another disk', async () => {
        await writeFile(at('etc/fortinbras.cfg'), `disk = [ "file:${at('other.img')},xvda,w" ]\n`);
        await house.start();
        assert.equal((await run()).phase, 'done');
      });
    });

    it('anything while a file is not read yet, because that one may name the disk', async () => {
      let answers: () => void = () => undefined;
      const isSlow = new Promise<void>((resolve) => (answers = resolve));
      const dryRun = house.toolstack.dryRun.bind(house.toolstack);
      house.toolstack.dryRun = async (creation) => {
        if (creation.config.includes('yorick')) await isSlow;
        return dryRun(creation);
      };
      // Neither the start (5 s) nor a request (3 s) waits long for the files.
      let waits = [5_000, 3_000];
      const host = new UnstalledHost((ms) => (waits.includes(ms) ? 50 : ms));
      house.parts = { ...house.parts, host };
      await house.configure('yorick', `disk = [ "file:${at('horatio.img')},xvda,w" ]\n`);
      await house.start();
      // A look has its 5 s.
      waits = [3_000];
      const no = await refused('horatio', 'reinstall', { image: 'debian-13' });
      assert.match(no.message, /has not read all configuration files yet, so nothing is erased/);
      answers();
      await house.client.state('yorick', 'off');
      const shared = await refused('horatio', 'reinstall', { image: 'debian-13' });
      assert.match(shared.message, /its first disk also belongs to others/);
      await same();
    });

    it('a disk that is the image, or the rescue disk of the host', async () => {
      for (const own of [at('debian.raw'), '/srv/xen/rescue.img']) {
        await house.configure('horatio', `disk = [ "file:${own},xvda,w" ]\n`);
        if (own === at('debian.raw')) await house.start();
        const no = await refused('horatio', 'reinstall', { image: 'debian-13' });
        assert.equal(no.code, 'not-on-this-host');
      }
      assert.ok((await readFile(at('debian.raw'))).equals(IMAGE));
    });

    it('a running domain of others that has the disk, known by the toolstack alone', async () => {
      house.toolstack.put('horatio');
      house.toolstack.put('stranger');
      house.toolstack.long.set('stranger', {
        kernel: null,
        ramdisk: null,
        cmdline: null,
        bootloader: null,
        disks: [{ target: at('horatio.img'), vdev: 'xvdb', writable: true }],
      });
      await house.start();
      const end = await run();
      assert.match(end.failure?.message ?? '', /in use by another server/);
      await same();
    });

    it('a link in the place of the disk', async () => {
      await rename(at('horatio.img'), at('real.img'));
      await symlink(at('ophelia.img'), at('horatio.img'));
      await house.start();
      // The disks of the two are one file by now.
      const no = await refused('horatio', 'reinstall', { image: 'debian-13' });
      assert.equal(no.code, 'not-on-this-host');
      assert.ok(await isOld('ophelia'));
    });

    for (const state of ['paused', 'crashed', 'unknown'] as const) {
      it(`while it is ${state}`, async () => {
        const flags = {
          paused: state === 'paused',
          shutdown: state === 'crashed' ? 'crash' : null,
          dying: false,
        } as const;
        house.toolstack.put('horatio', { flags });
        await house.start();
        if (state === 'unknown')
          house.toolstack.silence = { refused: true, code: 'toolstack-timeout', message: '', detail: '' };
        await house.client.state('horatio', state);
        const no = await refused('horatio', 'reinstall', { image: 'debian-13' });
        assert.match(no.code, /wrong-state|toolstack-timeout/);
        await same();
      });
    }
  });

  it('writes nothing when the journal cannot have the disk as incomplete', async () => {
    const disk = new MemoryDisk();
    house.parts = { ...house.parts, disk };
    house.toolstack.put('horatio');
    await house.start();
    house.toolstack.on.set('shutdown', (name) => {
      house.toolstack.domains.delete(name);
      disk.fault = (what) => (what === 'write' ? 'ENOSPC' : null);
      return Promise.resolve(null);
    });
    const { id } = await post();
    await house.until(
      'the end',
      async () => (await house.client.ask('GET', `/operations/${id}`)).body as OperationView,
      ({ phase }) => phase === 'failed',
    );
    assert.deepEqual(writer.written, []);
    assert.ok(await isOld());
    disk.fault = () => null;
    house.toolstack.on.delete('shutdown');
    await house.client.state('horatio', 'off');
    assert.equal((await house.client.run('horatio', 'start')).phase, 'done', 'its own system is whole');
  });

  it('fails before the first byte when the guest does not shut down', async () => {
    house.toolstack.put('horatio');
    house.toolstack.on.set('shutdown', (): Promise<Refusal | null> => new Promise(() => undefined));
    house.makeDeadlinesShort();
    await house.start();
    const end = await run();
    assert.equal(end.failure?.code, 'deadline-passed');
    assert.ok(await isOld());
  });

  it('fails before the first byte when a link has taken the place of the disk meanwhile', async () => {
    house.toolstack.put('horatio');
    house.toolstack.on.set('shutdown', async (name) => {
      await rename(at('horatio.img'), at('real.img'));
      await symlink(at('ophelia.img'), at('horatio.img'));
      house.toolstack.domains.delete(name);
      return null;
    });
    await house.start();
    const end = await run();
    assert.equal(end.phase, 'failed');
    assert.deepEqual(writer.written, []);
    assert.ok(await isOld('ophelia'));
  });

  describe('a writing that does not end', () => {
    const FULL = new Error('ENOSPC: no space left on device');
    const incomplete = async (): Promise<void> => {
      const view = await house.client.state('horatio', 'off');
      assert.deepEqual([view.incompleteDisk?.vdev, view.incompleteDisk?.image], ['xvda', 'debian-13']);
      assert.notEqual((await disk()).toString('latin1', 0, 13), 'a boot loader');
      for (const verb of ['start', 'normal'] as const)
        assert.equal((await refused('horatio', verb)).message, INCOMPLETE);
      assert.ok(!house.toolstack.calls.includes('create horatio'));
    };

    it('leaves the domain off, with its disk incomplete, over restarts, until a reinstallation ends', async () => {
      house.toolstack.put('horatio');
      await house.start();
      writer.beforeWrite = (position) => (position > 0 ? Promise.reject(FULL) : Promise.resolve());
      const end = await run();
      assert.equal(end.failure?.message, `Its host has no room left for its disk. ${INCOMPLETE}`);
      await incomplete();
      for (let restart = 0; restart < 2; restart += 1) {
        await house.stop();
        await house.start();
        await incomplete();
      }
      writer.beforeWrite = () => Promise.resolve();
      assert.equal((await run()).phase, 'done');
      assert.equal((await house.client.domain('horatio')).incompleteDisk, undefined);
      assert.ok((await disk()).equals(NEW));
    });

    it('starts again when an admin says that the disk is whole', async () => {
      await house.start();
      const clear = (body: object): Promise<{ status: number }> =>
        house.client.ask('PUT', '/domains/horatio/disk', JSON.stringify(body));
      assert.equal((await clear({ whole: true, admin: 'root' })).status, 200);
      writer.beforeWrite = (position) => (position > 0 ? Promise.reject(FULL) : Promise.resolve());
      await run();
      assert.equal((await clear({ whole: false, admin: 'root' })).status, 400);
      await incomplete();
      assert.equal((await clear({ whole: true, admin: 'root' })).status, 200);
      assert.equal((await house.client.domain('horatio')).incompleteDisk, undefined);
      await house.stop();
      await house.start();
      assert.equal((await house.client.run('horatio', 'start')).phase, 'done');
    });

    it('lets a rescue system boot, and nothing that boots the own disk', async () => {
      const { rescue } = house.settings.profiles;
      assert.ok(rescue?.kind === 'direct');
      const { title, disks, hint } = rescue;
      const single = { kind: 'own', title, disks, hint, types: ['pv'], extra: 'single' } as const;
      const shell = { ...single, kernel: null, ramdisk: null, parameters: {} };
      house.settings = { ...house.settings, profiles: { rescue, shell } };
      await house.start();
      writer.beforeWrite = (position) => (position > 0 ? Promise.reject(FULL) : Promise.resolve());
      await run();
      house.toolstack.calls.length = 0;
      assert.equal((await refused('horatio', 'rescue', { profile: 'shell' })).message, INCOMPLETE);
      assert.equal((await house.client.run('horatio', 'rescue', { profile: 'rescue' })).phase, 'done');
      const view = await house.client.domain('horatio');
      assert.deepEqual([view.observation.profile, view.incompleteDisk?.vdev], ['rescue', 'xvda']);
      assert.equal((await refused('horatio', 'normal')).message, INCOMPLETE);
    });

    it('switches off at the end of a rescue, whatever the profile says', async () => {
      const host = new LeapingHost();
      house.parts = { ...house.parts, host };
      await house.start();
      writer.beforeWrite = (position) => (position > 0 ? Promise.reject(FULL) : Promise.resolve());
      await run();
      const rescue = { profile: 'rescue', forSeconds: 3600 };
      assert.equal((await house.client.run('horatio', 'rescue', rescue)).phase, 'done');
      assert.equal((await house.client.domain('horatio')).rescueEnd?.then, 'poweroff');
      const creates = house.toolstack.creations.length;
      host.leap(3_600_000);
      const view = await house.client.state('horatio', 'off');
      const over = await house.until(
        'the end',
        async () => (await house.client.domain('horatio')).lastEnding ?? null,
        (last) => last !== null && last.endedAt !== null,
      );
      assert.deepEqual([over?.verb, over?.phase, view.incompleteDisk?.vdev], ['shutdown', 'done', 'xvda']);
      assert.equal(house.toolstack.creations.length, creates);
    });

    it('stays incomplete when the half ends in the middle, and goes on with nothing by itself', async () => {
      await house.start();
      hold(4 * 1024 * 1024);
      const { id } = await post();
      await atStep(id, 'writing');
      await house.until(
        'the mark',
        () => house.client.domain('horatio'),
        (view) => view.incompleteDisk !== undefined,
      );
      await house.stop();
      writer.written.length = 0;
      writer.beforeWrite = () => Promise.resolve();
      await house.start();
      const end = await house.client.ended(id);
      assert.deepEqual([end.phase, end.failure?.code], ['failed', 'undone']);
      assert.match(end.failure?.message ?? '', /in the middle of the writing\. Its disk is incomplete/);
      await incomplete();
      assert.deepEqual(writer.written, []);
    });

    it('is not begun by the next half, which has five minutes and not twelve hours', async () => {
      house.settings = { ...house.settings, deadlines: { ...house.settings.deadlines, shutdownSeconds: 60 } };
      house.toolstack.put('horatio');
      house.toolstack.on.set('shutdown', () => new Promise(() => undefined));
      await house.start();
      const { id } = await post();
      await atStep(id, 'shutting-down');
      await house.stop();
      house.toolstack.on.delete('shutdown');
      await house.start();
      const end = await house.client.ended(id);
      assert.deepEqual([end.phase, end.failure?.code], ['failed', 'undone']);
      assert.match(end.failure?.message ?? '', /before the writing began, so its disk is as it was/);
      assert.deepEqual(writer.written, []);
      assert.ok(await isOld());
      assert.equal((await run()).phase, 'done');
    });

    it('never boots an image that was replaced while it was written', async () => {
      await house.start();
      writer.beforeWrite = async (position) => {
        if (position === 0) await writeFile(at('debian.raw'), Buffer.alloc(IMAGE.length, 'evil '));
      };
      const end = await run();
      assert.equal(
        end.failure?.message,
        `The image was replaced on its host in the middle of the writing. ${INCOMPLETE}`,
      );
      await incomplete();
    });

    it('cannot be powered off, started or reinstalled meanwhile', async () => {
      await house.start();
      const release = hold(4 * 1024 * 1024);
      const { id } = await post();
      await atStep(id, 'writing');
      for (const verb of ['poweroff', 'start', 'shutdown'] as const)
        assert.equal((await refused('horatio', verb)).code, 'busy', verb);
      assert.equal((await refused('horatio', 'reinstall', { image: 'debian-13' })).code, 'busy');
      assert.equal((await refused('horatio', 'rescue', { profile: 'rescue' })).code, 'busy');
      release();
      assert.equal((await house.client.ended(id)).phase, 'done');
    });
  });

  it('writes one disk at a time, and shows the place in the queue', async () => {
    await house.start();
    const release = hold(4 * 1024 * 1024);
    const first = await post('horatio');
    await atStep(first.id, 'writing');
    const second = await post('ophelia');
    const waiting = await house.until(
      'its place',
      () => house.client.operation(second.id),
      ({ place }) => place > 0,
    );
    assert.deepEqual([waiting.step, waiting.place], ['waiting', 1]);
    assert.ok(await isOld('ophelia'));
    release();
    assert.equal((await house.client.ended(first.id)).phase, 'done');
    assert.equal((await house.client.ended(second.id)).phase, 'done');
    assert.ok((await disk('ophelia')).equals(NEW));
  });

  it('is not begun when others have left too little time for its disk', async () => {
    const host = new LeapingHost();
    house.parts = { ...house.parts, host };
    house.settings = { ...house.settings, reinstall: { mibPerSecond: 1 } };
    house.makeDeadlinesShort();
    await truncate(at('ophelia.img'), 600 * 1024 * 1024);
    house.toolstack.put('ophelia');
    await house.start();
    const release = hold(4 * 1024 * 1024);
    const first = await post('horatio');
    await atStep(first.id, 'writing');
    const second = await post('ophelia');
    // Of its twelve and a half hours and some minutes, about five minutes are left, and it needs ten.
    host.leap(12.5 * 3_600_000);
    release();
    const end = await house.client.ended(second.id);
    assert.deepEqual([end.phase, end.failure?.code], ['failed', 'deadline-passed']);
    assert.match(end.failure?.message ?? '', /so nothing was done/);
    assert.deepEqual(writer.written, [at('horatio.img')]);
    assert.ok(!house.toolstack.calls.includes('shutdown ophelia'));
    assert.equal((await house.client.ended(first.id)).phase, 'done');
  });

  it('is overtaken by a power-off while it waits for its turn', async () => {
    house.toolstack.put('ophelia');
    await house.start();
    const release = hold(4 * 1024 * 1024);
    const first = await post('horatio');
    await atStep(first.id, 'writing');
    const second = await post('ophelia');
    assert.equal((await house.client.run('ophelia', 'poweroff')).phase, 'done');
    assert.equal((await house.client.ended(second.id)).phase, 'superseded');
    release();
    await house.client.ended(first.id);
    assert.ok(await isOld('ophelia'));
  });

  it('reads an image once to check it, and again after it has changed', async () => {
    await house.start();
    await run();
    const steps = new Set<string>();
    writer.beforeWrite = async () => {
      steps.add((await house.client.operation(again.id)).step);
    };
    let again = await post();
    await house.client.ended(again.id);
    await truncate(at('debian.raw'), IMAGE.length + 4_096);
    again = await post();
    const end = await house.client.ended(again.id);
    assert.match(end.failure?.message ?? '', /damaged or missing/);
    assert.deepEqual([...steps], ['writing']);
  });
});
