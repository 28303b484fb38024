import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDomainName } from '../../../policy/names.js';
import { adminRecord } from '../../../server/dom0/api/admin-record.js';
import { Journal } from '../../../server/dom0/operations/journal.js';
import { OperationRegistry } from '../../../server/dom0/operations/operation-registry.js';
import { operationRequest } from '../../support/dom0-client.js';
import { eventually } from '../../support/eventually.js';
import { silentLogger } from '../../support/silent-logger.js';
import { readLines } from '../../support/journal-lines.js';

const horatio = parseDomainName('horatio')!;

describe('the record of what admins do at consoles', () => {
  let directory: string;
  let said: object[];
  let now: number;
  const logger = { ...silentLogger, info: (what: object): void => void said.push(what) };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-journal-'));
    said = [];
    now = Date.UTC(2026, 10, 21);
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const open = (rotateBytes?: number): ReturnType<typeof Journal.open> =>
    Journal.open(directory, (records) => OperationRegistry.condense(records), {
      logger: silentLogger,
      ...(rotateBytes === undefined ? {} : { rotateBytes }),
    });

  it('is in the journal among the operations, and disturbs none of them', async () => {
    const { journal } = await open();
    await journal.append({
      kind: 'requested',
      request: operationRequest('horatio', 'start'),
      subject: null,
      counts: true,
    });
    adminRecord(journal, logger, () => now)({ act: 'console-released', seconds: 600 }, horatio, 'ada');
    await journal.close();
    const { records, problem } = readLines(await readFile(join(directory, 'journal.jsonl'), 'utf8'));
    assert.equal(problem, null);
    assert.deepEqual(records[1]?.event, {
      kind: 'admin',
      domain: 'horatio',
      admin: 'ada',
      act: 'console-released',
      seconds: 600,
    });
    const again = await open(1);
    assert.equal((await again.journal.requests(0, 10)).length, 1);
    const registry = new OperationRegistry();
    for (const record of again.records) registry.take(record);
    assert.equal(registry.open().length, 1, 'the operation is known to the file that follows');
    await again.journal.close();
  });

  it('takes only so many a minute, and logs them all', () => {
    let written = 0;
    const journal: Pick<Journal, 'append'> = {
      append: () => {
        written += 1;
        return new Promise(() => undefined);
      },
    };
    const record = adminRecord(journal, logger, () => now);
    for (let at = 0; at < 200; at += 1) record({ act: 'console-left' }, horatio, 'mallory');
    assert.deepEqual([written, said.length], [60, 200]);
    now += 60_000;
    record({ act: 'console-left' }, horatio, 'ada');
    assert.equal(written, 61);
  });

  it('lets them through when it cannot be written', async () => {
    const faults: string[] = [];
    const record = adminRecord(
      { append: () => Promise.reject(new Error('disk full')) },
      { ...logger, error: (_what, message) => void faults.push(message) },
      () => now,
    );
    record({ act: 'console-entered', mode: 'watch', announced: true }, horatio, 'ada');
    await eventually('the fault to be logged', () => faults.length === 1, { everyMs: 2 });
  });
});
