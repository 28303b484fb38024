/**
 * The process that answers for the tools of one simulated host. The first caller starts it (tool.c), and it lives as
 * long as the host.
 *
 *     node tools-process.js HOST-DIRECTORY SOCKET
 *
 * A caller in another mount namespace starts another one. So nothing is kept here but in the host's directory.
 */
import { rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';

import { Caller, callFor } from './caller.js';
import { Host } from './host.js';
import { complain } from './output.js';
import { registerProcess } from './process-marks.js';
import { sayReady } from './ready.js';
import { xenstoreRead } from './xenstore-read.js';
import { xentop } from './xentop.js';
import { xl } from './xl.js';
import { xm } from './xm.js';
import { xorriso } from './xorriso.js';

/** @returns the exit status */
type Tool = (host: Host, argv: readonly string[]) => number | Promise<number>;

const TOOLS: Readonly<Record<string, Tool>> = { xl, xm, xorriso, xentop, 'xenstore-read': xenstoreRead };

function serve(socket: Socket, directory: string): void {
  let received = Buffer.alloc(0);
  let caller: Caller | undefined;
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    if (caller === undefined) {
      const end = received.length < 4 ? Infinity : 4 + received.readUInt32LE(0);
      if (received.length < end) return;
      caller = new Caller(socket, received.toString('utf8', 4, end));
      received = received.subarray(end);
      void answer(caller, directory);
    }
    for (let end = received.indexOf(10); end >= 0; end = received.indexOf(10)) {
      const line = received.toString('utf8', 0, end);
      received = received.subarray(end + 1);
      caller.receive(line);
    }
  });
}

async function answer(caller: Caller, directory: string): Promise<void> {
  const status = await callFor(caller, async () => {
    try {
      return await run(caller, directory);
    } catch (fault) {
      complain(`${caller.tool} (simulated): ${fault instanceof Error ? fault.stack : String(fault)}\n`);
      return 1;
    }
  });
  caller.exit(status);
}

async function run({ tool, argv }: Caller, directory: string): Promise<number> {
  const host = new Host(directory);
  if (host.stopped) {
    complain(`${tool} (simulated): this host is stopped\n`);
    return 1;
  }
  return (TOOLS[tool] ?? unknownTool)(host, argv);
}

function unknownTool(): number {
  complain('there is no simulated program of this name\n');
  return 1;
}

function main(directory: string, path: string): void {
  const host = new Host(directory);
  registerProcess(directory);
  if (host.stopped) process.exit(1);
  host.endWithIt();
  // Its process was killed.
  rmSync(path, { force: true });
  createServer((socket) => {
    serve(socket, directory);
  }).listen(path, sayReady);
}

const [directory = '', path = ''] = process.argv.slice(2);
main(directory, path);
