import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { ChangesFeed } from '../../../server/dom0/api/changes-feed.js';
import type { Change } from '../../../server/wire/domain.js';
import { eventually } from '../../support/eventually.js';
import { silentLogger } from '../../support/silent-logger.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

/** More than any socket of the kernel holds. */
const BIG: Change = { change: 'beat', at: 'x'.repeat(512 * 1024) };
const MOST_BYTES = 32 * 1024 * 1024;

describe('the readers of changes', () => {
  const feed = new ChangesFeed(silentLogger);
  const directory = new TemporaryDirectory();
  const sockets: Socket[] = [];
  let server: Server;
  const path = directory.file('feed.sock');
  let following = 0;

  before(async () => {
    server = createServer((_request, response) => {
      feed.follow(response, [], { looks: true });
      following += 1;
    });
    server.listen(path);
    await once(server, 'listening');
  });
  after(async () => {
    feed.close();
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
    directory.dispose();
  });

  async function follow(): Promise<Socket> {
    const socket = createConnection(path);
    sockets.push(socket);
    socket.on('error', () => undefined);
    const before = following;
    socket.write('GET /changes HTTP/1.1\r\nhost: x\r\n\r\n');
    await eventually('it to follow', () => following > before);
    return socket;
  }

  const connected = (): Promise<number> =>
    new Promise((resolve) => {
      server.getConnections((_error, count) => {
        resolve(count);
      });
    });

  it('take a bounded memory together when they read nothing, and one that reads loses nothing', async () => {
    const stuck = 100;
    for (let at = 0; at < stuck; at += 1) (await follow()).pause();
    const live = await follow();
    let got = 0;
    live.on('data', (chunk: Buffer) => (got += chunk.length));
    const rounds = 4;
    for (let round = 1; round <= rounds; round += 1) {
      feed.tell(BIG);
      await eventually('the live one to have it', () => got >= round * BIG.at.length);
    }
    feed.tell({ change: 'beat', at: '' });
    await eventually('the stuck ones to be dropped', async () => {
      const left = (await connected()) - 1;
      return left * (rounds - 1) * BIG.at.length <= MOST_BYTES;
    });
    assert.ok((await connected()) > 1, 'not more than needed');
    assert.equal(live.destroyed, false);
    feed.tell(BIG);
    await eventually('the live one to have the next', () => got >= (rounds + 1) * BIG.at.length);
  });
});
