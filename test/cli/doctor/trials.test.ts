import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { Diagnosis } from '../../../server/cli/installation/diagnosis.js';
import { examine } from '../../../server/cli/doctor/examine.js';
import { folderFound, tryFolder } from '../../../server/cli/doctor/folder-found.js';
import { checkHost } from '../../../server/cli/doctor/host-trial.js';
import { checkSocketGroup } from '../../../server/cli/doctor/socket-group.js';
import { refusal } from '../../../policy/refusal.js';
import { VERBS } from '../../../server/wire/contract.js';
import { Dom0UnderTest } from '../../support/dom0-under-test.js';
import { writeGateSettings } from '../../support/gate-settings-file.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

/** Each finding on one line. */
function lines(found: readonly Diagnosis[]): string[] {
  return found.map(({ level, subject, finding }) => `${level} ${subject}: ${finding}`);
}

/** A folder that belongs to another user. */
function othersFolder(directory: TemporaryDirectory): string {
  if (process.geteuid?.() !== 0) return '/';
  chmodSync(directory.path, 0o755);
  const folder = directory.file('others');
  mkdirSync(folder);
  chownSync(folder, 4242, 4242);
  return folder;
}

const GIB = 1024 ** 3;

describe('postern doctor, of a dom0 half that is tried', () => {
  let house: Dom0UnderTest;

  beforeEach(async () => {
    house = await Dom0UnderTest.make(['horatio']);
    house.toolstack.put('horatio');
  });
  afterEach(() => house.dispose());

  const found = async (): Promise<string[]> => lines(await checkHost('host xen1', house.settings.socket));

  it('is content when the toolstack answers and a file can be written', async () => {
    await house.start();
    const [answers = '', toolstack, folder = '', ...more] = await found();
    assert.match(answers, /^ok host xen1: /);
    assert.equal(toolstack, 'ok host xen1: its toolstack answers: the domains were listed just now');
    assert.match(
      folder,
      /^ok host xen1: a file was written in its state directory, and removed; [\d.]+ \w+ free$/,
    );
    assert.deepEqual(more, []);
  });

  it('says that every call of the toolstack fails, why, and since when', async () => {
    await house.start();
    house.toolstack.silence = refusal(
      'toolstack-failed',
      'The host cannot do that.',
      'xl list: exit 1: cannot open libxl context',
    );
    const said = (await found())[1] ?? '';
    assert.match(
      said,
      /^fail host xen1: its toolstack does not answer: .*cannot open libxl context; it answered last \d+ s ago$/,
    );
  });

  it('says that the toolstack never answered', async () => {
    house.toolstack.silence = refusal('toolstack-failed', 'No.', 'xl list: exit 1: no xenstored');
    await house.start();
    assert.match((await found())[1] ?? '', /^fail .*no xenstored; it has not answered yet$/);
  });

  it('says of a toolstack that hangs that it does not answer', async () => {
    await house.start();
    house.toolstack.list = () => new Promise(() => undefined);
    assert.match(
      (await found())[1] ?? '',
      /^fail .*its toolstack does not answer: no answer within 4 s; it answered last/,
    );
  });

  it('says that no file can be written in the state directory, whatever is written there already', async () => {
    await house.start();
    const away = `${house.settings.state}-away`;
    renameSync(house.settings.state, away);
    try {
      assert.match(
        (await found())[2] ?? '',
        /^fail host xen1: no file can be written in its state directory \(there is no such file or directory\)$/,
      );
    } finally {
      renameSync(away, house.settings.state);
    }
  });

  it('says for which domains PyGRUB runs as root, and not where it is restricted', async () => {
    await house.configure('yorick', 'bootloader = "/usr/lib/xen-4.17/bin/pygrub"\n');
    await house.start();
    assert.deepEqual((await found()).slice(3), [
      'warn host xen1: PyGRUB reads the disks of yorick as root at each start',
    ]);
    await house.stop();
    const { toolstack } = house.settings;
    const environment = { ...toolstack.environment, LIBXL_BOOTLOADER_RESTRICT: '1' };
    house.settings = { ...house.settings, toolstack: { ...toolstack, environment } };
    await house.start();
    assert.deepEqual((await found()).slice(3), []);
  });

  it('says whether it can make seed disks, where a profile boots with one', async () => {
    const { profiles } = house.settings;
    const rescue = profiles['rescue'];
    assert.ok(rescue !== undefined);
    const seeded = { ...house.settings, profiles: { rescue: { ...rescue, seed: 'asker' as const } } };
    const xenstoreRead = process.execPath;
    const made = async (command: string): Promise<string[]> => {
      house.settings = { ...seeded, seeds: { ...seeded.seeds, command, xenstoreRead } };
      await house.start();
      const said = (await found()).slice(3);
      await house.stop();
      return said;
    };
    assert.deepEqual(await made(process.execPath), ['ok host xen1: it can make seed disks']);
    assert.deepEqual(await made(join(house.directory, 'xorriso')), [
      'fail host xen1: it can make no seed disks: xorriso cannot be run, and boots with a seed disk need it: apt install xorriso',
    ]);
  });

  it('says that it cannot read the host keys of rescue systems, where a profile boots with a seed disk', async () => {
    const { profiles, seeds } = house.settings;
    const rescue = profiles['rescue'];
    assert.ok(rescue !== undefined);
    const xenstoreRead = join(house.directory, 'xenstore-read');
    const missing = { ...seeds, command: process.execPath, xenstoreRead };
    house.settings = { ...house.settings, seeds: missing };
    await house.start();
    assert.deepEqual((await found()).slice(3), []);
    await house.stop();
    house.settings = { ...house.settings, profiles: { rescue: { ...rescue, seed: 'asker' as const } } };
    await house.start();
    assert.deepEqual((await found()).slice(3), [
      'ok host xen1: it can make seed disks',
      'warn host xen1: it cannot read the SSH host keys of rescue systems: xenstore-read cannot be run, and only it reads them: apt install xenstore-utils',
    ]);
  });

  it('tells of a dead one once', async () => {
    assert.equal((await found()).length, 1);
    assert.match((await found())[0] ?? '', /^fail host xen1: the dom0 half does not answer/);
  });

  it('says of one of an earlier version that it cannot be tried', async () => {
    const directory = new TemporaryDirectory();
    const console = { passesEscape: false, sysrqKeys: [], log: true, screenText: true };
    const contract = { version: 1, host: 'elsinore', verbs: VERBS, profiles: [], console, names: true };
    const server = createServer(({ url }, response) => {
      response.statusCode = url === '/contract' ? 200 : 404;
      response.end(JSON.stringify(url === '/contract' ? contract : {}));
    });
    const socket = directory.file('dom0.sock');
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    try {
      const [, trial = ''] = lines(await checkHost('host elsinore', socket));
      assert.match(trial, /^warn host elsinore: its version is too old to test its toolstack and its disk/);
    } finally {
      await new Promise((resolve) => server.close(resolve));
      directory.dispose();
    }
  });
});

describe('postern doctor, of both halves on one machine', () => {
  let directory: TemporaryDirectory;
  beforeEach(() => (directory = new TemporaryDirectory()));
  afterEach(() => {
    directory.dispose();
  });

  it('counts a dead dom0 half once, and tries the state directories of halves that do not run', async () => {
    const settings = writeGateSettings(directory.path, {});
    const dom0Settings = directory.write(
      'dom0.yaml',
      JSON.stringify({
        host: 'xen1',
        socket: directory.file('dom0.sock'),
        state: directory.path,
        toolstack: { kind: 'xl', command: '/bin/false' },
        domains: [join(directory.path, '*.cfg')],
      }),
    );
    const all = lines(await examine({ settings, dom0Settings }));
    assert.equal(all.filter((line) => /dom0\.sock/.test(line)).length, 1, all.join('\n'));
    for (const subject of ['state', 'dom0 state'])
      assert.ok(
        all.some((line) => line.startsWith(`ok ${subject}: a file was written in `)),
        `${subject}\n${all.join('\n')}`,
      );
  });

  it('says what cannot be written to, and of another user that it was not tried', async () => {
    const file = directory.write('state', '');
    const [one] = await tryFolder('state', file);
    assert.deepEqual(
      [one?.level, one?.finding.includes('(a part of its path is no directory)')],
      ['fail', true],
    );
    const [other] = await tryFolder('state', othersFolder(directory));
    if (process.geteuid?.() === 0) {
      assert.equal(other?.level, 'ok', 'root does it as the owner');
      return;
    }
    assert.equal(other?.level, 'warn');
    assert.match(other.mend ?? '', /sudo -u '#\d+' postern doctor/);
  });

  it('warns of little room: a tenth of the disk, unless that is still much', () => {
    const of = (free: number, size: number): string =>
      folderFound('state', '/var/lib/postern', { what: '', free, size, problem: null }).level;
    assert.equal(of(0.5 * GIB, 10 * GIB), 'warn');
    assert.equal(of(2 * GIB, 100 * GIB), 'ok');
    assert.equal(of(12 * 1024 ** 2, 16 * 1024 ** 2), 'ok');
    const { finding } = folderFound('state', '/s', {
      what: '',
      free: 0.5 * GIB,
      size: 10 * GIB,
      problem: null,
    });
    assert.equal(finding, 'little room is left for /s: 512.0 MiB of 10.0 GiB');
  });

  it('says whether the user of the gate may use the socket of the dom0 half', () => {
    const state = othersFolder(directory);
    const me = process.geteuid?.() ?? 0;
    const passwd = directory.write('passwd', `postern:x:${me}:61:::\n`);
    const group = directory.file('group');
    const of = (socketGroup: string | null, groups: string, gate: { state: string } | null): string[] => {
      writeFileSync(group, groups);
      return lines(checkSocketGroup({ socketGroup, state }, gate, { passwd, group }));
    };
    const gate = { state: directory.path };
    const none = 'socketGroup is not set: only root may use the socket of the dom0 half';
    assert.deepEqual(of(null, '', gate), [`fail socket group: ${none}`]);
    assert.match(
      of('xen', 'xen:x:62:\n', gate)[0] ?? '',
      /^fail socket group: postern, .* is not in the group xen/,
    );
    assert.match(of('xen', 'xen:x:62:bob,postern\n', gate)[0] ?? '', /^ok /);
    assert.match(of('postern', 'postern:x:61:\n', gate)[0] ?? '', /^ok /);
    assert.match(of('61', 'postern:x:61:\n', gate)[0] ?? '', /^ok /);
    assert.match(
      of('posterm', 'postern:x:61:\n', gate)[0] ?? '',
      /^fail socket group: there is no group posterm/,
    );
    assert.deepEqual(of('postern', 'postern:x:61:\n', null), []);
  });
});
