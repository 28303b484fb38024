import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { Dom0Client } from '../../../server/gate/hosts/dom0-client.js';
import { stopThread } from '../../support/stop-thread.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

const TIMEOUT_MS = 1_000;

describe('gate: the patience with a host', () => {
  let directory: TemporaryDirectory;
  let server: Server | undefined;

  beforeEach(() => {
    directory = new TemporaryDirectory();
  });

  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    directory.dispose();
  });

  async function host(answer: RequestListener, timeout: number): Promise<Dom0Client> {
    server = createServer(answer).listen(directory.file('dom0.sock'));
    await once(server, 'listening');
    return new Dom0Client(directory.file('dom0.sock'), timeout, new AbortController().signal);
  }

  it('does not run while the gate itself is stopped: the answer is read', async () => {
    const client = await host((_, response) => {
      response.write('{"well": ');
      // Both halves are stopped with their machine, in the midst of the answer too.
      stopThread(TIMEOUT_MS * 1.5);
      response.end('true}');
    }, TIMEOUT_MS);
    const asked = client.ask('GET', '/contract');
    stopThread(TIMEOUT_MS * 1.5);
    assert.deepEqual(await asked, { ok: true, body: { well: true } });
  });

  it('ends where no answer comes, or none that ends', async () => {
    const silent = await host(() => undefined, 50);
    await assert.rejects(silent.ask('GET', '/contract'), /no answer in time/);
    server?.closeAllConnections();
    server?.close();
    const endless = await host((_, response) => response.write('{'), 50);
    await assert.rejects(endless.ask('GET', '/contract'), /no whole answer in time/);
  });
});
