import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { isRefusal } from '../../../policy/refusal.js';
import { Administration } from '../../../server/gate/control/administration.js';
import { ControlClient, ControlUnreachableError } from '../../../server/gate/control/control-client.js';
import { ControlServer } from '../../../server/gate/control/control-server.js';
import { Store } from '../../../server/store/store.js';
import { ControlFixture } from '../../support/control-fixture.js';

describe('gate: the control socket', () => {
  let gate: ControlFixture;

  beforeEach(() => {
    gate = new ControlFixture();
  });

  afterEach(async () => {
    await gate.remove();
  });

  function another(path = gate.socket): ControlServer {
    return new ControlServer(Administration.ofRunningGate(gate.store, gate.settings, gate), path, {
      error: () => undefined,
    });
  }

  async function raw(method: string, path: string, body: string): Promise<[number, string]> {
    const asked = request({ socketPath: gate.socket, method, path, agent: false });
    asked.on('error', () => undefined);
    asked.end(body);
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) text += chunk;
    return [response.statusCode ?? 0, text];
  }

  it('is for its owner alone', async () => {
    await gate.server.listen();
    assert.equal(statSync(gate.socket).mode & 0o777, 0o600);
  });

  it('is not opened in a directory that others can enter', async () => {
    const open = join(gate.temporary.directory, 'open');
    mkdirSync(open);
    chmodSync(open, 0o755);
    await assert.rejects(
      another(join(open, 'control.sock')).listen(),
      /open to others \(mode 0755\): run `chmod 700/,
    );
    assert.deepEqual(readdirSync(open), []);
  });

  it('makes its directory', async () => {
    const path = join(gate.temporary.directory, 'run', 'control.sock');
    const server = another(path);
    await server.listen();
    assert.equal(statSync(join(gate.temporary.directory, 'run')).mode & 0o777, 0o700);
    await server.close();
    await server.close();
    assert.equal(existsSync(path), false);
  });

  it('refuses a second gate, and leaves the first one its socket', async () => {
    await gate.server.listen();
    await assert.rejects(another().listen(), /another gate is running/);
    assert.ok(!isRefusal(await gate.client().ask('GET', '/status')));
  });

  it('takes over the socket of a gate that was killed', async () => {
    const script = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script, gate.socket]);
    assert.equal(existsSync(gate.socket), true);
    await gate.server.listen();
    assert.ok(!isRefusal(await gate.client().ask('GET', '/status')));
    assert.deepEqual(
      readdirSync(gate.temporary.directory).filter((name) => name.startsWith('.')),
      [],
    );
  });

  it('removes nothing that is not a socket', async () => {
    writeFileSync(gate.socket, 'precious');
    await assert.rejects(gate.server.listen(), /is in the way: it is not a socket/);
    assert.equal(statSync(gate.socket).size, 8);
  });

  it('says when the path is too long for a socket', async () => {
    await assert.rejects(
      another(join(gate.temporary.directory, 'x'.repeat(100))).listen(),
      /longer than 107 bytes/,
    );
  });

  it('survives what is no request of ours', async () => {
    await gate.server.listen();
    for (const [method, path, body] of [
      ['POST', '/customers', '{'],
      ['POST', '/customers', '[]'],
      ['POST', '/customers', `{"customer":"${'a'.repeat(17_000_000)}"}`],
    ] as const) {
      assert.equal((await raw(method, path, body))[0], 400, body.slice(0, 20));
    }
    for (const [method, path] of [
      ['PATCH', '/customers'],
      ['GET', '/customers/%ff'],
      ['GET', '/customers/..%2f..%2fetc'],
      ['GET', '/nothing'],
      ['GET', '//'],
      ['POST', '/__proto__'],
    ] as const) {
      const [status, text] = await raw(method, path, '');
      assert.equal(status, 409, `${path}: ${text}`);
      assert.equal((JSON.parse(text) as { code: string }).code, 'usage');
    }
    assert.deepEqual(gate.faults, []);
    assert.ok(!isRefusal(await gate.client().ask('GET', '/status')));
  });

  it('tells a fault to the log and not to the admin, and goes on', async () => {
    await gate.server.listen();
    gate.sessions.list = () => {
      throw new Error('a secret of the inside');
    };
    await assert.rejects(gate.client().ask('GET', '/sessions'), (error: Error) => {
      assert.match(error.message, /see its log/);
      return true;
    });
    assert.equal(gate.faults.length, 1);
    assert.ok(!isRefusal(await gate.client().ask('GET', '/customers')));
  });

  it('hands a backup over and keeps no copy', async () => {
    await gate.server.listen();
    const answer = await gate.client().bytes('POST', '/backup', { file: '/root/postern.db' });
    assert.ok(!isRefusal(answer));
    const chunks: Buffer[] = [];
    for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
    const copy = join(gate.temporary.directory, 'copy.db');
    writeFileSync(copy, Buffer.concat(chunks), { mode: 0o600 });
    const store = Store.open(copy);
    assert.deepEqual(store.audit.verify().findings, []);
    store.close();
    assert.deepEqual(gate.store.audit.tail().at(-1)?.event, {
      kind: 'backup.made',
      actor: { admin: 'tester' },
      file: '/root/postern.db',
    });
    assert.deepEqual(
      readdirSync(gate.temporary.directory).filter((name) => name.startsWith('.backup')),
      [],
    );
  });

  it('ends who follows the log when it closes', async () => {
    await gate.server.listen();
    const lines = await gate.client().lines('/audit/follow', new AbortController().signal);
    assert.ok(!isRefusal(lines));
    const ended = (async () => {
      for await (const row of lines) assert.fail(`a row came: ${JSON.stringify(row)}`);
    })().catch((error: unknown) => error);
    await gate.server.close();
    await ended;
  });

  it('says to the client how it cannot be reached', async () => {
    const client = new ControlClient(join(gate.temporary.directory, 'nothing.sock'), 'tester');
    await assert.rejects(
      client.ask('GET', '/status'),
      (error: unknown) => error instanceof ControlUnreachableError && error.code === 'ENOENT',
    );
  });
});
