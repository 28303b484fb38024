import assert from 'node:assert/strict';
import { readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { refusal, isRefusal } from '../../../policy/refusal.js';
import { LOCAL_FILES } from '../../../server/dom0/config/foreign-files.js';
import type { WireRefusal } from '../../../server/wire/operation.js';
import { operationRequest } from '../../support/dom0-client.js';
import { Dom0UnderTest } from '../../support/dom0-under-test.js';

describe('a configuration file that is edited, by the next start', () => {
  let house: Dom0UnderTest;
  const path = (name: string): string => join(house.directory, 'etc', `${name}.cfg`);
  const edit = async (name: string, change: (text: string) => string): Promise<void> =>
    writeFile(path(name), change(await readFile(path(name), 'utf8')));

  beforeEach(async () => {
    house = await Dom0UnderTest.make(['horatio', 'ophelia']);
    // Only the request itself reads the files again.
    house.settings = { ...house.settings, observe: { intervalSeconds: 3600, goneAfterSeconds: 3600 } };
  });
  afterEach(() => house.dispose());

  /** @returns the failure; null when it succeeded */
  async function failure(domain: string, verb: 'normal' | 'rescue' | 'start'): Promise<WireRefusal | null> {
    const more = verb === 'rescue' ? { profile: 'rescue' } : {};
    const answer = await house.client.submit(operationRequest(domain, verb, more));
    return 'phase' in answer ? (await house.client.ended(answer.id)).failure : answer;
  }

  /** The domain vanishes. Waits until the half takes it for off, and not for one that may be rebooting. */
  async function goes(domain: string): Promise<void> {
    house.toolstack.domains.delete(domain);
    await house.until(
      `${domain} to be off`,
      () => house.client.submit(operationRequest(domain, 'reboot')),
      (answer) => 'message' in answer && answer.message.startsWith('It is off'),
    );
  }

  it('is judged as it is now: a disk of a server that runs is said to be in use', async () => {
    house.toolstack.put('ophelia');
    await house.start();
    await edit('horatio', (text) => text.replace('horatio.img', 'ophelia.img'));
    assert.equal(
      (await failure('horatio', 'start'))?.message,
      'One of its disks is in use by another server that runs, so it cannot be started.',
    );
    assert.deepEqual(house.toolstack.calls, []);
  });

  it('is a server’s first one: it starts at once, though nobody has looked since the file came', async () => {
    await house.start();
    const text = await readFile(path('horatio'), 'utf8');
    await writeFile(path('yorick'), text.replaceAll('horatio', 'yorick'));
    assert.equal(await failure('yorick', 'start'), null);
  });

  it('locks nobody out: memory, kernel and a free disk are taken at once', async () => {
    await house.start();
    for (const change of [
      (text: string): string => text.replace('memory = 128', 'memory = 256'),
      (text: string): string => text.replace('/srv/xen/vmlinuz', '/srv/xen/other'),
      (text: string): string => text.replace('horatio.img', 'new.img'),
      (text: string): string => `# a remark\n${text}`,
    ]) {
      await edit('horatio', change);
      assert.equal(await failure('horatio', 'start'), null);
      await goes('horatio');
    }
    const booted = house.toolstack.creations.at(-1)?.config ?? '';
    assert.match(await readFile(booted, 'utf8'), /memory = 256[\s\S]*other[\s\S]*new\.img/);
  });

  it('locks nobody out although a remark in it changes while the server is created', async () => {
    await house.start();
    house.toolstack.on.set('create', async (name) => {
      await edit('horatio', (text) => `${text}# saved just now\n`);
      const { uuid = null } = house.toolstack.creations.at(-1) ?? {};
      house.toolstack.put(name, {
        uuid,
        cpuSeconds: 0,
        flags: { paused: true, shutdown: null, dying: false },
      });
      return null;
    });
    assert.equal(await failure('horatio', 'start'), null);
  });

  it('locks nobody out although it is touched all the time', async () => {
    await house.start();
    const asXl = house.toolstack.dryRun.bind(house.toolstack);
    let touched = 0;
    house.toolstack.dryRun = async (creation) => {
      const made = await asXl(creation);
      touched += 1;
      await utimes(path('horatio'), touched, touched);
      return made;
    };
    await utimes(path('horatio'), 1, 1);
    assert.equal(await failure('horatio', 'start'), null);
    assert.ok(touched > 0);
  });

  it('is asked for again where xl refused it, and the pool that it names is there by now', async () => {
    await house.start();
    const asXl = house.toolstack.dryRun.bind(house.toolstack);
    house.toolstack.dryRun = () => Promise.resolve({ refused: 'Illegal pool specified' });
    await edit('horatio', (text) => `${text}pool = "fast"\n`);
    assert.match((await failure('horatio', 'start'))?.message ?? '', /Illegal pool specified/);
    house.toolstack.dryRun = asXl;
    assert.equal(await failure('horatio', 'start'), null);
  });

  it('with a copy made a moment ago changes nothing, and both files are named', async () => {
    await house.start();
    await house.configure('horatio-old', 'name = "horatio"\n');
    assert.match(
      (await failure('horatio', 'start'))?.message ?? '',
      /^Two configuration files .*: horatio-old\.cfg and horatio\.cfg\.$/,
    );
    assert.deepEqual(house.toolstack.calls, []);
  });

  it('with another name in it starts neither server', async () => {
    await house.start();
    await edit('horatio', (text) => text.replace('name = "horatio"', 'name = "yorick"'));
    assert.match((await failure('horatio', 'start'))?.message ?? '', /has another name in it/);
    assert.deepEqual(house.toolstack.calls, []);
  });

  it('is exchanged after its dry run: what was made of it is taken away again', async () => {
    await house.start();
    house.toolstack.on.set('create', async (name) => {
      await edit('horatio', (text) => text.replace('memory = 128', 'memory = 256'));
      const { uuid = null } = house.toolstack.creations.at(-1) ?? {};
      house.toolstack.put(name, {
        uuid,
        cpuSeconds: 0,
        flags: { paused: true, shutdown: null, dying: false },
      });
      return null;
    });
    assert.match(
      (await failure('horatio', 'start'))?.message ?? '',
      /changed while it was being started.*Try again/,
    );
    assert.deepEqual(house.toolstack.calls, ['create horatio', 'destroy horatio']);
    house.toolstack.on.clear();
    assert.equal(await failure('horatio', 'start'), null);
  });

  it('is exchanged for another server’s after its dry run: that one is taken away, and never ran', async () => {
    await house.start();
    house.toolstack.on.set('create', async () => {
      await rename(path('ophelia'), path('horatio'));
      const { uuid = null } = house.toolstack.creations.at(-1) ?? {};
      house.toolstack.put('ophelia', {
        uuid,
        cpuSeconds: 0,
        flags: { paused: true, shutdown: null, dying: false },
      });
      return null;
    });
    assert.match((await failure('horatio', 'start'))?.message ?? '', /changed while it was being started/);
    assert.deepEqual(house.toolstack.calls, ['create horatio', 'destroy ophelia']);
  });

  it('is edited while the server is shut down for a rescue: it says that the server was left off', async () => {
    house.toolstack.put('horatio');
    await house.start();
    house.toolstack.on.set('shutdown', async (name) => {
      await edit('horatio', (text) => `${text}memory = (\n`);
      house.toolstack.domains.delete(name);
      return null;
    });
    assert.match(
      (await failure('horatio', 'rescue'))?.message ?? '',
      /is not accepted, so it was left off: horatio\.cfg:6/,
    );
  });

  it('is not made into something else by a boot profile, besides disks and kernel', async () => {
    house.toolstack.put('horatio');
    await house.start();
    const asXl = house.toolstack.dryRun.bind(house.toolstack);
    house.toolstack.dryRun = async (creation) => {
      const made = await asXl(creation);
      const isOver = creation.overrides.length > 0;
      return isOver && !isRefusal(made) && !('refused' in made) ? { ...made, rest: 'other' } : made;
    };
    const no = await failure('horatio', 'rescue');
    assert.match(no?.message ?? '', /does not go with this boot profile/);
    assert.deepEqual(house.toolstack.calls, []);
  });

  it('is refused for `normal` before the server is touched, and goes by what it is once mended', async () => {
    house.toolstack.put('horatio');
    const sound = await readFile(path('horatio'), 'utf8');
    house.toolstack.long.set('horatio', {
      kernel: '/srv/xen/by-hand',
      ramdisk: null,
      cmdline: null,
      bootloader: null,
      disks: [],
    });
    await house.start();
    await writeFile(path('horatio'), `${sound}memory = (\n`);
    assert.match((await failure('horatio', 'normal'))?.message ?? '', /horatio\.cfg:6: config parsing error/);
    assert.deepEqual(house.toolstack.calls, []);
    await writeFile(path('horatio'), sound);
    assert.equal(await failure('horatio', 'normal'), null);
  });

  it('on a file system that hangs holds up no observation, and no start of another server', async () => {
    const hangs = (call: 'read' | 'stat') => (file: string) =>
      file.endsWith('horatio.cfg') ? new Promise<never>(() => undefined) : LOCAL_FILES[call](file, 1 << 18);
    house.parts = {
      files: { ...LOCAL_FILES, stat: hangs('stat'), read: hangs('read') } as typeof LOCAL_FILES,
    };
    house.toolstack.put('ophelia');
    await house.start();
    await house.client.state('ophelia', 'running');
    const contract = (await house.client.ask('GET', '/contract')).body as { unmanaged: unknown };
    assert.deepEqual(contract.unmanaged, [{ file: 'horatio.cfg', why: 'its file system does not answer' }]);
    await goes('ophelia');
    assert.equal(await failure('ophelia', 'start'), null);
  });
});

describe('since when a domain is as it is', () => {
  let house: Dom0UnderTest;
  beforeEach(async () => {
    house = await Dom0UnderTest.make(['horatio', 'ophelia']);
  });
  afterEach(() => house.dispose());
  const since = async (name: string): Promise<string> => (await house.client.domain(name)).observation.since;

  it('is no restart of ours, nor a silence of the toolstack, for what is off, paused or crashed', async () => {
    house.toolstack.put('horatio', { flags: { paused: true, shutdown: null, dying: false } });
    await house.start();
    await house.client.state('horatio', 'paused');
    await house.client.state('ophelia', 'off');
    const before = [await since('horatio'), await since('ophelia')];
    house.toolstack.silence = refusal('toolstack-timeout', 'No answer.');
    await house.client.state('ophelia', 'unknown');
    house.toolstack.silence = null;
    await house.client.state('horatio', 'paused');
    await house.client.state('ophelia', 'off');
    assert.deepEqual([await since('horatio'), await since('ophelia')], before);
    await house.stop();
    await house.start();
    await house.client.state('horatio', 'paused');
    await house.client.state('ophelia', 'off');
    assert.deepEqual([await since('horatio'), await since('ophelia')], before);
  });

  it('is since it exists, for one that was paused before we ever saw it', async () => {
    const { domid } = house.toolstack.put('horatio', {
      flags: { paused: true, shutdown: null, dying: false },
    });
    house.toolstack.upFor.set(domid, 3600);
    await house.start();
    await house.client.state('horatio', 'paused');
    const hours = (Date.now() - Date.parse(await since('horatio'))) / 3_600_000;
    assert.ok(hours > 0.99 && hours < 1.1, String(hours));
  });
});
