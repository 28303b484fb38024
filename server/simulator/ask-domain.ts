import type { Socket } from 'node:net';
import { createConnection } from 'node:net';
import { whileCalled } from './caller.js';
import type { DomainReply, DomainRequest } from './domain-request.js';
import { onFirstLine } from './first-line.js';

/** @returns undefined when the domain is gone, or goes before it answers. */
export function askDomain(path: string, request: DomainRequest): Promise<DomainReply | undefined> {
  return whileCalled(
    new Promise((resolve) => {
      const socket = openDomain(path, request, (reply) => {
        socket.destroy();
        resolve(reply);
      });
      socket.on('close', () => {
        resolve(undefined);
      });
    }),
  );
}

/** Opens a connection that stays open after the reply. */
export function openDomain(
  path: string,
  request: DomainRequest,
  onReply: (reply: DomainReply) => void,
): Socket {
  const socket = createConnection(path);
  socket.on('error', () => socket.destroy());
  socket.write(`${JSON.stringify(request)}\n`);
  onFirstLine(socket, (line) => {
    onReply(JSON.parse(line) as DomainReply);
  });
  return socket;
}
