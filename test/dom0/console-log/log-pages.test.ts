import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseDomainName } from '../../../policy/names.js';
import { ConsoleLogs } from '../../../server/dom0/console-log/console-logs.js';
import type { DomainLog } from '../../../server/dom0/console-log/domain-log.js';
import { LocalDisk } from '../../../server/dom0/console-log/log-disk.js';
import type { LogQuery } from '../../../server/dom0/console-log/log-query.js';
import { inMemory } from '../../../server/dom0/console-log/memory-log.js';
import type { LogPage } from '../../../server/wire/log.js';
import { propertyRuns } from '../../support/property-runs.js';
import { silentLogger } from '../../support/silent-logger.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';
import { ALL, numbered, said } from './log-reading.js';

const horatio = parseDomainName('horatio')!;
const KIB = 1024;
const T0 = Date.parse('2026-11-21T07:00:00Z');
const boot = (domid: number): { uuid: string; domid: number } => ({
  uuid: '5df6f9d5-1d71-47bf-9dc0-eb16fa9a2ee8',
  domid,
});

/** Counts reads of indexes. */
class CountingDisk extends LocalDisk {
  ofIndexes = 0;

  override read(file: string, from: number, length: number): Promise<Buffer | null> {
    if (file.endsWith('.index')) this.ofIndexes += length;
    return super.read(file, from, length);
  }
}

describe('pages of a log', () => {
  let directory: TemporaryDirectory;
  let disk: CountingDisk;
  let logs: ConsoleLogs;
  let log: DomainLog;

  beforeEach(() => {
    directory = new TemporaryDirectory();
    disk = new CountingDisk();
    logs = new ConsoleLogs({
      folder: directory.file('console-log'),
      disk,
      limits: { perDomainMiB: 1, totalMiB: 8, rateKiB: 100_000, days: 90, goneDays: 30 },
      goneAfterMs: 60_000,
      logger: silentLogger,
    });
    log = logs.of(horatio);
  });

  afterEach(async () => {
    await logs.dispose();
    directory.dispose();
  });

  async function page(query: Partial<LogQuery>): Promise<LogPage> {
    const { facts } = await log.answer({ ...ALL, ...query });
    return facts.page ?? assert.fail('no page');
  }

  it('are the whole log, walked from its end to its start and back', async () => {
    const text = numbered(1, 20_000);
    for (let at = 0; at < text.length; at += 10_000)
      log.append(Buffer.from(text.slice(at, at + 10_000)), T0 + at);
    const pieces: string[] = [];
    let at = (await page({ bytes: 1 })).end;
    assert.equal(at, text.length);
    for (let start = -1; at !== start;) {
      const query = { before: at, bytes: 7_777 };
      pieces.unshift(await said(log, query));
      const found = await page(query);
      assert.equal(found.to, at);
      ({ from: at, start } = found);
    }
    assert.equal(pieces.join(''), text);
    let forth = '';
    for (let end = -1; at !== end;) {
      const query = { from: at, bytes: 99_999 };
      forth += await said(log, query);
      ({ to: at, end } = await page(query));
    }
    assert.equal(forth, text);
  });

  it('have positions that stay what they are while more is said and the oldest goes', async () => {
    log.append(Buffer.from(numbered(1, 10_000)), T0);
    const { from } = await page({ bytes: 150 });
    const shown = await said(log, { from, bytes: 150 });
    log.append(Buffer.from(numbered(10_001, 60_000)), T0 + 1000);
    assert.equal(await said(log, { from, bytes: 150 }), shown);
    log.append(Buffer.from(numbered(60_001, 120_000)), T0 + 2000);
    const { start, ...found } = await page({ before: from, bytes: 150 });
    assert.ok(start > from);
    assert.deepEqual([found.from, found.to], [start, start], 'what has gone is nowhere');
  });

  it('begin at no position that is before the time, and neither do those kept in memory', async () => {
    const early = numbered(1, 2_000);
    const late = numbered(2_001, 4_000);
    log.append(Buffer.from(early), T0);
    log.append(Buffer.from(late), T0 + 10_000);
    const since = T0 + 10_000;
    const recent = { start: early.length, bytes: Buffer.from(late) };
    const position = fc.option(fc.integer({ min: 0, max: 2 * (early.length + late.length) }));
    await fc.assert(
      fc.asyncProperty(
        position,
        position,
        fc.integer({ min: 1, max: 100_000 }),
        async (from, before, bytes) => {
          const query = { ...ALL, since, from, before, bytes };
          const found = await page(query);
          assert.deepEqual(inMemory(recent, query).facts.page, found);
          assert.equal(found.start, early.length);
          const body = await said(log, query);
          assert.equal(body, late.slice(found.from - early.length, found.to - early.length));
          assert.ok(late.includes(await said(log, { since, from, before })));
        },
      ),
      propertyRuns('pages of a log', 100, 3_000),
    );
    assert.ok(late.endsWith(await said(log, { since, from: 0, lines: 5000 })));
  });

  it('tell whose bytes they are, and are cut shorter where too many boots said nothing much', async () => {
    log.append(Buffer.from('before any\n'), T0);
    for (let domid = 1; domid <= 100; domid += 1) {
      log.begins(boot(domid), domid % 2 === 0 ? 'rescue' : 'normal', T0 + domid * 1000);
      log.append(Buffer.from(`boot ${String(domid).padStart(3, '0')}\n`), T0 + domid * 1000);
    }
    const last = await page({ bytes: 9 });
    assert.deepEqual(last.boots, [
      { at: '2026-11-21T07:01:40.000Z', profile: 'rescue', from: last.end - 9, to: last.end },
    ]);
    const tail = await page({ bytes: 10_000 });
    assert.deepEqual([tail.boots.length, tail.from], [32, tail.end - 32 * 9]);
    const head = await page({ from: 0, bytes: 10_000 });
    assert.deepEqual([head.boots.length, head.boots[0]?.from, head.to], [32, 11, 11 + 32 * 9]);
    const one = await page({ boot: -1, bytes: 10_000 });
    assert.deepEqual([one.start, one.end], [one.from, one.to]);
    assert.equal(await said(log, { boot: -1, from: one.from, bytes: 10_000 }), 'boot 099\n');
    const since = T0 + 100_000;
    assert.deepEqual((await page({ since, bytes: 10_000, from: 0 })).boots.length, 1);
  });

  it('cost no reading of the whole index, however much of it a guest made', async () => {
    for (let at = 0; at < 8_000; at += 1) {
      log.append(Buffer.from('x'), T0 + at * 100);
      if (at % 500 === 0) await said(log, { lines: 1 });
    }
    await page({ since: T0, bytes: 1 });
    assert.ok(disk.ofIndexes > 200 * KIB);
    disk.ofIndexes = 0;
    for (const since of [T0, T0 + 100_050, T0 + 400_050, T0 + 900_000]) await page({ since, bytes: 100 });
    assert.ok(disk.ofIndexes < 64 * KIB, `${disk.ofIndexes}`);
    log.append(Buffer.from('late'), T0 + 1_000_000);
    assert.equal(await said(log, { since: T0 + 900_000 }), 'late');
  });

  it('say since when it is switched off, also to the next dom0 half, and switching twice changes nothing', async () => {
    const actor = { customer: 'alice', fingerprint: 'f', source: 's', auditSeq: 1, auditHash: 'h' } as never;
    assert.equal((await log.answer(ALL)).facts.switchedAt, null);
    await log.switch(false, actor, T0);
    await log.switch(false, actor, T0 + 5000);
    const { keeping, switchedAt } = (await log.answer(ALL)).facts;
    assert.deepEqual([keeping, switchedAt], [false, '2026-11-21T07:00:00.000Z']);
    await log.close();
    await logs.dispose();
    logs = new ConsoleLogs({
      folder: directory.file('console-log'),
      disk,
      limits: { perDomainMiB: 1, totalMiB: 8, rateKiB: 100_000, days: 90, goneDays: 30 },
      goneAfterMs: 60_000,
      logger: silentLogger,
    });
    const { facts } = await logs.of(horatio).answer(ALL);
    assert.deepEqual([facts.keeping, facts.switchedAt], [false, '2026-11-21T07:00:00.000Z']);
  });

  it('attack: who reads slowly while the domain goes reads nothing of the next one of its name', async () => {
    log.append(Buffer.from(numbered(1, 20_000)), T0);
    for (const follow of [false, true]) {
      const { bytes } = await logs.of(horatio).answer({ ...ALL, follow });
      const reader = bytes(new AbortController().signal)[Symbol.asyncIterator]();
      await reader.next();
      logs.retire(horatio);
      logs.of(horatio).append(Buffer.from('secret of the next owner\n'.repeat(20_000)), Date.now());
      assert.ok((await said(logs.of(horatio), { lines: 1 })).startsWith('secret'));
      let rest = '';
      for (let step = await reader.next(); step.done !== true; step = await reader.next())
        rest += step.value.toString('latin1');
      assert.doesNotMatch(rest, /secret/);
    }
  });
});
