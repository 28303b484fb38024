import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DomainConfigs, DomainConfigsSettings } from '../../../server/dom0/config/domain-configs.js';
import { glob } from '../../../server/dom0/config/glob.js';
import { configsLikeXl } from '../../support/configs-like-xl.js';
import type { Logger } from '../../../server/wire/logger.js';

describe('the domains that are found', () => {
  let directory: string;
  let said: string[];
  let configs: DomainConfigs;
  const names = (): string[] =>
    configs
      .list()
      .map(({ name }) => name)
      .sort();
  const write = (file: string, text: string): Promise<void> => writeFile(join(directory, file), text);

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-configs-'));
    said = [];
    const note = (fields: object): void => {
      said.push((fields as { why: string }).why);
    };
    const logger: Logger = { debug: note, info: note, warn: note, error: note };
    configs = configsLikeXl({ domains: [join(directory, '*.cfg')], unmanaged: ['claudius'] }, logger);
  });
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  it('follow the files: new, changed, renamed, removed', async () => {
    await write('horatio.cfg', 'name = "horatio"\nmemory = 128\n');
    await write('notes.txt', 'name = "notes"\n');
    await configs.scan();
    await configs.settled();
    assert.deepEqual(names(), ['horatio']);
    await write('ophelia.cfg', 'name = "ophelia"\n');
    await write('horatio.cfg', 'name = "horatio"\nmemory = 256\n');
    await configs.scan();
    await configs.settled();
    assert.deepEqual(names(), ['horatio', 'ophelia']);
    assert.equal(configs.list().find(({ name }) => name === 'horatio')?.memoryMiB, 256);
    await rename(join(directory, 'horatio.cfg'), join(directory, 'horatio.cfg.off'));
    await write('ophelia.cfg', 'name = "yorick"\n');
    await configs.scan();
    await configs.settled();
    assert.deepEqual(names(), ['yorick']);
  });

  it('go by the new settings alone when these come during a look', async () => {
    await write('horatio.cfg', 'name = "horatio"\n');
    await mkdir(join(directory, 'more'));
    await write('more/yorick.cfg', 'name = "yorick"\n');
    const settings = (...globs: string[]): DomainConfigsSettings => ({
      domains: globs.map((one) => join(directory, one)),
      unmanaged: [],
    });
    configs.replace(settings('*.cfg', 'more/*.cfg'));
    const earlier = configs.scan();
    configs.replace(settings('more/*.cfg'));
    await Promise.all([earlier, configs.scan()]);
    await configs.settled();
    assert.deepEqual(names(), ['yorick']);
  });

  it('notice a change that kept size and time', async () => {
    await write('a.cfg', 'name = "horatio"\n');
    const then = new Date(1_500_000_000_000);
    await utimes(join(directory, 'a.cfg'), then, then);
    await configs.scan();
    await configs.settled();
    await write('a.cfg', 'name = "ophelia"\n');
    await utimes(join(directory, 'a.cfg'), then, then);
    await configs.scan();
    await configs.settled();
    assert.deepEqual(names(), ['ophelia']);
  });

  it('are never Domain-0, an unmanaged one, a name in two files, nor from a file that anybody can write', async () => {
    await write('0.cfg', 'name = "Domain-0"\n');
    await write('claudius.cfg', 'name = "claudius"\n');
    await write('yorick.cfg', 'name = "yorick"\n');
    await write('yorick-copy.cfg', 'name = "yorick"\n');
    await write('open.cfg', 'name = "open"\n');
    await chmod(join(directory, 'open.cfg'), 0o666);
    await write('big.cfg', `name = "big"\n${'#'.repeat(300_000)}`);
    await mkdir(join(directory, 'directory.cfg'));
    await symlink('/nowhere', join(directory, 'broken.cfg'));
    await write('horatio.cfg', 'name = "horatio"\n');
    await configs.scan();
    await configs.settled();
    assert.deepEqual(names(), ['horatio']);
    assert.equal(said.filter((why) => why === 'more than one file has the name yorick').length, 2);
    assert.ok(said.includes('it is a link to a file that is not there'));
    assert.equal(said.length, 6);
    await configs.scan();
    await configs.settled();
    assert.equal(said.length, 6, 'what was said is not said again');
    await rm(join(directory, 'yorick-copy.cfg'));
    await configs.scan();
    await configs.settled();
    assert.deepEqual(names(), ['horatio', 'yorick']);
  });

  it('come from globs in any part of the path', async () => {
    await mkdir(join(directory, 'a1'));
    await mkdir(join(directory, '.hidden'));
    await writeFile(join(directory, 'a1', 'x.cfg'), '');
    await writeFile(join(directory, '.hidden', 'x.cfg'), '');
    await writeFile(join(directory, 'a1', 'x.cfgs'), '');
    assert.deepEqual(await glob(join(directory, '*', '?.cfg')), [join(directory, 'a1', 'x.cfg')]);
    assert.deepEqual(await glob(join(directory, 'nothing', '*.cfg')), []);
  });
});
