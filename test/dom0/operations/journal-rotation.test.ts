import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostLimits } from '../../../server/dom0/operations/host-limits.js';
import { Journal } from '../../../server/dom0/operations/journal.js';
import { FIRST_PREV, recordHash } from '../../../server/dom0/operations/journal-record.js';
import type { JournalEvent, JournalRecord } from '../../../server/dom0/operations/journal-record.js';
import { OperationRegistry } from '../../../server/dom0/operations/operation-registry.js';
import { LocalStateDisk } from '../../../server/dom0/state/local-state-disk.js';
import { operationRequest } from '../../support/dom0-client.js';
import { MemoryDisk } from '../../support/memory-disk.js';
import { silentLogger } from '../../support/silent-logger.js';
import { VirtualHost } from '../../support/virtual-host.js';
import { readLines } from '../../support/journal-lines.js';

const STATE = '/state';
const FILE = `${STATE}/journal.jsonl`;
const limits = { createsPerDomain: { count: 20, windowSeconds: 86_400 }, powerOffsPerMinute: 30 };
const start = Date.UTC(2026, 10, 21);

const requested = (domain: string, id: string = randomUUID()): JournalEvent => ({
  kind: 'requested',
  request: operationRequest(domain, 'start', { id }),
  subject: null,
  counts: true,
});

describe("dom0's journal, set aside while it runs", () => {
  let disk: MemoryDisk;
  let host: VirtualHost;
  let now: number;
  beforeEach(() => {
    disk = new MemoryDisk();
    host = new VirtualHost();
    now = start;
  });

  const open = (rotateBytes = 4_000, on = disk): ReturnType<typeof Journal.open> =>
    Journal.open(STATE, (records) => OperationRegistry.condense(records, limits), {
      logger: silentLogger,
      clock: () => now,
      host,
      disk: on,
      rotateBytes,
    });
  const names = async (): Promise<string[]> => (await disk.list(STATE)).map(({ name }) => name);
  const bookOf = (records: readonly JournalRecord[]): OperationRegistry => {
    const registry = new OperationRegistry(limits);
    for (const record of records) registry.take(record);
    return registry;
  };

  it('goes on in a new file that begins with what still matters', async () => {
    const { journal } = await open();
    const first = randomUUID();
    await journal.append(requested('horatio', first));
    for (let at = 0; at < 30; at += 1) await journal.append(requested(`guest${at}`));
    await journal.close();
    assert.ok((await names()).length >= 3, (await names()).join());
    const { journal: again, records } = await open();
    assert.equal(bookOf(records).find(first)?.isOpen, true);
    assert.equal((await again.requests(0, 100)).length, 31);
    await again.close();
  });

  it('forgets no open operation, rescue, id or limit when a full disk takes no checkpoint', async () => {
    const { journal } = await open();
    const ids = Array.from({ length: 12 }, () => randomUUID());
    disk.fault = (what, path) => (what === 'write' && path.endsWith('.new') ? 'ENOSPC' : null);
    for (const id of ids) await journal.append(requested('horatio', id));
    await journal.close();
    assert.deepEqual(await names(), ['journal.jsonl'], 'the old file stays in force');
    disk.fault = () => null;
    const { journal: again, records } = await open();
    const registry = bookOf(records);
    for (const id of ids) assert.ok(registry.find(id));
    assert.equal(registry.counts.creates(operationRequest('horatio', 'start').domain, now), 12);
    const { seq } = await again.append(requested('ophelia'));
    assert.ok(seq > 12);
    await again.close();
    assert.ok((await names()).length > 1, 'it is set aside when there is room');
  });

  for (const failing of ['rename', 'sync'] as const) {
    it(`is whole when a ${failing} fails at any time while it is set aside`, async () => {
      for (let at = 0; at < 40; at += 1) {
        disk = new MemoryDisk();
        let count = 0;
        disk.fault = (what) => (what === failing && (count += 1) > at && count <= at + 2 ? 'EIO' : null);
        const { journal } = await open(1_500);
        const accepted: string[] = [];
        for (let number = 0; number < 8; number += 1) {
          const id = randomUUID();
          await journal.append(requested(`guest${number}`, id)).then(
            () => accepted.push(id),
            () => undefined,
          );
        }
        await journal.close();
        disk.fault = () => null;
        const { journal: again, records } = await open(1_500);
        for (const id of accepted) assert.ok(bookOf(records).find(id), `${failing} ${at}`);
        const claimed = (await again.requests(0, 100)).map(({ event }) =>
          event.kind === 'requested' ? event.request.id : '',
        );
        assert.deepEqual(claimed, accepted, `${failing} ${at}`);
        await again.close();
      }
    });
  }

  for (const what of ['empty', 'missing'] as const) {
    it(`makes a file that is ${what} anew from what was set aside, as an earlier version could leave it`, async () => {
      const { journal } = await open(1 << 20);
      const id = randomUUID();
      for (let at = 0; at < 5; at += 1) await journal.append(requested(`guest${at}`));
      const last = await journal.append(requested('horatio', id));
      await journal.close();
      await disk.rename(FILE, `${STATE}/journal-000000000006.jsonl`);
      if (what === 'empty') await disk.write(FILE, 0, Buffer.alloc(0));
      const { journal: again, records } = await open(1 << 20);
      assert.equal(bookOf(records).find(id)?.isOpen, true);
      const next = await again.append(requested('ophelia'));
      assert.equal(next.seq, 8, 'after the checkpoint');
      assert.deepEqual(
        (await again.requests(0, 100)).map(({ seq }) => seq),
        [1, 2, 3, 4, 5, 6, 8],
      );
      await again.close();
      const read = readLines(disk.text(FILE) ?? '');
      assert.deepEqual([read.problem, read.records[0]?.prev], [null, last.hash]);
    });
  }

  it('finds again what an earlier version forgot when it began anew beside what was set aside', async () => {
    const { journal } = await open(1 << 20);
    const id = randomUUID();
    await journal.append(requested('horatio', id));
    await journal.append(requested('ophelia'));
    await journal.close();
    await disk.rename(FILE, `${STATE}/journal-000000000002.jsonl`);
    const other = new MemoryDisk();
    const forgetful = await open(1 << 20, other);
    await forgetful.journal.append(requested('yorick'));
    await forgetful.journal.close();
    await disk.write(FILE, 0, Buffer.from(other.text(FILE) ?? ''));
    const { journal: again, records } = await open(1 << 20);
    const registry = bookOf(records);
    assert.equal(registry.find(id)?.isOpen, true);
    assert.equal(registry.open().length, 3);
    await again.close();
  });

  it('keeps the limit of creates, however much else is asked for, over rotations and restarts', async () => {
    let { journal, records } = await open(64 * 1024);
    let registry = bookOf(records);
    const append = async (event: JournalEvent): Promise<void> => {
      registry.take(await journal.append(event));
    };
    for (let at = 0; at < limits.createsPerDomain.count; at += 1) {
      const id = randomUUID();
      await append(requested('horatio', id));
      await append({ kind: 'ended', operation: id, phase: 'done', failure: null });
    }
    const check = (): string | undefined =>
      new HostLimits(limits, registry.counts).check(operationRequest('horatio', 'start'), now)?.code;
    assert.equal(check(), 'host-limit');
    // Harmless requests for other domains, and requests that change nothing: more than the registry
    // remembers.
    for (let at = 0; at < 6_000; at += 1) {
      now += 1_000;
      const record = { seq: 1_000 + at, at: new Date(now).toISOString(), prev: '', hash: '' };
      registry.take({ ...record, event: requested(`guest${at % 300}`) });
    }
    assert.equal(check(), 'host-limit');
    for (let at = 0; at < 300; at += 1) {
      const id = randomUUID();
      await journal.append(requested(`guest${at}`, id));
      await journal.append({ kind: 'ended', operation: id, phase: 'done', failure: null });
    }
    await journal.close();
    assert.ok((await names()).length >= 3, 'it was set aside meanwhile');
    ({ journal, records } = await open(64 * 1024));
    registry = bookOf(records);
    assert.equal(check(), 'host-limit');
    now = start + 25 * 3_600_000;
    assert.equal(check(), undefined, 'after the window');
    await journal.close();
  });
});

describe("a year of dom0's journal", () => {
  /** Counts bytes read. */
  class CountingDisk extends LocalStateDisk {
    bytes = 0;
    most = 0;

    override async read(file: string, from: number, length: number): Promise<Buffer | null> {
      const read = await super.read(file, from, length);
      this.bytes += read?.length ?? 0;
      this.most = Math.max(this.most, read?.length ?? 0);
      return read;
    }
  }

  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-journal-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('is read page by page at the cost of a page, and in small pieces', async () => {
    let prev = FIRST_PREV;
    const lines = Array.from({ length: 24_000 }, (_, index) => {
      const id = `00000000-0000-4000-8000-${String(index - (index % 2)).padStart(12, '0')}`;
      const event: JournalEvent =
        index % 2 === 0
          ? requested('horatio', id)
          : { kind: 'ended', operation: id, phase: 'done', failure: null };
      const unsigned = { seq: index + 1, at: '2026-11-21T00:00:00.000Z', event, prev };
      const record = { ...unsigned, hash: recordHash(unsigned) };
      prev = record.hash;
      return `${JSON.stringify(record)}\n`;
    });
    // As left by an earlier version, which never rotated while it ran.
    await writeFile(join(directory, 'journal.jsonl'), lines.join(''), { mode: 0o600 });
    const total = Buffer.byteLength(lines.join(''));
    const disk = new CountingDisk();
    const { journal, records } = await Journal.open(
      directory,
      (all) => OperationRegistry.condense(all, limits),
      {
        logger: silentLogger,
        host: new VirtualHost(),
        disk,
      },
    );
    assert.deepEqual(
      records.map(({ event }) => event.kind),
      ['checkpoint'],
      'it is set aside at once',
    );
    assert.ok(disk.most <= 256 * 1024, `a piece of ${disk.most} bytes`);
    let after = 0;
    let found = 0;
    for (;;) {
      disk.bytes = 0;
      const page = await journal.requests(after, 1_000);
      assert.ok(disk.bytes < total / 3, `a page cost ${disk.bytes} of ${total} bytes`);
      found += page.length;
      const last = page.at(-1);
      if (page.length < 1_000 || last === undefined) break;
      after = last.seq;
    }
    assert.equal(found, 12_000);
    await journal.close();
  });
});
