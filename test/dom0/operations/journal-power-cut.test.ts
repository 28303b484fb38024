import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Journal, JournalUnwritableError } from '../../../server/dom0/operations/journal.js';
import type { JournalEvent } from '../../../server/dom0/operations/journal-record.js';
import { OperationRegistry } from '../../../server/dom0/operations/operation-registry.js';
import { operationRequest } from '../../support/dom0-client.js';
import { EVERYTHING, MemoryDisk, NOTHING_MORE } from '../../support/memory-disk.js';
import type { Leftover } from '../../support/memory-disk.js';
import { silentLogger } from '../../support/silent-logger.js';
import { VirtualHost } from '../../support/virtual-host.js';

const STATE = '/state';
const FILE = `${STATE}/journal.jsonl`;
const limits = { createsPerDomain: { count: 50, windowSeconds: 3600 }, powerOffsPerMinute: 30 };
const now = Date.UTC(2026, 10, 21);

function open(disk: MemoryDisk, rotateBytes: number): ReturnType<typeof Journal.open> {
  return Journal.open(STATE, (records) => OperationRegistry.condense(records, limits), {
    logger: silentLogger,
    clock: () => now,
    host: new VirtualHost(),
    disk,
    rotateBytes,
  });
}

const requested = (id: string, domain = 'horatio'): JournalEvent => ({
  kind: 'requested',
  request: operationRequest(domain, 'start', { id }),
  subject: null,
  counts: true,
  term: { boot: 'b', from: 1, until: 2 },
});

/** Disk operations that may fail. */
const CHANGING = new Set<string>(['makeFolder', 'write', 'truncate', 'sync', 'rename', 'remove']);

/** The answers to a customer: which operations were accepted, which refused. */
interface Told {
  readonly accepted: string[];
  readonly refused: string[];
}

/** A short life of a journal on any disk: some requests with their ends, over a rotation or two. */
async function live(disk: MemoryDisk, rotateBytes: number, told: Told): Promise<void> {
  const { journal } = await open(disk, rotateBytes);
  for (let at = 0; at < 6; at += 1) {
    const id = randomUUID();
    try {
      await journal.append(requested(id, `guest${at}`));
      told.accepted.push(id);
      if (at % 2 === 1) await journal.append({ kind: 'ended', operation: id, phase: 'done', failure: null });
    } catch (error) {
      assert.ok(error instanceof JournalUnwritableError, String(error));
      told.refused.push(id);
      if (disk.operations >= disk.cutBefore) return;
    }
  }
  await journal.close();
}

/** Opens the rest, writes more, and opens it again. Every accepted operation must be there, in one chain. */
async function verify(disk: MemoryDisk, rotateBytes: number, told: Told, how: string): Promise<void> {
  const { journal, records } = await open(disk, rotateBytes);
  const registry = new OperationRegistry(limits);
  for (const record of records) registry.take(record);
  for (const id of told.accepted) assert.ok(registry.find(id), `${how}: an accepted operation is lost`);
  // A record that was being written at the power cut was neither accepted nor refused for the customer.
  const inFlight = told.refused.slice(-1);
  for (const id of told.refused)
    if (!inFlight.includes(id)) assert.equal(registry.find(id), undefined, `${how}: one was invented`);
  const before = (await journal.requests(0, 100)).map(({ seq }) => seq);
  assert.deepEqual(
    before,
    [...new Set(before)].sort((a, b) => a - b),
    `${how}: in order, each once`,
  );
  const last = await journal.append(requested(randomUUID(), 'yorick'));
  assert.ok(last.seq > (before.at(-1) ?? 0), `${how}: numbers go on`);
  const claimed = (await journal.requests(0, 100)).flatMap(({ event }) =>
    event.kind === 'requested' ? [event.request.id] : [],
  );
  for (const id of told.accepted) assert.ok(claimed.includes(id), `${how}: an audit would miss it`);
  await journal.close();
  const problems: object[] = [];
  const again = await Journal.open(STATE, (all) => OperationRegistry.condense(all, limits), {
    logger: { ...silentLogger, error: (fields) => void problems.push(fields) },
    clock: () => now,
    host: new VirtualHost(),
    disk,
  });
  await again.journal.close();
  assert.deepEqual(problems, [], how);
  assertChain(disk, how);
}

function assertChain(disk: MemoryDisk, how: string): void {
  const text = disk.text(FILE) ?? '';
  const first = JSON.parse(text.split('\n')[0] ?? '') as { seq: number; prev: string };
  if (first.seq === 1) return;
  const archive = disk.text(`${STATE}/journal-${String(first.seq - 1).padStart(12, '0')}.jsonl`) ?? '';
  const before = JSON.parse(archive.trimEnd().split('\n').at(-1) ?? '{}') as { hash?: string };
  assert.equal(first.prev, before.hash, `${how}: the chain goes on over the files`);
}

describe("dom0's journal when the power is cut", () => {
  for (const rotateBytes of [1_500, 1 << 20]) {
    it(`loses no accepted operation and invents none, after any disk operation, files of ${rotateBytes} bytes`, async () => {
      const whole = new MemoryDisk();
      await live(whole, rotateBytes, { accepted: [], refused: [] });
      let tried = 0;
      for (let cut = 0; cut <= whole.operations; cut += 1) {
        const disk = new MemoryDisk();
        disk.cutBefore = cut;
        const told: Told = { accepted: [], refused: [] };
        await live(disk, rotateBytes, told).catch((error: unknown) => {
          // The cut came while opening.
          if (disk.operations < cut) throw error;
        });
        const leftovers: Leftover[] = [NOTHING_MORE, EVERYTHING];
        for (let names = 0; names < disk.unsyncedNames; names += 1) {
          leftovers.push({ changes: 0, names }, { changes: Infinity, names });
        }
        leftovers.push({ changes: 0, torn: 1, names: Infinity }, { changes: 0, torn: null, names: Infinity });
        for (const leftover of leftovers) {
          tried += 1;
          const how = `cut before ${cut}, ${JSON.stringify(leftover)}`;
          await verify(disk.afterPowerCut(leftover), rotateBytes, told, how);
        }
      }
      assert.ok(tried > 100, `${tried}`);
    });
  }

  it('takes what was torn at any of its bytes for none: of every write of a record and of every checkpoint', async () => {
    const whole = new MemoryDisk();
    await live(whole, 1_500, { accepted: [], refused: [] });
    let [writes, tears] = [0, 0];
    let before = '';
    for (let cut = 0; cut <= whole.operations; cut += 1) {
      const disk = new MemoryDisk();
      disk.cutBefore = cut;
      const told: Told = { accepted: [], refused: [] };
      await live(disk, 1_500, told).catch(() => undefined);
      for (const file of [FILE, `${FILE}.new`]) {
        const [size = 0] = disk.unsynced(file);
        // A probe's write is no record. A write that is still unsynced at the next cut was already torn at
        // the last one.
        const write = `${file} ${disk.text(file)?.length}`;
        if (size === 0 || size > 10_000 || write === before) continue;
        before = write;
        writes += 1;
        for (let torn = 0; torn <= size; torn += 1) {
          const left = disk.afterPowerCut({ changes: 0, torn, names: Infinity });
          await verify(left, 1_500, told, `cut before ${cut}, torn at ${torn} of ${size} of ${file}`);
          tears += 1;
        }
      }
    }
    process.stdout.write(`\n  ${tears} tears of ${writes} writes\n`);
    assert.ok(writes >= 9 + 2, `${writes} writes`);
  });

  it('keeps what was accepted when a write is refused, or takes only some of its bytes, wherever that is', async () => {
    const whole = new MemoryDisk();
    await live(whole, 1_500, { accepted: [], refused: [] });
    for (const [code, most] of [
      ['ENOSPC', 0],
      ['EIO', 0],
      ['EROFS', 0],
      ['', 1],
      ['', 7],
    ] as const) {
      for (let at = 1; at <= whole.operations; at += 1) {
        for (const lasts of most > 0 ? [1] : [1, 2, 5]) {
          const disk = new MemoryDisk();
          let operations = 0;
          disk.fault = (what) => {
            if (!CHANGING.has(what)) return null;
            operations += 1;
            const isNow = operations >= at && operations < at + lasts;
            disk.mostAtOnce = isNow && most > 0 && what === 'write' ? most : Infinity;
            return isNow && code !== '' ? code : null;
          };
          const told: Told = { accepted: [], refused: [] };
          // When the disk fails again while a partial write is taken back, the rest may stay: the next start
          // finds it.
          const mayKeep = lasts > 1;
          const how = `${code === '' ? `${most} bytes` : code} at ${at}, ${lasts} times`;
          await live(disk, 1_500, told);
          disk.fault = () => null;
          disk.mostAtOnce = Infinity;
          // Then a kill: either everything written is still in the page cache, or only synced data is left.
          for (const left of [EVERYTHING, NOTHING_MORE])
            await verify(
              disk.afterPowerCut(left),
              1_500,
              { ...told, refused: mayKeep ? [] : told.refused },
              `${how}, ${JSON.stringify(left)}`,
            );
        }
      }
    }
  });
});
