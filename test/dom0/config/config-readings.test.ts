import assert from 'node:assert/strict';
import { chmod, mkdtemp, rename, rm, symlink, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { refusal } from '../../../policy/refusal.js';
import type { DomainConfigs } from '../../../server/dom0/config/domain-configs.js';
import { ForeignFiles, LOCAL_FILES } from '../../../server/dom0/config/foreign-files.js';
import { SYSTEM_HOST_CLOCK } from '../../../server/dom0/scheduling/host-clock.js';
import { KnownNames } from '../../../server/dom0/observation/known-names.js';
import { LocalStateDisk } from '../../../server/dom0/state/local-state-disk.js';
import type { Creation, DryRun } from '../../../server/dom0/toolstack/toolstack.js';
import { configsLikeXl } from '../../support/configs-like-xl.js';
import { dryRunLikeXl } from '../../support/dry-run-like-xl.js';
import { eventually } from '../../support/eventually.js';
import { silentLogger } from '../../support/silent-logger.js';
import { domainName } from '../../support/temporary-store.js';

const text = (name: string, more = ''): string => `name = "${name}"\nkernel = "/k"\n${more}`;
const HORATIO = domainName('horatio');

describe('what the toolstack makes of the files', () => {
  let directory: string;
  let configs: DomainConfigs;
  let runs: string[];
  let atOnce: number;
  let most: number;
  /** Dry runs wait for this. */
  let gate: Promise<void>;
  let answer: (creation: Pick<Creation, 'config' | 'overrides'>) => Promise<DryRun>;
  /** Each error that ended the reading of a file, once. */
  let readErrors: string[];
  /** Pending waits for the host's time. */
  let waits: Set<() => void>;

  const file = (name: string): string => join(directory, `${name}.cfg`);
  const write = (name: string, what = text(name)): Promise<void> => writeFile(file(name), what);
  const names = (): string[] => configs.list().map(({ name }) => name);
  const why = (name: string): string | undefined =>
    configs.unmanaged().find((one) => one.file === `${name}.cfg`)?.why;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-readings-'));
    gate = Promise.resolve();
    answer = dryRunLikeXl;
    readErrors = [];
    waits = new Set();
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
      host: {
        boot,
        after: (_, call) => {
          waits.add(call);
          return () => waits.delete(call);
        },
      },
      files: new ForeignFiles(SYSTEM_HOST_CLOCK, {
        ...LOCAL_FILES,
        read: (path, limit) => {
          const code = readErrors.shift();
          return code === undefined
            ? LOCAL_FILES.read(path, limit)
            : Promise.reject(Object.assign(new Error(code), { code }));
        },
      }),
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
    const memory = new KnownNames(null, silentLogger);
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

  it('begins anew where its memory lacks what is known of a guest today', async () => {
    await write('horatio');
    await looks();
    await configs.close();
    const file = join(directory, 'configs.json');
    const kept = await readFile(file, 'utf8');
    assert.match(kept, /"guest":/);
    await writeFile(file, kept.replaceAll('"guest":', '"kind":'));
    await starts();
    await looks();
    assert.deepEqual([names(), runs.length], [['horatio'], 1]);
    assert.equal(configs.find(HORATIO)?.guest.textConsole, true);
  });

  it('is tried again where the file could not be read for a moment, and the domain is as it was meanwhile', async () => {
    readErrors = ['EIO'];
    await write('horatio');
    await looks();
    assert.equal(why('horatio'), 'it cannot be read (EIO)');
    await looks();
    assert.deepEqual([names(), configs.unmanaged()], [['horatio'], []]);
    await write('horatio', text('horatio', 'memory = 64\n'));
    readErrors = ['ESTALE'];
    await looks();
    assert.deepEqual(
      configs.kept().map(({ name }) => name),
      ['horatio'],
    );
    await configs.close();
    await starts();
    await looks();
    assert.equal(configs.find(HORATIO)?.memoryMiB, 64);
  });

  it('is asked for again after five minutes where xl refused: it may be the host that has changed', async () => {
    await write('horatio');
    answer = () => Promise.resolve({ refused: 'Illegal pool specified' });
    await looks();
    answer = dryRunLikeXl;
    for (let look = 0; look < 149; look += 1) await configs.scan();
    assert.deepEqual([runs.length, why('horatio')], [1, 'Illegal pool specified']);
    await looks();
    assert.deepEqual([runs.length, names()], [2, ['horatio']]);
  });

  it('is given up where the dry run does not even end when it is killed; the others are read', async () => {
    answer = (creation) =>
      creation.config.includes('stuck') ? new Promise(() => undefined) : dryRunLikeXl(creation);
    for (const name of ['a-stuck', 'b-stuck', 'c-stuck', 'horatio']) await write(name);
    await configs.scan();
    await eventually('three dry runs', () => waits.size === 3);
    for (const call of [...waits]) call();
    await configs.settled();
    assert.deepEqual(names(), ['horatio']);
    assert.equal(why('a-stuck'), 'it is not read yet: The host did not answer in time.');
    await configs.scan();
    await configs.scan();
    await eventually('another dry run', () => waits.size > 0);
    await configs.close();
    assert.equal(waits.size, 0, 'keeps the process waiting');
  });

  it('of 300 copies of one file is said of each in one short sentence', async () => {
    for (let one = 100; one < 400; one += 1) await write(`copy${one}`, text('horatio'));
    await looks();
    assert.deepEqual([names(), configs.unmanaged().length], [[], 300]);
    assert.equal(
      why('copy101'),
      'more than one file has the name horatio: see copy100.cfg, copy102.cfg, copy103.cfg and 296 more',
    );
    assert.equal(
      configs.fault(HORATIO)?.message,
      '300 configuration files on its host have its name, so nothing is changed: copy100.cfg and copy101.cfg and copy102.cfg and 297 more.',
    );
  });

  it('is logged once for each file, however often it changes, and for the first of many copies', async () => {
    const lines: unknown[] = [];
    const logger = { ...silentLogger, warn: (fields: object) => lines.push({ ...fields }) };
    await configs.close();
    configs = configsLikeXl({ domains: [join(directory, '*.cfg')], unmanaged: [] }, logger);
    for (let edit = 0; edit < 5; edit += 1) {
      await write('bad', `${text('bad')}memory = (\n${'#'.repeat(edit)}\n`);
      await configs.scan();
      await looks();
      assert.deepEqual(names(), []);
    }
    assert.equal(lines.length, 1);
    lines.length = 0;
    for (let copy = 100; copy < 120; copy += 1) {
      await write(`copy${copy}`, text('horatio'));
      await looks();
      configs.list();
    }
    // Two files give two lines, a third gives three, because each names the others.
    assert.deepEqual(lines.length, 5);
    const first = ['copy100', 'copy101', 'copy102'].map(file);
    assert.deepEqual(lines.at(-1), {
      file: first[2],
      why: 'more than one file has the name horatio',
      files: first,
      count: 3,
    });
  });

  it('of two files with long names is said with both', async () => {
    const long = ['x'.repeat(200), 'y'.repeat(200)];
    for (const name of long) await write(name, text('horatio'));
    await looks();
    assert.match(configs.fault(HORATIO)?.message ?? '', /x{70}.* and y{70}/);
  });

  it('is asked for under whatever name the file has; what the toolstack cannot be told is said', async () => {
    const odd = ['-n', '$(touch x)', 'a;b', '`id`', 'two words', 'quo"te', "apo'strophe", '*'];
    for (const [index, name] of odd.entries()) await write(name, text(`d${index}`));
    await write('memory=1', text('e1'));
    await write('new\nline', text('e2'));
    await writeFile(
      Buffer.concat([Buffer.from(`${directory}/b\xfcro`, 'latin1'), Buffer.from('.cfg')]),
      text('e3'),
    );
    await symlink('/nowhere', file('dangling'));
    await looks();
    assert.deepEqual(
      names().sort(),
      odd.map((_, index) => `d${index}`),
    );
    assert.deepEqual(
      configs
        .unmanaged()
        .map((one) => one.why)
        .sort(),
      [
        'it is a link to a file that is not there',
        "its path has a '=', which the toolstack takes for a setting",
        'its name is no UTF-8',
        'its path has a control character',
      ].sort(),
    );
  });

  it('is asked for through links in a circle, once', async () => {
    await write('horatio');
    await symlink(directory, join(directory, 'self'));
    await configs.close();
    configs = configsLikeXl(
      {
        domains: [
          join(directory, '*.cfg'),
          join(directory, '*', '*.cfg'),
          join(directory, '*', '*', '*.cfg'),
        ],
        unmanaged: [],
      },
      silentLogger,
    );
    await looks();
    assert.deepEqual([names(), configs.unmanaged()], [['horatio'], []]);
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
