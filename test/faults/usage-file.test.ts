import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import { openUsage } from '../../server/cli/half/open-usage.js';
import { USAGE } from '../../server/store/state-directory.js';
import { AuditUnavailableError } from '../../server/store/store-error.js';
import { UsageHistory } from '../../server/store/usage-history.js';
import type { Logger } from '../../server/wire/logger.js';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';
import { Random } from '../support/random.js';
import { SmallDisks } from '../support/small-disks.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';
import { domainName } from '../support/temporary-store.js';

const CHILD = fileURLToPath(new URL('../support/usage-child.js', import.meta.url));
const FIRST = 29_400_000;
const HORATIO = { domain: domainName('horatio'), uuid: null };

type Child = ChildProcessByStdio<null, Readable, null>;

/** What stands in the place of the file, and what the gate says of it. */
interface Case {
  readonly what: string;
  readonly make: (file: string) => void;
  /** Whether there are graphs all the same, in a new file. */
  readonly begins: 'anew' | 'not';
}

/** A sound file with a thousand minutes. */
function sound(file: string): void {
  const history = UsageHistory.open(file);
  for (let minute = FIRST; minute < FIRST + 1_000; minute += 1)
    history.record(
      minute,
      new Map([[HORATIO, { cpuPercent: 1, received: null, sent: null, diskRequests: null }]]),
    );
  history.close();
}

function scribble(file: string, from: number): void {
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Buffer.alloc(4096, 0xa5), 0, 4096, from);
}

const CASES: readonly Case[] = [
  { what: 'a directory', make: (file) => mkdirSync(file), begins: 'not' },
  {
    what: 'a symbolic link to a file',
    make: (file) => {
      sound(`${file}.other`);
      symlinkSync(`${file}.other`, file);
    },
    begins: 'not',
  },
  { what: 'a named pipe', make: (file) => void execFileSync('mkfifo', ['-m', '600', file]), begins: 'not' },
  {
    what: 'a file that others may read',
    make: (file) => {
      sound(file);
      chmodSync(file, 0o644);
    },
    begins: 'not',
  },
  { what: 'an empty file', make: (file) => writeFileSync(file, '', { mode: 0o600 }), begins: 'anew' },
  { what: 'a text', make: (file) => writeFileSync(file, 'x'.repeat(9_000), { mode: 0o600 }), begins: 'anew' },
  {
    what: 'a file that was cut in the middle',
    make: (file) => {
      sound(file);
      truncateSync(file, Math.floor(statSync(file).size / 8192) * 4096 + 100);
    },
    begins: 'anew',
  },
  {
    what: 'a file with a broken first page',
    make: (file) => {
      sound(file);
      scribble(file, 0);
    },
    begins: 'anew',
  },
  {
    what: 'a file of a later version',
    make: (file) => {
      sound(file);
      const other = new Sqlite(file);
      other.pragma('user_version = 7');
      other.close();
    },
    begins: 'anew',
  },
  {
    what: 'a sound file with a torn log of writes beside it',
    make: (file) => {
      sound(file);
      writeFileSync(`${file}-wal`, Buffer.alloc(5_000, 0x5a), { mode: 0o600 });
    },
    begins: 'anew',
  },
  {
    what: 'a file that another process holds',
    make: (file) => {
      sound(file);
      const other = new Sqlite(file);
      other.pragma('locking_mode = EXCLUSIVE');
      other.exec('BEGIN EXCLUSIVE');
    },
    begins: 'not',
  },
];

describe('the file of what domains use', () => {
  let directory: TemporaryDirectory;
  let file: string;
  let children: Child[];

  beforeEach(() => {
    directory = new TemporaryDirectory();
    chmodSync(directory.path, 0o700);
    file = directory.file(USAGE);
    children = [];
  });
  afterEach(() => {
    for (const child of children) child.kill('SIGKILL');
    directory.dispose();
  });

  function collecting(): { log: Logger; lines: string[] } {
    const lines: string[] = [];
    const say = (_: object, event: string): void => void lines.push(event);
    return { log: { debug: say, info: say, warn: say, error: say }, lines };
  }

  for (const { what, make, begins } of CASES)
    it(`may be ${what}: one line says so, and nothing is thrown`, () => {
      make(file);
      const { log, lines } = collecting();
      const history = openUsage(directory.path, true, log);
      const isQuiet = /empty|torn log/.test(what);
      assert.deepEqual(lines, isQuiet ? [] : [begins === 'anew' ? 'usage.began-anew' : 'usage.not-opened']);
      if (history === null) {
        assert.equal(begins, 'not');
        return;
      }
      const point = { cpuPercent: 5, received: null, sent: null, diskRequests: null };
      history.record(FIRST + 2_000, new Map([[HORATIO, point]]));
      assert.equal(Math.round(history.read(HORATIO, FIRST + 2_000, FIRST + 2_000)[0]?.cpuPercent ?? 0), 5);
      assert.equal(statSync(file).mode & 0o777, 0o600);
      history.close();
    });

  it('may break in the middle while it is used: a read says so, and it begins anew', () => {
    const { log, lines } = collecting();
    sound(file);
    const { size } = statSync(file);
    for (let page = 1; page < size / 4096; page += 1) scribble(file, page * 4096);
    const history = openUsage(directory.path, true, log) ?? assert.fail('it opens: its first page is sound');
    const reader = openUsage(directory.path, false, log) ?? assert.fail('so it does for a worker');
    for (const each of [history, reader])
      assert.throws(() => each.read(HORATIO, FIRST, FIRST + 999), AuditUnavailableError);
    const point = { cpuPercent: 5, received: null, sent: null, diskRequests: null };
    for (const minute of [FIRST + 2_000, FIRST + 2_001]) history.record(minute, new Map([[HORATIO, point]]));
    assert.deepEqual(lines, ['usage.began-anew']);
    assert.equal(history.read(HORATIO, FIRST + 2_001, FIRST + 2_001)[0]?.received, null);
    for (const each of [history, reader])
      assert.notEqual(
        each.read(HORATIO, FIRST + 2_001, FIRST + 2_001)[0],
        null,
        'a worker finds the new file',
      );
    reader.close();
    history.record(FIRST + 2_002, new Map([[HORATIO, point]]));
    const last = openUsage(directory.path, false, log) ?? assert.fail('it is sound');
    assert.notEqual(last.read(HORATIO, FIRST + 2_002, FIRST + 2_002)[0], null);
    last.close();
    history.close();
    reader.close();
  });

  function record(first: number, domains: number): { child: Child; said: () => string } {
    const child = spawn(process.execPath, [CHILD, file, String(first), String(domains)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    return { child, said: () => said };
  }

  it('is whole after a kill at any write: every minute that was told is there, and none is torn', async () => {
    const random = new Random(16);
    let first = FIRST;
    for (let kill = 0; kill < 8; kill += 1) {
      const { child, said } = record(first, 20);
      const least = 1 + random.below(40);
      await eventually('some minutes', () => said().split('\n').length > least);
      const gone = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGKILL');
      await gone;
      assert.doesNotMatch(said(), /anew|not written/);
      const told = Number(said().trim().split('\n').at(-1));
      const { log, lines } = collecting();
      const history = openUsage(directory.path, true, log) ?? assert.fail('it cannot be opened');
      assert.deepEqual(lines, []);
      const all = Array.from({ length: 20 }, (_, at) =>
        history
          .read({ domain: domainName(`domain-${at}`), uuid: null }, first, told + 1)
          .map((one) => (one?.cpuPercent == null ? null : Math.round(one.cpuPercent))),
      );
      for (const one of all) assert.deepEqual(one, all[0], 'the domains of a minute are written together');
      assert.deepEqual(
        all[0]?.slice(0, told - first + 1),
        Array.from({ length: told - first + 1 }, (_, at) => at + 1),
      );
      history.close();
      first = told + 2;
    }
  });

  it('is read and soon given up by others while its writer is stopped', async () => {
    const { child, said } = record(FIRST, 500);
    await eventually('some minutes', () => said().split('\n').length > 3);
    const { log, lines } = collecting();
    for (let stop = 0; stop < 5; stop += 1) {
      child.kill('SIGSTOP');
      const history = openUsage(directory.path, false, log) ?? assert.fail('it cannot be opened');
      assert.equal(history.read({ domain: domainName('domain-1'), uuid: null }, FIRST, FIRST).length, 1);
      try {
        history.forgetAfter(FIRST + 1_000_000);
      } catch (error) {
        assert.ok(error instanceof AuditUnavailableError, String(error));
      }
      history.close();
      const before = said().length;
      child.kill('SIGCONT');
      await eventually('it to go on', () => said().length > before);
    }
    assert.deepEqual(lines, []);
  });

  it('stays away on a full disk, with one line, and its minutes are lost', async function () {
    const disks = await SmallDisks.mount('2m', [directory.path]);
    if (typeof disks === 'string') {
      process.stdout.write(`\n  skipped: ${disks}\n`);
      this.skip();
    }
    try {
      disks.fill(directory.path);
      const [program = '', ...args] = [...disks.into, process.execPath, CHILD, file, String(FIRST), '20'];
      const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
      const status = await new Promise((resolve) => child.once('close', resolve));
      assert.equal(status, 1);
      assert.match(said, /StoreError: cannot (open|use) \S+usage\.db: /);
    } finally {
      await disks.unmount();
    }
  });

  it('never keeps a gate from its customers', async () => {
    const house = await House.layOut();
    try {
      const place = join(house.layout.gateState, USAGE);
      await house.startDom0();
      for (const [make, event] of [
        [(): unknown => mkdirSync(place), 'usage.not-opened'],
        [(): void => writeFileSync(place, 'x'.repeat(9_000), { mode: 0o600 }), 'usage.began-anew'],
      ] as const) {
        rmSync(place, { recursive: true, force: true });
        make();
        const before = readFileSync(house.log('gate'), { encoding: 'utf8', flag: 'a+' }).length;
        await house.startGate();
        const { gatePid } = house;
        const { status, stdout } = await house.ssh('alice', 'list');
        assert.equal(status, 0);
        assert.match(stdout, /horatio/);
        assert.equal(
          (await house.ssh('alice', 'horatio graph')).status,
          event === 'usage.not-opened' ? 3 : 0,
        );
        await house.endGate();
        const said = readFileSync(house.log('gate'), 'utf8')
          .slice(before)
          .split('\n')
          .filter((line) => line.includes('"msg":"usage.'))
          .map((line) => JSON.parse(line) as { readonly msg: string; readonly pid: number });
        assert.deepEqual(new Set(said.map(({ msg }) => msg)), new Set([event]));
        const processes = new Set(said.map(({ pid }) => pid));
        assert.equal(said.length, processes.size, 'each process says it once');
        assert.ok(processes.has(gatePid));
        const most = event === 'usage.not-opened' ? 1 + Number(process.env['POSTERN_TEST_WORKERS'] ?? 0) : 1;
        assert.ok(processes.size <= most, `${processes.size} processes`);
      }
    } finally {
      await house.stop();
    }
  });
});
