import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { refusal } from '../../policy/refusal.js';
import type { DomainConfigs } from '../../server/dom0/domain-configs.js';
import { SYSTEM_HOST_CLOCK } from '../../server/dom0/host-clock.js';
import { NameMemory } from '../../server/dom0/name-memory.js';
import { LocalStateDisk } from '../../server/dom0/state/local-state-disk.js';
import type { Creation, DryRun } from '../../server/dom0/toolstack/toolstack.js';
import { configsLikeXl } from '../support/configs-like-xl.js';
import { dryRunLikeXl } from '../support/dry-run-like-xl.js';
import { eventually } from '../support/eventually.js';
import { silentLogger } from '../support/silent-logger.js';
import { domainName } from '../support/temporary-store.js';

const text = (name: string, more = ''): string => `name = "${name}"\nkernel = "/k"\n${more}`;
const HORATIO = domainName('horatio');

describe('what the toolstack makes of the files', () => {
  let directory: string;
  let configs: DomainConfigs;
  let runs: string[];
  let atOnce: number;
  let most: number;
  /** Dry runs wait for it. */
  let gate: Promise<void>;
  let answer: (creation: Pick<Creation, 'config' | 'overrides'>) => Promise<DryRun>;

  const file = (name: string): string => join(directory, `${name}.cfg`);
  const write = (name: string, what = text(name)): Promise<void> => writeFile(file(name), what);
  const names = (): string[] => configs.list().map(({ name }) => name);
  const why = (name: string): string | undefined =>
    configs.unmanaged().find((one) => one.file === `${name}.cfg`)?.why;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-readings-'));
    gate = Promise.resolve();
    answer = dryRunLikeXl;
    await starts();
  });
  afterEach(async () => {
    await configs.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function starts(boot = 'this', runsConfigs = false): Promise<void> {
    [runs, atOnce, most] = [[], 0, 0];
    const dryRun = async (creation: Pick<Creation, 'config' | 'overrides'>): Promise<DryRun> => {
      runs.push(creation.config);
      most = Math.max(most, (atOnce += 1));
      await gate;
      return answer(creation).finally(() => (atOnce -= 1));
    };
    configs = configsLikeXl({ domains: [join(directory, '*.cfg')], unmanaged: [] }, silentLogger, {
      toolstack: { dryRun, runsConfigs },
      host: { boot, after: SYSTEM_HOST_CLOCK.after },
      kept: { file: join(directory, 'configs.json'), disk: new LocalStateDisk() },
    });
    await configs.open();
  }

  async function looks(): Promise<void> {
    await configs.scan();
    await configs.settled();
  }

  it('is asked for once for each of 100 files, three at a time, and not again after a restart', async () => {
    for (let one = 0; one < 100; one += 1) await write(`d${one}`);
    let open: () => void = () => undefined;
    gate = new Promise((resolve) => (open = resolve));
    await configs.scan();
    await eventually('three dry runs', () => Promise.resolve(atOnce === 3 ? true : null));
    open();
    await configs.settled();
    assert.deepEqual([runs.length, most, names().length], [100, 3, 100]);
    await looks();
    assert.equal(runs.length, 100);
    await configs.close();
    await starts();
    await configs.scan();
    assert.deepEqual([runs.length, names().length], [0, 100], 'known before any dry run');
    await write('d7', text('d7', 'memory = 64\n'));
    await looks();
    assert.deepEqual(runs, [file('d7')]);
  });

  it('holds no look up: what was known holds until the answer is there', async () => {
    await write('horatio', text('horatio', 'memory = 128\n'));
    await looks();
    let open: () => void = () => undefined;
    gate = new Promise((resolve) => (open = resolve));
    await write('horatio', text('horatio', 'memory = 256\n'));
    await write('ophelia');
    await configs.scan();
    assert.deepEqual(names(), ['horatio']);
    assert.equal(configs.find(HORATIO)?.memoryMiB, 128);
    assert.equal(why('ophelia'), 'it is not read yet');
    await configs.scan();
    open();
    await configs.settled();
    assert.equal(configs.find(HORATIO)?.memoryMiB, 256);
    assert.deepEqual(names(), ['horatio', 'ophelia']);
  });

  it('is asked for again in another boot of the host, and holds meanwhile', async () => {
    await write('horatio');
    await looks();
    await configs.close();
    await starts('next');
    await configs.scan();
    assert.deepEqual(names(), ['horatio']);
    await configs.settled();
    assert.equal(runs.length, 1);
  });

  it('is not the answer to a file that changed while it was read', async () => {
    await write('horatio', text('ophelia'));
    answer = async (creation) => {
      const made = await dryRunLikeXl(creation);
      if (runs.length === 1) await write('horatio');
      return made;
    };
    await looks();
    assert.deepEqual(names(), []);
    await looks();
    assert.deepEqual(names(), ['horatio']);
  });

  it('is not known while the toolstack fails, and says nothing of the file; it is tried again, ever more seldom', async () => {
    await write('horatio');
    answer = () => Promise.resolve(refusal('toolstack-timeout', 'No answer.'));
    for (let look = 0; look < 40; look += 1) await looks();
    assert.ok(runs.length >= 4 && runs.length <= 8, String(runs.length));
    assert.equal(why('horatio'), 'it is not read yet: No answer.');
    answer = dryRunLikeXl;
    for (let look = 0; look < 33; look += 1) await looks();
    assert.deepEqual(names(), ['horatio']);
  });

  it("is xl's own sentence where xl refuses a file; a domain that was seen stays seen, over a restart too", async () => {
    await write('horatio');
    await looks();
    await write('horatio', 'base = "web"\nname = base + "01"\nkernel = "/k"\n');
    for (const boot of ['this', 'this', 'next']) {
      await looks();
      assert.deepEqual(names(), []);
      assert.deepEqual(
        configs.kept().map(({ name }) => name),
        ['horatio'],
      );
      assert.match(why('horatio') ?? '', /^horatio\.cfg:2: config parsing error near `base': syntax error/);
      await configs.close();
      await starts(boot);
    }
  });

  it('is never the beginning of an expression', async () => {
    await write('x', 'base = "horatio"\nname = base + "01"\nkernel = "/k"\n');
    await looks();
    assert.deepEqual([names(), configs.kept()], [[], []]);
  });

  it('of two files with one name: the domain is kept, both files are named, and the file that it had counts', async () => {
    await write('horatio', text('horatio', 'memory = 128\n'));
    await looks();
    await write('a-old', text('horatio', 'memory = 64\n'));
    await looks();
    assert.deepEqual(names(), []);
    assert.equal(configs.kept()[0]?.memoryMiB, 128);
    assert.match(configs.fault(HORATIO)?.message ?? '', /horatio\.cfg/);
    assert.match(configs.fault(HORATIO)?.message ?? '', /a-old\.cfg/);
    assert.equal(why('a-old'), 'more than one file has the name horatio: see horatio.cfg');
    assert.equal(why('horatio'), 'more than one file has the name horatio: see a-old.cfg');
    await rename(file('a-old'), `${file('a-old')}.bak`);
    await looks();
    assert.deepEqual([names(), configs.fault(HORATIO)], [['horatio'], null]);
  });

  it('is one file by a link, as xendomains has them', async () => {
    await write('horatio');
    await symlink(file('horatio'), file('auto-horatio'));
    await looks();
    await looks();
    assert.deepEqual([names(), configs.fault(HORATIO), configs.unmanaged()], [['horatio'], null, []]);
  });

  it('is no domain gone, while a file is not read or may be its own', async () => {
    await write('horatio');
    await write('ophelia');
    await looks();
    const memory = new NameMemory(null, silentLogger);
    memory.see(configs, 0);
    await rename(file('horatio'), file('h'));
    answer = () => Promise.resolve(refusal('toolstack-timeout', 'No answer.'));
    const judge = async (at: number): Promise<readonly string[]> => {
      await looks();
      memory.see(configs, at);
      return memory.judge(configs, () => false, 1000, at, at);
    };
    for (let at = 0; at < 10_000; at += 500) assert.deepEqual(await judge(at), []);
    assert.equal(memory.missing()[0]?.why, 'unread');
    answer = dryRunLikeXl;
    await write('h', `${text('horatio')}memory = (\n`);
    for (let at = 10_000; at < 40_000; at += 500) assert.deepEqual(await judge(at), []);
    assert.equal(memory.missing()[0]?.why, 'unusable');
  });

  it('begins anew where its memory is none', async () => {
    await write('horatio');
    for (const kept of ['', '{', '[]', '{"version":1,"files":{"/x":{}}}', '{"version":2}']) {
      await writeFile(join(directory, 'configs.json'), kept);
      await starts();
      await looks();
      assert.deepEqual([names(), runs.length], [['horatio'], 1], kept);
      await configs.close();
    }
  });

  it('is not asked for of what is no plain file, nor waited for', async () => {
    execFileSync('mkfifo', [file('pipe')]);
    await symlink('/dev/zero', file('zero'));
    await symlink('/dev/null', file('null'));
    await symlink(file('loop'), file('loop'));
    await write('huge', `${text('huge')}${'#'.repeat(300_000)}`);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(file('socket'), resolve));
    await write('horatio');
    await looks();
    await new Promise((resolve) => server.close(resolve));
    assert.deepEqual(names(), ['horatio']);
    assert.deepEqual(runs, [file('horatio')]);
    assert.deepEqual(['pipe', 'zero', 'null', 'socket', 'huge', 'loop'].map(why), [
      'it is a pipe',
      'it is a device',
      'it is a device',
      'it is a socket',
      'it is over 262144 bytes',
      'it cannot be looked at',
    ]);
  });

  it('is not asked for where xm would run what others may write', async () => {
    await configs.close();
    await starts('this', true);
    await write('horatio');
    await chmod(file('horatio'), 0o664);
    await looks();
    assert.deepEqual([runs, names()], [[], []]);
    assert.match(why('horatio') ?? '', /xm runs what is in it/);
  });
});
