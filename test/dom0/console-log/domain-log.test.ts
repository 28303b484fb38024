import assert from 'node:assert/strict';
import {
  appendFileSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { parseDomainName, parseCustomerName, parseFingerprint } from '../../../policy/names.js';
import { DomainLog } from '../../../server/dom0/console-log/domain-log.js';
import type { DomainLogParts } from '../../../server/dom0/console-log/domain-log.js';
import { WriteBudget } from '../../../server/dom0/console-log/write-budget.js';
import { eventually } from '../../support/eventually.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';
import { FailingDisk } from './failing-disk.js';
import { ALL, numbered, said } from './log-reading.js';

const horatio = parseDomainName('horatio')!;
const actor = {
  customer: parseCustomerName('alice')!,
  fingerprint: parseFingerprint(`SHA256:${'A'.repeat(43)}`)!,
  source: '192.0.2.7',
  auditSeq: 1,
  auditHash: 'a'.repeat(64),
};
const KIB = 1024;
const T0 = Date.parse('2026-11-21T07:00:00Z');
const first = { uuid: '5df6f9d5-1d71-47bf-9dc0-eb16fa9a2ee8', domid: 1 };
const second = { uuid: 'c0a0e8f2-6d5b-4a0e-9d8e-2f7f0c6b4a11', domid: 2 };

describe('DomainLog', () => {
  let directory: TemporaryDirectory;
  let disk: FailingDisk;
  let warnings: string[];
  let logs: DomainLog[];
  const path = (name = ''): string => directory.file(`domains/horatio/${name}`);
  const files = (): string[] => readdirSync(path());

  const open = (parts: Partial<DomainLogParts> = {}): DomainLog => {
    const logger = {
      debug: () => undefined,
      info: (_: object, message: string) => warnings.push(message),
      warn: (_: object, message: string) => warnings.push(message),
      error: (_: object, message: string) => warnings.push(message),
    };
    const log = new DomainLog({
      name: horatio,
      folder: path().slice(0, -1),
      disk,
      limit: 1024 * KIB,
      rate: 1024 * KIB,
      host: 'host-boot-1',
      writeBudget: new WriteBudget(),
      ready: Promise.resolve(),
      logger,
      written: () => undefined,
      ...parts,
    });
    logs.push(log);
    return log;
  };

  /** Appends in pieces as large as a pty's. */
  const say = (log: DomainLog, text: string, at: number): void => {
    const bytes = Buffer.from(text, 'latin1');
    for (let from = 0; from < bytes.length; from += 4096) log.append(bytes.subarray(from, from + 4096), at);
  };

  beforeEach(() => {
    directory = new TemporaryDirectory();
    disk = new FailingDisk();
    warnings = [];
    logs = [];
  });

  afterEach(async () => {
    disk.writeBudget = Infinity;
    await Promise.all(logs.map((log) => log.close()));
    directory.dispose();
  });

  it('gives back what was said, byte for byte, to this dom0 half and to the next', async () => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, at) => (at * 7) % 256));
    const log = open();
    log.begins(first, 'normal', T0);
    for (let at = 0; at < bytes.length; at += 4096) log.append(bytes.subarray(at, at + 4096), T0 + at);
    assert.equal(await said(log), bytes.toString('latin1'));
    await log.close();
    const next = open();
    next.append(Buffer.from('and more'), T0 + 100_000);
    assert.equal(await said(next), `${bytes.toString('latin1')}and more`);
    assert.deepEqual(warnings, []);
  });

  it('is on the disk within the second, in files that only root reads', async () => {
    const log = open();
    log.append(Buffer.from('hello\r\n'), T0);
    await eventually('the file', () => {
      try {
        return readFileSync(path('000000000000000.log'), 'latin1') === 'hello\r\n';
      } catch {
        return false;
      }
    });
    assert.equal(statSync(path('000000000000000.log')).mode & 0o777, 0o600);
    assert.equal(statSync(path()).mode & 0o777, 0o700);
  });

  it('has an index that a person reads', async () => {
    const log = open();
    log.begins(first, 'normal', T0);
    log.append(Buffer.from('hello\r\n'), T0 + 500);
    await log.close();
    assert.deepEqual(readFileSync(path('000000000000000.index'), 'latin1').split('\n'), [
      '0 2026-11-21T07:00:00.000Z boot 5df6f9d5-1d71-47bf-9dc0-eb16fa9a2ee8 1 host-boot-1 2026-11-21T07:00:00.000Z normal',
      '0 2026-11-21T07:00:00.500Z time',
      '',
    ]);
  });

  it('shows nothing from before a time, whatever the file, and what came in that time', async () => {
    const log = open({ limit: 512 * KIB });
    const lines = Array.from({ length: 300 }, (_, at) => `${at} ${'x'.repeat(1000)}\n`);
    lines.forEach((line, at) => {
      log.append(Buffer.from(line), T0 + at * 1000);
    });
    await said(log);
    assert.ok(files().length > 4);
    for (const at of [0, 1, 31, 32, 33, 150, 298, 299]) {
      assert.equal(await said(log, { since: T0 + at * 1000 }), lines.slice(at).join(''), `${at}`);
      assert.equal(
        await said(log, { since: T0 + at * 1000 + 1 }),
        lines.slice(at + 1).join(''),
        `${at} and a bit`,
      );
    }
    assert.equal(await said(log, { since: 0 }), lines.join(''));
  });

  it('shows nothing from before a time although the clock was set back', async () => {
    const log = open();
    log.append(Buffer.from('early\n'), T0);
    log.append(Buffer.from('somebody else, by a clock that was fast\n'), T0 + 3_600_000);
    log.append(Buffer.from('set right\n'), T0 + 10_000);
    log.append(Buffer.from('the new owner\n'), T0 + 20_000);
    assert.equal(await said(log, { since: T0 + 15_000 }), 'the new owner\n');
  });

  it('hides bytes of which no index says when they came, as soon as a time counts', async () => {
    const log = open();
    log.append(Buffer.from('nobody knows when\n'), T0);
    await log.close();
    rmSync(path('000000000000000.index'));
    const next = open();
    next.append(Buffer.from('now\n'), T0 + 60_000);
    assert.equal(await said(next), 'nobody knows when\nnow\n');
    assert.equal(await said(next, { since: 0 }), 'now\n');
  });

  it('gives the last lines, as many as asked for and wherever files end', async () => {
    const log = open({ limit: 512 * KIB });
    const lines = Array.from({ length: 3000 }, (_, at) => `${at} ${'y'.repeat(at % 97)}\n`);
    for (const [at, line] of lines.entries()) log.append(Buffer.from(line), T0 + at);
    log.append(Buffer.from('login: '), T0 + 4000);
    lines.push('login: ');
    await said(log);
    for (const count of [1, 2, 3, 700, 2000, 3001, 9999])
      assert.equal(await said(log, { lines: count }), lines.slice(-count).join(''), `${count}`);
    assert.equal(await said(log, { lines: 5, since: T0 + 3500 }), 'login: ');
  });

  it('keeps to its size, and drops the oldest', async () => {
    const log = open({ limit: 256 * KIB, rate: 100 * 1024 * KIB });
    const text = numbered(1, 100_000);
    for (let at = 0; at < text.length; at += 60_000) {
      log.append(Buffer.from(text.slice(at, at + 60_000)), T0 + at);
      await said(log, { lines: 1 });
    }
    const kept = await said(log);
    const size = files().reduce((sum, name) => sum + statSync(path(name)).size, 0);
    assert.ok(size <= 256 * KIB, `${size}`);
    assert.ok(kept.length > 128 * KIB, `${kept.length}`);
    assert.ok(text.endsWith(kept));
  });

  it('tells boots apart, over a change of file and of dom0 half, and the profile that was found out later', async () => {
    const log = open({ limit: 256 * KIB });
    log.append(Buffer.from('from before\n'), T0);
    log.begins(first, 'unknown', T0 + 1000);
    log.append(Buffer.from(numbered(1, 4000)), T0 + 2000);
    log.booted(first, 'rescue', T0 + 3000);
    await log.close();
    const next = open({ limit: 256 * KIB });
    next.begins(first, 'rescue', T0 + 60_000);
    next.append(Buffer.from(numbered(4001, 5000)), T0 + 61_000);
    next.begins(second, 'normal', T0 + 70_000);
    next.booted(first, 'unknown', T0 + 70_500);
    next.append(Buffer.from('second boot\n'), T0 + 71_000);
    assert.equal(await said(next, { boot: 0 }), 'second boot\n');
    assert.equal(await said(next, { boot: -1 }), numbered(1, 5000));
    assert.equal(await said(next, { boot: -1, lines: 2 }), numbered(4999, 5000));
    assert.equal(await said(next, { boot: -2 }), '');
    const { facts } = await next.answer({ ...ALL, boot: -1 });
    assert.deepEqual(facts.boot, { at: '2026-11-21T07:00:01.000Z', profile: 'rescue' });
    assert.equal((await next.answer({ ...ALL, boot: 0 })).facts.boot?.profile, 'normal');
  });

  it('does not tell a new role of the boots before it', async () => {
    const log = open();
    log.begins(first, 'rescue', T0);
    log.append(Buffer.from('the former owner in rescue\n'), T0 + 1000);
    log.begins(second, 'normal', T0 + 2000);
    log.append(Buffer.from('the former owner again\n'), T0 + 3000);
    const since = T0 + 10_000;
    const { facts } = await log.answer({ ...ALL, boot: -1, since });
    assert.equal(facts.boot, null);
    assert.equal(await said(log, { boot: -1, since }), '');
    assert.equal(await said(log, { boot: 0, since }), '');
    log.append(Buffer.from('the new owner\n'), T0 + 11_000);
    assert.equal(await said(log, { boot: 0, since }), 'the new owner\n');
  });

  it('takes the same UUID and domid for another boot when the host has booted since', async () => {
    const log = open();
    log.begins(first, 'normal', T0);
    log.append(Buffer.from('before the host went down\n'), T0);
    await log.close();
    const next = open({ host: 'host-boot-2' });
    next.begins(first, 'normal', T0 + 60_000);
    next.append(Buffer.from('after\n'), T0 + 60_000);
    assert.equal(await said(next, { boot: 0 }), 'after\n');
    assert.equal(await said(next, { boot: -1 }), 'before the host went down\n');
  });

  it('cuts off a torn index, says so, and goes on', async () => {
    const log = open();
    log.append(Buffer.from('whole\n'), T0);
    await log.close();
    // The index is written first: it names bytes that never came, and its last line is incomplete.
    appendFileSync(
      path('000000000000000.index'),
      `6 ${new Date(T0 + 1000).toISOString()} time\n900 ${new Date(T0 + 2000).toISOString()} time\n950 2026-11`,
    );
    const next = open();
    next.append(Buffer.from('next\n'), T0 + 5000);
    assert.equal(await said(next), 'whole\nnext\n');
    assert.equal(await said(next, { since: T0 + 3000 }), 'next\n');
    assert.deepEqual(warnings, ['console-log.torn']);
    assert.doesNotMatch(readFileSync(path('000000000000000.index'), 'latin1'), /^9[05]0/m);
  });

  it('goes on after files that are not as it left them', async () => {
    const log = open({ limit: 256 * KIB });
    say(log, numbered(1, 5000), T0);
    await log.close();
    const [, , oldest = '', newest = ''] = [...files().filter((name) => name.endsWith('.log'))].sort();
    rmSync(path(oldest));
    truncateSync(path(newest), 10);
    writeFileSync(path('notes.txt'), 'an admin was here');
    const next = open({ limit: 256 * KIB });
    next.append(Buffer.from('on it goes\n'), T0 + 1000);
    const text = await said(next);
    assert.match(text, /\[postern: \d+ bytes were not kept\]/);
    assert.ok(text.endsWith('on it goes\n'));
    assert.ok(files().includes('notes.txt'));
  });

  it('does not wait for a full disk: says once that it is, counts what is missing, and goes on when there is room', async () => {
    const log = open();
    log.append(Buffer.from('before\n'), T0);
    await said(log);
    disk.writeBudget = 50;
    const full = 'z'.repeat(1000);
    log.append(Buffer.from(full), T0 + 1000);
    await eventually('the failure', () => log.isFailing);
    for (let at = 0; at < 100; at += 1) log.append(Buffer.from(full), T0 + 2000 + at);
    assert.equal(warnings.filter((text) => text === 'console-log.unwritable').length, 1);
    assert.ok(disk.tries < 5, 'it is not tried for every byte');
    disk.writeBudget = Infinity;
    await eventually('the disk is tried again', () => {
      log.append(Buffer.from('after\n'), T0 + 60_000);
      return !log.isFailing;
    });
    await eventually('the end', async () => (await said(log)).endsWith('after\n'));
    const text = await said(log);
    const missing = [...text.matchAll(/\[postern: (\d+) bytes were not kept\]/g)].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    );
    assert.ok(text.startsWith('before\n'));
    assert.ok(missing > 100_000 && missing < 110_000, `${missing}`);
    assert.ok(warnings.some((message) => message === 'console-log.writable'));
  });

  it('holds a bounded piece of what is said while the disk hangs, and nobody waits', async () => {
    let release: () => void = () => undefined;
    disk.hang = new Promise((resolve) => {
      release = resolve;
    });
    const writeBudget = new WriteBudget(512 * KIB);
    const log = open({ writeBudget, rate: 100 * 1024 * KIB, limit: 16 * 1024 * KIB });
    const chunk = Buffer.alloc(16 * KIB, 'h');
    for (let at = 0; at < 1000; at += 1) log.append(chunk, T0 + at);
    assert.ok(writeBudget.taken <= 512 * KIB);
    assert.equal(await said(log), '', 'a question is answered with what is there');
    release();
    disk.hang = Promise.resolve();
    const text = await eventually('the rest', async () => {
      const all = await said(log);
      return all.includes('not kept') ? all : null;
    });
    assert.ok(text.length < 600 * KIB);
    assert.equal(writeBudget.taken, 0);
  });

  it('keeps a burst whole and a flood in pieces, and says how much is missing', async () => {
    const log = open({ rate: 16 * KIB, limit: 512 * KIB });
    const burst = numbered(1, 20_000);
    say(log, burst, T0);
    for (let at = 0; at < 1000; at += 1) log.append(Buffer.alloc(16 * KIB, 'y'), T0 + at);
    // A question waits a second for the disk, which a busy machine needs longer for.
    await eventually('the burst', async () => (await said(log)).includes(numbered(15_000, 20_000)));
    await eventually('the note', async () => /\[postern: 1\d{7} bytes were not kept\]/.test(await said(log)));
    const size = files().reduce((sum, name) => sum + statSync(path(name)).size, 0);
    assert.ok(size <= 512 * KIB);
  });

  it('follows: what is there, then what comes, across files, until nobody wants it', async () => {
    const log = open({ limit: 256 * KIB, rate: 10 * 1024 * KIB });
    log.append(Buffer.from(numbered(1, 10)), T0);
    const gone = new AbortController();
    const { bytes } = await log.answer({ ...ALL, lines: 2, follow: true });
    let text = '';
    const done = (async () => {
      for await (const chunk of bytes(gone.signal)) text += chunk.toString('latin1');
    })();
    await eventually('what is there', () => text === numbered(9, 10));
    for (let at = 11; at < 5000; at += 500) {
      log.append(Buffer.from(numbered(at, at + 499)), T0 + at);
      await eventually('what comes', () => text.endsWith(numbered(at, at + 499)));
    }
    assert.equal(text, numbered(9, 5010));
    gone.abort();
    await done;
  });

  it('tells a slow reader what was removed under its hands', async () => {
    const log = open({ limit: 256 * KIB, rate: 10 * 1024 * KIB });
    say(log, numbered(1, 5000), T0);
    const { bytes } = await log.answer(ALL);
    const reader = bytes(new AbortController().signal)[Symbol.asyncIterator]();
    const start = (await reader.next()).value as Buffer;
    assert.ok(start.toString('latin1').startsWith(numbered(1, 5)));
    say(log, numbered(5001, 30_000), T0 + 1000);
    await said(log, { lines: 1 });
    let rest = '';
    for (let step = await reader.next(); step.done !== true; step = await reader.next())
      rest += step.value.toString('latin1');
    assert.match(rest, /^\r\n\[postern: \d+ bytes were not kept\]\r\n/);
  });

  it('is switched off and on for good; what was kept stays', async () => {
    const log = open();
    log.begins(first, 'normal', T0);
    log.append(Buffer.from('kept\n'), T0);
    await log.switch(false, actor, T0 + 1000);
    log.append(Buffer.from('secret\n'), T0 + 2000);
    assert.equal((await log.answer(ALL)).facts.keeping, false);
    assert.equal(await said(log), 'kept\n');
    await log.close();
    const next = open();
    next.append(Buffer.from('secret before it was opened\n'), T0 + 3000);
    assert.equal(await said(next), 'kept\n');
    assert.equal((await next.answer(ALL)).facts.keeping, false);
    await next.switch(true, actor, T0 + 4000);
    next.append(Buffer.from('kept again\n'), T0 + 5000);
    assert.equal(await said(next), 'kept\nkept again\n');
    assert.match(
      readFileSync(path('000000000000000.index'), 'latin1'),
      /^5 2026-11-21T07:00:01.000Z off\n5 2026-11-21T07:00:04.000Z on$/m,
    );
    assert.match(
      readFileSync(path('switch.json'), 'utf8'),
      /^\{"keep":true,"at":"[^"]*","actor":\{"customer":"alice"/,
    );
  });

  it('removes what is too old', async () => {
    const log = open({ limit: 256 * KIB });
    say(log, numbered(1, 8000), T0);
    await said(log);
    await log.dropBefore(Date.now() - 60_000);
    assert.equal(await said(log), numbered(1, 8000));
    await log.dropBefore(Date.now() + 60_000);
    assert.equal(await said(log), '');
    log.append(Buffer.from('new\n'), T0 + 1000);
    assert.equal(await said(log), 'new\n');
    assert.equal(await said(log, { since: T0 + 500 }), 'new\n');
  });
});
