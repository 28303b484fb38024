import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { dryRunText, keepDryRun } from '../../server/simulator/dry-run.js';
import { Host } from '../../server/simulator/host.js';
import { installSimulator } from '../../server/simulator/install.js';
import { ownIdentity } from '../../server/simulator/process-identity.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';
import { propertyRuns } from '../support/property-runs.js';
import type { DomainRecord } from '../../server/simulator/domain-record.js';

const CASES = fileURLToPath(new URL('../../../test/fixtures/xl-cfg', import.meta.url));
const XL = fileURLToPath(new URL('../../server/simulator/xl.js', import.meta.url));

const LIVING = ownIdentity();
/** The id of a living process, with the start time of another. */
const KILLED = { pid: LIVING.pid, started: '1' };
const NEVER = { pid: 0x7ffffffe, started: '1' };

const name = fc.oneof(
  fc.constantFrom('horatio', '(null)', "o'phelia", 'a b', 'Domain-0', '$(id)', 'x'.repeat(45), '12', '-v'),
  fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,20}$/),
);

const record = fc.record({
  name,
  keeper: fc.constantFrom(LIVING, LIVING, LIVING, { ...LIVING, started: null }, KILLED, NEVER),
  memory: fc.constantFrom(undefined, 64, 128, 99999),
  vcpus: fc.constantFrom(undefined, 1, 16),
  builtIn: fc.constantFrom(-1000, 100_000),
  pauses: fc.constantFrom(0, 0, 1, 2),
  pausedAgo: fc.constantFrom(0, 100_000),
  idle: fc.boolean(),
  cpu: fc.constantFrom(0, 3.5, 0.04, 12.25, 98765.4),
  shutdown: fc.constantFrom(null, null, 0 as const, 1 as const, 3 as const),
  configured: fc.constantFrom(true, true, true, false),
  createdAgo: fc.constantFrom(0, 59_000, 3_700_000, 36_000_000, 90_000_000, 400_000_000),
});

const LOOKS: readonly (readonly string[])[] = [
  ['list'],
  ['list', '-v'],
  ['list', '-l'],
  ['domid', 'horatio'],
  ['domid', '(null)'],
  ['domname', '3'],
  ['domname', '0'],
  ['list', '-l', 'horatio'],
  ['list', '-l', 'a b'],
  ['list', '-l', '12'],
];

describe('the simulated xl: what it answers without Node.js', () => {
  it('is byte for byte what xl.ts answers, whatever the domains are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(record, { maxLength: 14, selector: (each) => each.name }),
        fc.shuffledSubarray([1, 2, 3, 9, 10, 11, 99, 100, 2000, 31000, 4, 5, 6, 7], { minLength: 14 }),
        async (records, domids) => {
          const directory = new TemporaryDirectory();
          try {
            // A clock so slow that two looks see the same: Domain-0's CPU time depends on it.
            const { xl } = await installSimulator({ directory: directory.path, timeScale: 1000 });
            const host = new Host(directory.path);
            records.forEach((each, at) => {
              const domid = domids[at] ?? 0;
              mkdirSync(host.domainDirectory(domid), { recursive: true });
              host.publish(recordOf(each, domid));
            });
            const env = { XL_SIMULATOR: directory.path, PATH: process.env['PATH'] };
            for (const args of LOOKS) {
              const quick = spawnSync(xl, args, { encoding: 'utf8', env: {} });
              const whole = spawnSync(process.execPath, [XL, ...args], { encoding: 'utf8', env });
              const told = ({ stdout, stderr, status }: typeof quick): string =>
                `${status}\n${stdout}\n${stderr}`.replace(/^(Domain-0.*r-----\s+)[\d.]+/m, '$1…');
              assert.equal(told(quick), told(whole), `xl ${args.join(' ')}`);
            }
            // A second may pass between two looks, but not between the two that say the same.
            const uptimes = (): string =>
              spawnSync(process.execPath, [XL, 'uptime'], { encoding: 'utf8', env }).stdout;
            for (let before = uptimes(); ;) {
              const quick = spawnSync(xl, ['uptime'], { encoding: 'utf8', env: {} });
              const after = uptimes();
              if (after === before) {
                assert.deepEqual([quick.status, quick.stdout, quick.stderr], [0, after, '']);
                break;
              }
              before = after;
            }
          } finally {
            directory.dispose();
          }
        },
      ),
      propertyRuns('the simulated xl in shell and in full', 3, 300),
    );
  });

  it('answers a dry run as xl.ts does, for every file of the cases, as long as the file is as it was', async () => {
    const directory = new TemporaryDirectory();
    try {
      const { xl } = await installSimulator({ directory: directory.path, domains: [{ name: 'horatio' }] });
      const told = ({ stdout, stderr, status }: ReturnType<typeof look>): string =>
        `${status}\n${stdout.replace(/"uuid": "[0-9a-f-]{36}"/, '"uuid": …')}\n${stderr}`;
      const look = (file: string): { stdout: string; stderr: string; status: number | null } =>
        spawnSync(xl, ['-N', 'create', file], { encoding: 'utf8', env: {} });
      const file = join(directory.path, 'case.cfg');
      // A file that is not UTF-8 is never as it was read.
      const keeps = (name: string): boolean => {
        const bytes = readFileSync(join(CASES, name));
        const { status, stderr } = dryRunText(bytes.toString('utf8'), file);
        return isUtf8(bytes) && status === 0 && !stderr.includes('\n', stderr.indexOf('\n') + 1);
      };
      const shell = readFileSync(xl, 'utf8');
      const inShell = shell.replace(/^other\(\) .*/m, 'other() { exit 99; }');
      // What xl.ts answers once, it keeps.
      cpSync(join(CASES, readdirSync(CASES).find((name) => keeps(name)) ?? assert.fail()), file);
      writeFileSync(xl, inShell);
      assert.equal(look(file).status, 99);
      writeFileSync(xl, shell);
      const right = told(look(file));
      writeFileSync(xl, inShell);
      assert.equal(told(look(file)), right);
      // dryRunText is held to recordings of the real xl.
      for (const name of readdirSync(CASES).filter((each) => keeps(each))) {
        cpSync(join(CASES, name), file);
        const text = readFileSync(file, 'utf8');
        keepDryRun(directory.path, file, text);
        assert.equal(told(look(file)), told(dryRunText(text, file)), name);
        // Another text of the same length, without a change of its time.
        const { atime, mtime } = statSync(file);
        writeFileSync(file, text.replace(/.$/s, '#'));
        utimesSync(file, atime, mtime);
        assert.equal(look(file).status, 99, `${name} is another file now`);
      }
      writeFileSync(xl, shell);
      const own = join(directory.path, 'etc', 'xen', 'horatio.cfg');
      const uuids = [look(own), look(own)].map(({ stdout }) => /[0-9a-f-]{36}/.exec(stdout)?.[0]);
      assert.notEqual(uuids[0], uuids[1], 'each dry run draws a UUID of its own');
      execFileSync('mkfifo', [join(directory.path, 'pipe.cfg')]);
      assert.match(look(join(directory.path, 'pipe.cfg')).stderr, /is not a plain file/);
    } finally {
      directory.dispose();
    }
  });

  it('answers a dry run also where the answer cannot be kept', async () => {
    const directory = new TemporaryDirectory();
    try {
      const { xl } = await installSimulator({ directory: directory.path, domains: [] });
      const file = directory.write(`${'n'.repeat(245)}.cfg`, 'name = "x"\ntype = "pv"\nkernel = "/k"\n');
      for (const place of ['a name as long as there may be', 'no folder']) {
        const { status, stderr } = spawnSync(xl, ['-N', 'create', file], { encoding: 'utf8', env: {} });
        assert.deepEqual([status, stderr], [0, `Parsing config from ${file}\n`], place);
        rmSync(join(directory.path, 'state', 'dry'), { recursive: true, force: true });
        directory.write('state/dry', '');
      }
    } finally {
      directory.dispose();
    }
  });

  it('starts no Node.js for what is asked again and again', async () => {
    const directory = new TemporaryDirectory();
    try {
      const { xl } = await installSimulator({ directory: directory.path });
      execFileSync('sed', ['-i', 's#^other() .*#other() { exit 99; }#', xl]);
      const host = new Host(directory.path);
      mkdirSync(host.domainDirectory(7), { recursive: true });
      host.publish(
        recordOf(
          {
            name: 'horatio',
            keeper: LIVING,
            memory: 128,
            vcpus: 1,
            builtIn: -1000,
            pauses: 0,
            pausedAgo: 100_000,
            idle: true,
            cpu: 3.5,
            shutdown: null,
            configured: true,
            createdAgo: 0,
          },
          7,
        ),
      );
      for (const args of [
        ['list', '-v'],
        ['list', '-l'],
        ['list', '-l', 'horatio'],
        ['domid', 'horatio'],
        ['domname', '7'],
        ['uptime'],
      ]) {
        assert.equal(spawnSync(xl, args).status, 0, args.join(' '));
      }
      assert.equal(spawnSync(xl, ['info']).status, 99);
    } finally {
      directory.dispose();
    }
  });
});

type Sample = typeof record extends fc.Arbitrary<infer T> ? T : never;

function recordOf(sample: Sample, domid: number): DomainRecord {
  const now = Date.now();
  return {
    domid,
    uuid: `00000000-0000-4000-8000-${String(domid).padStart(12, '0')}`,
    name: sample.name,
    keeper: sample.keeper,
    command: 'xl create',
    config: {
      name: sample.name,
      uuid: undefined,
      memory: sample.memory,
      vcpus: sample.vcpus,
      kernel: '/srv/xen/vmlinuz',
      ramdisk: undefined,
      cmdline: 'console=hvc0',
      bootloader: undefined,
      bootloaderArguments: [],
      disks: [{ target: '/srv/xen/a b.img', device: 'xvda', writable: true }],
      onPoweroff: 'destroy',
      onReboot: 'restart',
      onCrash: 'preserve',
    },
    createdAt: now - sample.createdAgo,
    memoryAt: now + sample.builtIn,
    configured: sample.configured,
    kernel: { role: 'linux', commandLine: '', disk: undefined },
    pauses: sample.pauses,
    pausedAt: now - sample.pausedAgo,
    idle: sample.idle,
    cpu: sample.cpu,
    cpuSince: null,
    shutdown: sample.shutdown,
  };
}
