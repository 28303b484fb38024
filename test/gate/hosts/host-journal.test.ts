import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { once } from 'node:events';
import { Dom0Client } from '../../../server/gate/hosts/dom0-client.js';
import { readHostJournal } from '../../../server/gate/hosts/host-journal.js';
import type { Witness } from '../../../server/store/audit-verifier.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

function entry(seq: number): object {
  return {
    seq,
    at: '2026-01-01T00:00:00.000Z',
    operation: `00000000-0000-4000-8000-00000000000${seq}`,
    domain: 'horatio',
    verb: 'reboot',
    customer: 'alice',
    auditSeq: seq * 10,
    auditHash: String(seq).repeat(64),
  };
}

describe("gate: a host's journal as witness", () => {
  let directory: TemporaryDirectory;
  let server: Server;
  let answer: (after: number) => [status: number, body: unknown];

  beforeEach(async () => {
    directory = new TemporaryDirectory();
    server = createServer((request, response) => {
      const after = Number(new URL(request.url ?? '', 'http://dom0').searchParams.get('after'));
      const [status, body] = answer(after);
      response.writeHead(status);
      response.end(JSON.stringify(body));
    }).listen(directory.file('dom0.sock'));
    await once(server, 'listening');
  });

  afterEach(() => {
    server.close();
    directory.dispose();
  });

  async function read(): Promise<Witness[]> {
    const found: Witness[] = [];
    const host = new Dom0Client(directory.file('dom0.sock'), 10_000, new AbortController().signal);
    for await (const one of readHostJournal(host)) found.push(one);
    return found;
  }

  it('reads page after page', async () => {
    answer = (after) => [
      200,
      after === 0 ? { entries: [entry(1), entry(2)], next: 2 } : { entries: [entry(3)], next: null },
    ];
    assert.deepEqual(
      (await read()).map(({ auditSeq }) => auditSeq),
      [10, 20, 30],
    );
  });

  it('is no empty journal when it is something else', async () => {
    for (const [status, body, says] of [
      [200, { journal: [] }, /cannot be read/],
      [200, { entries: [{ ...entry(1), auditHash: 7 }], next: null }, /cannot be read/],
      [500, {}, /status 500/],
    ] as const) {
      answer = () => [status, body];
      await assert.rejects(read(), says);
    }
  });

  it('does not go round for ever', async () => {
    answer = () => [200, { entries: [entry(1)], next: 0 }];
    await assert.rejects(read(), /backwards/);
  });
});
