import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { eventually } from '../support/eventually.js';
import { readShared } from '../../server/wire/shared-read.js';

describe('reads into one buffer', () => {
  let ends: { readonly near: Socket; readonly far: Socket }[];

  async function pair(): Promise<{ readonly near: Socket; readonly far: Socket }> {
    const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const far = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [near] = (await once(server, 'connection')) as [Socket];
    server.close();
    const both = { near, far };
    ends.push(both);
    return both;
  }

  beforeEach(() => {
    ends = [];
  });
  afterEach(() => {
    for (const { near, far } of ends) {
      near.destroy();
      far.destroy();
    }
  });

  it('every byte of two sockets arrives in order, from the same memory', async () => {
    const memories = new Set<ArrayBufferLike>();
    const heard: Buffer[][] = [[], []];
    const ended: boolean[] = [];
    for (const each of heard) {
      const { near, far } = await pair();
      assert.ok(
        readShared(near, (bytes) => {
          memories.add(bytes.buffer);
          each.push(Buffer.from(bytes));
        }),
        'this Node.js shows the parts',
      );
      near.once('end', () => ended.push(true));
      near.resume();
      far.end(Buffer.alloc(1024 * 1024, `socket ${heard.indexOf(each)} `));
    }
    await eventually('the ends', () => ended.length === 2, { everyMs: 2 });
    heard.forEach((each, at) => {
      assert.ok(Buffer.concat(each).equals(Buffer.alloc(1024 * 1024, `socket ${at} `)));
    });
    assert.equal(memories.size, 1);
  });

  it('a paused socket passes nothing on', async () => {
    const { near, far } = await pair();
    let length = 0;
    readShared(near, (bytes) => {
      length += bytes.length;
      near.pause();
    });
    near.resume();
    far.write(Buffer.alloc(100));
    await eventually('the first bytes', () => length === 100, { everyMs: 2 });
    far.write(Buffer.alloc(100));
    const other = await pair();
    let passed = false;
    readShared(other.near, () => (passed = true));
    other.near.resume();
    other.far.write('x');
    await eventually('a later read of another socket', () => passed, { everyMs: 2 });
    assert.equal(length, 100);
    near.resume();
    await eventually('the rest', () => length === 200, { everyMs: 2 });
  });
});
