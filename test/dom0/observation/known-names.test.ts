import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DomainConfigs } from '../../../server/dom0/config/domain-configs.js';
import { KnownNames } from '../../../server/dom0/observation/known-names.js';
import { domainName } from '../../support/temporary-store.js';
import { configsLikeXl } from '../../support/configs-like-xl.js';
import { silentLogger } from '../../support/silent-logger.js';

const HORATIO = domainName('horatio');
const GONE_AFTER = 60_000;
const IS_ROOT = process.geteuid?.() === 0;

describe('what a half remembers of names', () => {
  let directory: string;
  let configs: DomainConfigs;
  let memory: KnownNames;
  let now: number;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-names-'));
    await mkdir(join(directory, 'xen'));
    for (const name of ['horatio', 'ophelia', 'yorick', 'laertes', 'osric', 'francisco']) await write(name);
    now = Date.parse('2026-11-29T12:00:00.000Z');
    await halfStarts();
    await looks();
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const file = (name: string): string => join(directory, 'xen', `${name}.cfg`);
  const write = (name: string, more = ''): Promise<void> =>
    writeFile(file(name), `name = "${name}"\n${more}`);

  async function halfStarts(pattern = join(directory, 'xen', '*.cfg')): Promise<void> {
    configs = configsLikeXl({ domains: [pattern], unmanaged: [] }, silentLogger);
    memory = await KnownNames.open(join(directory, 'names.json'), silentLogger);
  }

  /** @returns the names that have gone */
  async function looks(exists: readonly string[] = []): Promise<string[]> {
    await configs.scan();
    await configs.settled();
    memory.see(configs, now);
    const gone = await memory.judge(configs, (name) => exists.includes(name), GONE_AFTER, now, now);
    await memory.save();
    return [...gone];
  }

  /** Looks every ten seconds for ten minutes. @returns the names that have gone */
  async function looksOn(exists: readonly string[] = []): Promise<string[]> {
    const gone: string[] = [];
    for (let look = 0; look < 60; look += 1) {
      now += 10_000;
      gone.push(...(await looks(exists)));
    }
    return gone;
  }

  const why = (): string | undefined => memory.missing().find(({ name }) => name === HORATIO)?.why;

  it('is that a removed one is gone, and when, after a while', async () => {
    await rm(file('horatio'));
    assert.deepEqual(await looks(), []);
    assert.deepEqual(await looksOn(['horatio']), [], 'not while it exists');
    assert.deepEqual(await looksOn(), ['horatio']);
    assert.deepEqual(
      memory.gone().map(({ name }) => name),
      ['horatio'],
    );
    await write('horatio');
    await looks();
    assert.equal(memory.configured(HORATIO).since, new Date(now).toISOString());
    assert.deepEqual(memory.gone(), []);
  });

  it('is kept over a restart: a name that went before it and came after is another appearance', async () => {
    assert.equal(memory.configured(HORATIO).since, null, 'it was there when the memory began');
    await rm(file('horatio'));
    await looksOn();
    await halfStarts();
    await looks();
    assert.deepEqual(
      memory.gone().map(({ name }) => name),
      ['horatio'],
    );
    await write('horatio');
    await halfStarts();
    await looks();
    assert.equal(memory.configured(HORATIO).since, new Date(now).toISOString());
  });

  it('is not disturbed by an editor: a file that is written anew, replaced by a rename, or away for a moment', async () => {
    await write('horatio', 'memory = 256\n');
    await looks();
    await writeFile(file('next'), 'name = "horatio"\nmemory = 512\n');
    await looks();
    assert.equal(why(), 'twice');
    await rename(file('next'), file('horatio'));
    await looks();
    await rename(file('horatio'), `${file('horatio')}.bak`);
    now += 30_000;
    assert.deepEqual(await looks(), []);
    await rename(`${file('horatio')}.bak`, file('horatio'));
    await looksOn();
    assert.deepEqual([memory.configured(HORATIO).since, memory.missing(), memory.gone()], [null, [], []]);
  });

  it('is not taken away by a clock that jumps', async () => {
    await rm(file('horatio'));
    await looks();
    now += 400 * 24 * 3_600_000;
    assert.deepEqual(await looks(), []);
    now -= 800 * 24 * 3_600_000;
    assert.deepEqual(await looks(), []);
    assert.deepEqual(await looksOn(), ['horatio'], 'and it goes all the same');
  });

  it('is that a name whose file has another one now is gone', async () => {
    await writeFile(file('horatio'), 'name = "fortinbras"\n');
    assert.deepEqual(await looksOn(), ['horatio']);
  });

  it('is that another UUID makes another domain, and a new one in the file none', async () => {
    await write('horatio', 'uuid = "11111111-1111-4111-8111-111111111111"\n');
    await looks();
    assert.equal(memory.configured(HORATIO).since, null);
    await write('horatio', 'uuid = "22222222222242228222222222222222"\n');
    now += 1000;
    await configs.scan();
    await configs.settled();
    assert.deepEqual(memory.see(configs, now), ['horatio']);
    assert.deepEqual(memory.configured(HORATIO), {
      uuid: '22222222-2222-4222-8222-222222222222',
      since: new Date(now).toISOString(),
    });
  });

  const FAULTS: readonly (readonly [string, string, () => Promise<unknown>])[] = [
    [
      'a directory that is not there',
      'directory',
      () => rename(join(directory, 'xen'), join(directory, 'away')),
    ],
    [
      'a directory that is empty, as a mount point',
      'empty',
      async () => {
        await rename(join(directory, 'xen'), join(directory, 'away'));
        await mkdir(join(directory, 'xen'));
      },
    ],
    ['a file that is none any more', 'unusable', () => writeFile(file('horatio'), '')],
    ['a file that anybody may write', 'unusable', () => chmod(file('horatio'), 0o666)],
    ['a second file of the name', 'twice', () => writeFile(file('copy'), 'name = "horatio"\n')],
    [
      'a link into a file system that is not mounted',
      'unreadable',
      async () => {
        await rm(file('horatio'));
        await symlink('/nowhere/horatio.cfg', file('horatio'));
      },
    ],
    [
      'a link that leads to itself',
      'unusable',
      async () => {
        await rm(file('horatio'));
        await symlink(file('horatio'), file('horatio'));
      },
    ],
    [
      'a directory in its place',
      'unreadable',
      async () => {
        await rm(file('horatio'));
        await mkdir(file('horatio'));
      },
    ],
    [
      'too many that go at once',
      'many',
      async () => {
        for (const name of ['horatio', 'ophelia', 'yorick', 'laertes']) await rm(file(name));
      },
    ],
    [
      'a stray file where a file system was mounted',
      'device',
      async () => {
        const kept = JSON.parse(await readNames()) as { names: Record<string, { device: number }> };
        for (const one of Object.values(kept.names)) one.device += 1;
        await writeFile(join(directory, 'names.json'), JSON.stringify(kept));
        await rm(file('horatio'));
        await halfStarts();
      },
    ],
  ];
  const readNames = async (): Promise<string> =>
    (await import('node:fs/promises')).readFile(join(directory, 'names.json'), 'utf8');

  for (const [what, reason, spoil] of FAULTS) {
    it(`is not lost by ${what}, over a restart too`, async () => {
      await spoil();
      assert.deepEqual(await looksOn(), []);
      assert.equal(why(), reason);
      await halfStarts();
      assert.deepEqual(await looksOn(), []);
      assert.equal(why(), reason);
      await rm(join(directory, 'xen'), { recursive: true, force: true });
      await mkdir(join(directory, 'xen'));
      await write('horatio');
      await looks();
      assert.equal(memory.configured(HORATIO).since, null, 'it never went');
    });
  }

  it('is not lost by a directory or a file that cannot be read', async function () {
    if (IS_ROOT) this.skip();
    await chmod(file('horatio'), 0o000);
    assert.deepEqual(await looksOn(), []);
    assert.equal(why(), 'unusable');
    await chmod(join(directory, 'xen'), 0o000);
    assert.deepEqual(await looksOn(), []);
    assert.equal(why(), 'unreadable');
    await chmod(join(directory, 'xen'), 0o700);
  });

  it('is not lost by a glob that is mistyped', async () => {
    await halfStarts(join(directory, 'xen', '*.conf'));
    assert.deepEqual(await looksOn(), []);
    assert.equal(why(), 'unmatched');
    await halfStarts();
    await looks();
    assert.equal(memory.configured(HORATIO).since, null);
  });

  it('begins without saying since when, also where the files come only later', async () => {
    await rm(join(directory, 'names.json'));
    await rename(join(directory, 'xen'), join(directory, 'away'));
    await halfStarts();
    await looksOn();
    await rename(join(directory, 'away'), join(directory, 'xen'));
    await looks();
    assert.equal(memory.configured(HORATIO).since, null);
    await write('fortinbras');
    await looks();
    assert.notEqual(memory.configured(domainName('fortinbras')).since, null, 'this one was seen to come');
  });

  it('says of no name since when it is there, whichever file was read last', () => {
    memory = new KnownNames(null, silentLogger);
    const read = (isReading: boolean, names: readonly string[]): void => {
      const list = configs.list().filter(({ name }) => names.includes(name));
      memory.see({ isReading, list: () => list, placeOf: (name) => configs.placeOf(name) }, now);
    };
    read(true, ['ophelia']);
    read(false, ['ophelia', 'horatio']);
    assert.equal(memory.configured(HORATIO).since, null);
    read(false, ['ophelia', 'horatio', 'yorick']);
    assert.notEqual(memory.configured(domainName('yorick')).since, null, 'this one was seen to come');
  });

  it('is nothing where its file is no memory', async () => {
    for (const text of ['', '{', '{"names":{"horatio":{}},"gone":[]}', 'null']) {
      await writeFile(join(directory, 'names.json'), text);
      await halfStarts();
      await looks();
      assert.equal(memory.configured(HORATIO).since, null, text);
    }
  });

  it('goes with a directory of its own, where a glob looks for such', async () => {
    const guests = join(directory, 'guests');
    for (const name of ['hamlet', 'gertrude']) {
      await mkdir(join(guests, name), { recursive: true });
      await writeFile(join(guests, name, 'domain.cfg'), `name = "${name}"\n`);
    }
    await rm(join(directory, 'names.json'));
    await halfStarts(join(guests, '*', 'domain.cfg'));
    await looks();
    await rm(join(guests, 'hamlet'), { recursive: true });
    assert.deepEqual(await looksOn(), ['hamlet']);
  });
});
