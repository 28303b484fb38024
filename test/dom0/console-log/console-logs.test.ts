import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseDomainName } from '../../../policy/names.js';
import { ConsoleLogs } from '../../../server/dom0/console-log/console-logs.js';
import type { LogLimits } from '../../../server/dom0/console-log/console-logs.js';
import { LocalDisk } from '../../../server/dom0/console-log/log-disk.js';
import { eventually } from '../../support/eventually.js';
import { silentLogger } from '../../support/silent-logger.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';
import { numbered, said } from './log-reading.js';

const horatio = parseDomainName('horatio')!;
const ophelia = parseDomainName('ophelia')!;
const CHILD = fileURLToPath(new URL('../../support/logging-child.js', import.meta.url));
const LIMITS: LogLimits = { perDomainMiB: 4, totalMiB: 8, rateKiB: 100_000, days: 90, goneDays: 30 };

describe('ConsoleLogs', () => {
  let directory: TemporaryDirectory;
  let logs: ConsoleLogs;

  const open = (limits: Partial<LogLimits> = {}, goneAfterMs = 60_000, disk = new LocalDisk()): void => {
    logs = new ConsoleLogs({
      folder: directory.file('console-log'),
      disk,
      limits: { ...LIMITS, ...limits },
      goneAfterMs,
      logger: silentLogger,
    });
  };
  const list = (folder: string): string[] => {
    const path = directory.file(`console-log/${folder}`);
    return existsSync(path) ? readdirSync(path).sort() : [];
  };
  const fill = async (name: typeof horatio, bytes: number): Promise<void> => {
    const log = logs.of(name);
    for (let at = 0; at < bytes; at += 32 * 1024) {
      log.append(Buffer.alloc(32 * 1024, 'f'), Date.now());
      if (at % (1024 * 1024) === 0) await said(log, { lines: 1 });
    }
    await said(log, { lines: 1 });
  };

  beforeEach(() => {
    directory = new TemporaryDirectory();
    open();
  });

  afterEach(async () => {
    await logs.dispose();
    directory.dispose();
  });

  it('begins anew for a name that is used again, and keeps what was before out of its reach', async () => {
    logs.of(horatio).append(Buffer.from('the first horatio\n'), Date.now());
    logs.of(ophelia).append(Buffer.from('ophelia\n'), Date.now());
    logs.retire(horatio);
    logs.of(horatio).append(Buffer.from('the second horatio\n'), Date.now());
    assert.equal(await said(logs.of(horatio)), 'the second horatio\n');
    assert.equal(await said(logs.of(ophelia)), 'ophelia\n');
    const [gone = ''] = list('gone');
    assert.match(gone, /^horatio@\d{4}-/);
    assert.equal(
      readFileSync(directory.file(`console-log/gone/${gone}/000000000000000.log`), 'latin1'),
      'the first horatio\n',
    );
  });

  it('is found by a UUID that ran in it, of what was set aside too, and by no other', async () => {
    const [first, second, other] = ['1', '2', '3'].map(
      (digit) => `${digit.repeat(8)}-1111-4111-8111-${digit.repeat(12)}`,
    );
    const run = (uuid = '', text = ''): void => {
      logs.of(horatio).begins({ uuid, domid: 1 }, 'normal', Date.now());
      logs.of(horatio).append(Buffer.from(text), Date.now());
    };
    run(first, 'the first horatio\n');
    await said(logs.of(horatio));
    logs.retire(horatio);
    run(second, 'the second horatio\n');
    const read = async (name: typeof horatio, uuid = ''): Promise<string | null> => {
      const log = await logs.with(name, uuid);
      return log === null ? null : said(log);
    };
    assert.equal(await read(horatio, second), 'the second horatio\n');
    assert.equal(await read(horatio, first), 'the first horatio\n');
    assert.deepEqual([await read(horatio, other), await read(ophelia, first)], [null, null]);
    const log = await logs.with(horatio, first ?? '');
    const spans = JSON.parse(log === null ? '' : await said(log, { spans: true })) as { spans: object[] };
    const { at: _, ...span } = (spans.spans[0] ?? {}) as { at?: string };
    assert.deepEqual(span, { profile: 'normal', uuid: first, from: 0, to: 18 });
    logs.retire(horatio);
    assert.equal(await read(horatio, second), 'the second horatio\n');
  });

  it('sets aside, after a start, what has no domain any more, and keeps what has', async () => {
    logs.of(horatio).append(Buffer.from('left\n'), Date.now());
    logs.of(ophelia).append(Buffer.from('still here\n'), Date.now());
    await logs.dispose();
    open({}, 100);
    assert.equal(await said(logs.of(ophelia)), 'still here\n');
    await eventually('horatio is set aside', () => list('gone').length === 1);
    assert.deepEqual(list('domains'), ['ophelia']);
    assert.equal(await said(logs.of(horatio)), '');
  });

  it('writes the log of a domain that comes while what is gone is set aside', async () => {
    await logs.dispose();
    let sweeps = (): void => undefined;
    const isSweeping = new Promise<void>((resolve) => (sweeps = resolve));
    let goOn = (): void => undefined;
    const mayGoOn = new Promise<void>((resolve) => (goOn = resolve));
    class SlowDisk extends LocalDisk {
      override async folders(folder: string): Promise<readonly string[]> {
        sweeps();
        await mayGoOn;
        return super.folders(folder);
      }
    }
    open({}, 1, new SlowDisk());
    await isSweeping;
    logs.of(horatio).append(Buffer.from('just made\n'), Date.now());
    goOn();
    assert.equal(await said(logs.of(horatio)), 'just made\n');
  });

  it('keeps the logs of domains whose configuration is only missing, and of all while nobody has said so', async () => {
    logs.of(horatio).append(Buffer.from('horatio\n'), Date.now());
    logs.of(ophelia).append(Buffer.from('ophelia\n'), Date.now());
    await logs.dispose();
    open({}, 1);
    logs.keep(null);
    const old = 'console-log/gone/old@2020-01-01T00-00-00-000Z';
    directory.write(`${old}/000000000000000.log`, 'old');
    // A sweep visits the domains first.
    await eventually('a sweep', () => list('gone').length === 0);
    assert.deepEqual(list('domains'), ['horatio', 'ophelia']);
    await logs.dispose();
    open({}, 1);
    logs.keep([horatio]);
    await eventually('ophelia is set aside', () => list('gone').length === 1);
    assert.deepEqual(list('domains'), ['horatio']);
  });

  it('removes logs of domains that are gone after their time, and nothing that is not its own', async () => {
    const gone = 'console-log/gone';
    directory.write(`${gone}/old@2020-01-01T00-00-00-000Z/000000000000000.log`, 'old');
    directory.write(`${gone}/old@2020-01-01T00-00-00-000Z/000000000000000.index`, '');
    directory.write(`${gone}/mixed@2020-01-01T00-00-00-000Z/000000000000000.log`, 'old');
    directory.write(`${gone}/mixed@2020-01-01T00-00-00-000Z/notes.txt`, 'keep me');
    directory.write(`${gone}/backup-of-an-admin/000000000000000.log`, 'keep me');
    directory.write('elsewhere/000000000000000.log', 'keep me');
    symlinkSync(directory.file('elsewhere'), directory.file(`${gone}/link@2020-01-01T00-00-00-000Z`));
    mkdirSync(directory.file('console-log/domains/Not a name'), { recursive: true });
    await logs.dispose();
    open({}, 10);
    await eventually('the old one is removed', () => !list('gone').includes('old@2020-01-01T00-00-00-000Z'));
    await eventually(
      'the log of the mixed one',
      () => list('gone/mixed@2020-01-01T00-00-00-000Z').join() === 'notes.txt',
    );
    assert.deepEqual(list('gone'), [
      'backup-of-an-admin',
      'link@2020-01-01T00-00-00-000Z',
      'mixed@2020-01-01T00-00-00-000Z',
    ]);
    assert.deepEqual(list('gone/backup-of-an-admin'), ['000000000000000.log']);
    assert.equal(readFileSync(directory.file('elsewhere/000000000000000.log'), 'latin1'), 'keep me');
    assert.deepEqual(list('domains'), ['Not a name']);
  });

  it('makes room in all by taking from those that are gone, then from who has most', async () => {
    await logs.dispose();
    open({ totalMiB: 3 });
    logs.of(ophelia).append(Buffer.from(numbered(1, 1000)), Date.now());
    await said(logs.of(ophelia));
    await fill(horatio, 1024 * 1024);
    logs.retire(horatio);
    assert.equal(await said(logs.of(horatio)), '');
    assert.equal(list('gone').length, 1);
    await fill(horatio, 3.5 * 1024 * 1024);
    await eventually('the one that is gone has lost it', () => list('gone').length === 0);
    await eventually('horatio is cut', async () => (await said(logs.of(horatio))).length < 3 * 1024 * 1024);
    assert.equal(await said(logs.of(ophelia)), numbered(1, 1000));
  });

  it('has every line up to the last write, in order and once, after dom0 was killed in mid-flood, again and again', async () => {
    const folder = directory.file('console-log');
    await logs.dispose();
    let next = 1;
    for (let kill = 0; kill < 5; kill += 1) {
      const child = spawn(process.execPath, [CHILD, folder, String(next)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = new Promise((resolve) => child.on('exit', resolve));
      const file = (): number =>
        list('domains/horatio')
          .filter((name) => name.endsWith('.log'))
          .reduce(
            (sum, name) => sum + readFileSync(directory.file(`console-log/domains/horatio/${name}`)).length,
            0,
          );
      const before = file();
      await eventually('some of the flood', () => file() > before + 100_000 * (kill + 1), { everyMs: 1 });
      child.kill('SIGKILL');
      await ended;
      open();
      const text = await said(logs.of(horatio));
      const whole = text.slice(0, text.lastIndexOf('\n') + 1);
      const count = whole.length / numbered(1, 1).length;
      // Finish the line that the kill cut, so that the next flood continues the count.
      if (whole !== text)
        logs
          .of(horatio)
          .append(Buffer.from(numbered(count + 1, count + 1).slice(text.length - whole.length)), Date.now());
      next = whole === text ? count + 1 : count + 2;
      assert.ok(
        text === numbered(1, count) + numbered(count + 1, count + 1).slice(0, text.length - whole.length),
        `kill ${kill}`,
      );
      await logs.dispose();
    }
    open();
    assert.equal(await said(logs.of(horatio), { since: Date.now() + 60_000 }), '');
  });
});
