import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { appendFile, mkdtemp, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Journal } from '../../../server/dom0/operations/journal.js';
import type { JournalEvent, JournalRecord } from '../../../server/dom0/operations/journal-record.js';
import { OperationRegistry } from '../../../server/dom0/operations/operation-registry.js';
import type { Logger } from '../../../server/wire/logger.js';
import { operationRequest } from '../../support/dom0-client.js';
import { readLines } from '../../support/journal-lines.js';

describe("dom0's journal", () => {
  let directory: string;
  let path: string;
  let said: string[];
  const note = (_: object, message: string): void => {
    said.push(message);
  };
  const logger: Logger = { debug: note, info: note, warn: note, error: note };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-journal-'));
    path = join(directory, 'journal.jsonl');
    said = [];
  });
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  const open = (rotateBytes?: number): ReturnType<typeof Journal.open> =>
    Journal.open(directory, (records) => OperationRegistry.condense(records), {
      logger,
      ...(rotateBytes === undefined ? {} : { rotateBytes }),
    });
  const requested = (id = randomUUID()): JournalEvent => ({
    kind: 'requested',
    request: operationRequest('horatio', 'start', { id }),
    subject: null,
    counts: true,
  });
  const lines = async (): Promise<JournalRecord[]> => [...readLines(await readFile(path, 'utf8')).records];

  it('chains every line to the one before, whatever order they are asked in', async () => {
    const { journal } = await open();
    await Promise.all(Array.from({ length: 20 }, () => journal.append(requested())));
    await journal.close();
    const read = readLines(await readFile(path, 'utf8'));
    assert.equal(read.problem, null);
    assert.deepEqual(
      read.records.map(({ seq }) => seq),
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  });

  it('ends a torn last line wherever it was torn, and goes on', async () => {
    const { journal } = await open();
    for (let index = 0; index < 3; index += 1) await journal.append(requested());
    await journal.close();
    const whole = await readFile(path);
    const last = whole.lastIndexOf('\n', whole.length - 2) + 1;
    for (const at of [last, last + 1, last + 40, whole.length - 2, whole.length - 1]) {
      await writeFile(path, whole);
      await truncate(path, at);
      const again = await open();
      assert.equal(again.records.length, 2, `torn at ${at - last}`);
      await again.journal.append(requested());
      await again.journal.close();
      assert.equal(readLines(await readFile(path, 'utf8')).problem, null);
      assert.equal((await lines()).length, 3);
    }
    await writeFile(path, whole);
    await appendFile(path, Buffer.alloc(100));
    const zeros = await open();
    assert.equal(zeros.records.length, 3);
    await zeros.journal.close();
  });

  it('finds a line that was changed, taken out or moved, and says so at start', async () => {
    const { journal } = await open();
    for (let index = 0; index < 4; index += 1) await journal.append(requested());
    await journal.close();
    const [a = '', b = '', c = '', d = ''] = (await readFile(path, 'utf8')).split('\n');
    const problems = [
      [a, b.replace('"alice"', '"mallory"'), c, d],
      [a, c, d],
      [a, c, b, d],
      [a, 'nonsense', c, d],
    ].map((tampered) => readLines(`${tampered.join('\n')}\n`).problem);
    assert.deepEqual(problems, [
      'line 2 was changed',
      'line 2 does not follow the line before',
      'line 2 does not follow the line before',
      'line 2 is no record',
    ]);
    await writeFile(path, `${[a, c, d].join('\n')}\n`);
    await (await open()).journal.close();
    assert.deepEqual(said, ['journal.contradicts-itself']);
  });

  it('sets a large file aside whole and keeps what still matters; nothing is lost to those who verify', async () => {
    const first = await open();
    const ids = Array.from({ length: 5 }, () => randomUUID());
    for (const id of ids) await first.journal.append(requested(id));
    for (const id of ids.slice(1)) {
      await first.journal.append({ kind: 'step', operation: id, step: 'creating', deadlineAt: null });
      await first.journal.append({ kind: 'ended', operation: id, phase: 'done', failure: null });
    }
    await first.journal.append({ kind: 'step', operation: ids[0]!, step: 'creating', deadlineAt: null });
    await first.journal.close();

    const second = await open(100);
    assert.deepEqual((await readdir(directory)).sort(), ['journal-000000000014.jsonl', 'journal.jsonl']);
    const registry = new OperationRegistry();
    second.records.forEach((record) => {
      registry.take(record);
    });
    assert.deepEqual(
      registry.open().map(({ id, step }) => [id, step]),
      [[ids[0], 'creating']],
    );
    assert.equal(registry.find(ids[4]!)?.phase, 'done');
    const more = await second.journal.append(requested());
    assert.equal(more.seq, 16);
    const all = await second.journal.requests(0, 100);
    assert.deepEqual(
      all.map(({ seq }) => seq),
      [1, 2, 3, 4, 5, 16],
    );
    assert.deepEqual(
      (await second.journal.requests(3, 2)).map(({ seq }) => seq),
      [4, 5],
    );
    await second.journal.close();
    const before = readLines(await readFile(join(directory, 'journal-000000000014.jsonl'), 'utf8'));
    const after = readLines(await readFile(path, 'utf8'));
    assert.equal(after.records[0]?.prev, before.records.at(-1)?.hash, 'the chain goes on over the files');

    const third = await open(100);
    const again = new OperationRegistry();
    third.records.forEach((record) => {
      again.take(record);
    });
    assert.deepEqual(again.open().length, 2);
    await third.journal.close();
  });

  it('takes back what it could not write whole', async () => {
    const { journal } = await open();
    await journal.append(requested());
    const size = (await stat(path)).size;
    const huge = { ...requested(), subject: { uuid: 'x', domid: 1n as unknown as number } } as JournalEvent;
    await assert.rejects(journal.append(huge), TypeError);
    assert.equal((await stat(path)).size, size);
    const { seq } = await journal.append(requested());
    assert.equal(seq, 2);
    await journal.close();
    await journal.close();
  });
});
