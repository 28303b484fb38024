import assert from 'node:assert/strict';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dom0SocketPath } from '../../../server/cli/installation/dom0-socket-path.js';
import { rootSocketOf } from '../../../server/wire/root-socket.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

describe('the socket by which a command asks a dom0 half', () => {
  let directory: TemporaryDirectory;
  let socket: string;
  let servers: Server[];

  beforeEach(() => {
    directory = new TemporaryDirectory();
    socket = directory.file('dom0.sock');
    servers = [];
  });
  afterEach(() => {
    for (const server of servers) server.close();
    directory.dispose();
  });

  async function listen(path: string): Promise<Server> {
    const server = createServer((connection) => connection.destroy()).listen(path);
    servers.push(server);
    await once(server, 'listening');
    return server;
  }

  it("is root's own where the half has one", async () => {
    await listen(`${socket}.root`);
    assert.equal(await dom0SocketPath(socket), `${socket}.root`);
  });

  it("is the gate's of an older half, and where a killed one has left its own behind", async () => {
    assert.equal(await dom0SocketPath(socket), socket);
    const killed = await listen(`${socket}.before`);
    renameSync(`${socket}.before`, `${socket}.root`);
    killed.close();
    await once(killed, 'close');
    assert.equal(await dom0SocketPath(socket), socket);
  });

  it("is the gate's where something else has that name", async () => {
    writeFileSync(`${socket}.root`, '');
    assert.equal(await dom0SocketPath(socket), socket);
  });

  it("is the gate's where the path has no room for another", async () => {
    const long = `/${'x'.repeat(102)}`;
    assert.equal(rootSocketOf(long), null);
    assert.equal(rootSocketOf(long.slice(1)), `${long.slice(1)}.root`);
    assert.equal(await dom0SocketPath(long), long);
  });
});
