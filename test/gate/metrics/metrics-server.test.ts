import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MetricsError, MetricsServer } from '../../../server/gate/metrics/metrics-server.js';

describe('gate: the server of numbers', () => {
  let asked = 0;
  let answer: () => Promise<string>;
  const faults: object[] = [];
  const served = {
    contentType: 'text/plain',
    text: () => {
      asked += 1;
      return answer();
    },
  };
  const log = { error: (fields: object) => void faults.push(fields) };
  let server: MetricsServer;
  let port: number;

  beforeEach(async () => {
    asked = 0;
    faults.length = 0;
    answer = () => Promise.resolve('a 1\n');
    server = new MetricsServer(served, { host: '127.0.0.1', port: 0 }, log);
    port = (await server.listen()) ?? assert.fail('no port');
  });
  afterEach(() => server.close());

  async function get(options: RequestOptions): Promise<{ status: number | undefined; text: string }> {
    const [response] = (await once(request({ ...options, agent: false }).end(), 'response')) as [
      IncomingMessage,
    ];
    let text = '';
    for await (const part of response.setEncoding('utf8') as AsyncIterable<string>) text += part;
    return { status: response.statusCode, text };
  }
  const at = (path: string, method = 'GET'): ReturnType<typeof get> =>
    get({ host: '127.0.0.1', port, path, method });

  it('answers GET /metrics, and nothing else', async () => {
    assert.deepEqual(await at('/metrics'), { status: 200, text: 'a 1\n' });
    assert.equal((await at('/metrics?x=1')).status, 200);
    assert.deepEqual(await at('/'), { status: 404, text: 'The numbers are at /metrics.\n' });
    assert.equal((await at('/metrics', 'POST')).status, 405);
    assert.equal((await at('/metrics/../../etc/passwd')).status, 404);
  });

  it('gathers once for all who ask at the same time', async () => {
    let release: (text: string) => void = () => undefined;
    answer = () =>
      new Promise((resolve) => {
        release = resolve;
        // Both requests came in one piece, so both are there when the first is answered.
        setImmediate(() => {
          release('b 2\n');
        });
      });
    const socket = connect(port, '127.0.0.1');
    const ask = (last: string): string => `GET /metrics HTTP/1.1\r\nHost: x\r\n${last}\r\n`;
    socket.end(ask('') + ask('Connection: close\r\n'));
    let text = '';
    for await (const part of socket.setEncoding('utf8') as AsyncIterable<string>) text += part;
    assert.equal(text.split('b 2\n').length - 1, 2, text);
    assert.equal(asked, 1);
    answer = () => Promise.resolve('c 3\n');
    assert.equal((await at('/metrics')).text, 'c 3\n');
  });

  it('ends a request whose gathering failed, and answers the next', async () => {
    answer = () => Promise.reject(new Error('broken'));
    await assert.rejects(at('/metrics'), /socket hang up|ECONNRESET/);
    assert.equal(faults.length, 1);
    answer = () => Promise.resolve('a 1\n');
    assert.equal((await at('/metrics')).status, 200);
  });

  it('says in a sentence that its port is taken', async () => {
    const second = new MetricsServer(served, { host: '127.0.0.1', port }, log);
    await assert.rejects(second.listen(), (error) => {
      assert.ok(error instanceof MetricsError);
      assert.match(error.message, /^metrics: cannot listen on 127\.0\.0\.1 port \d+: .*EADDRINUSE/);
      return true;
    });
    await second.close();
  });

  it('serves on a Unix socket, also over one that an earlier gate left, and never over a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-metrics-'));
    try {
      const socketPath = join(folder, 'metrics.sock');
      for (const round of [1, 2]) {
        const local = new MetricsServer(served, socketPath, log);
        assert.equal(await local.listen(), null);
        const { mode } = statSync(socketPath);
        const { text } = await get({ socketPath, path: '/metrics' });
        await local.close();
        assert.deepEqual([mode & 0o777, text], [0o660, 'a 1\n'], String(round));
      }
      const file = join(folder, 'a-file');
      writeFileSync(file, 'mine');
      await assert.rejects(new MetricsServer(served, file, log).listen(), MetricsError);
      assert.equal(statSync(file).size, 4);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
