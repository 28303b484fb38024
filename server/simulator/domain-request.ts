import type { Socket } from 'node:net';
import { createConnection } from 'node:net';
import type { ShutdownReason } from './guest/shutdown-reason.js';

/** A request of an `xl` command to a domain's process: one line of JSON, answered by one line. */
export type DomainRequest =
  | { readonly ask: 'pause' | 'unpause' | 'destroy' }
  /** Building is finished. */
  | { readonly ask: 'built' }
  /** Answered when the guest acknowledges, which may be never. */
  | { readonly ask: 'shutdown'; readonly reboot: boolean }
  /** The emulated power button; the guest need not answer. */
  | { readonly ask: 'power-button' }
  | { readonly ask: 'sysrq'; readonly key: string }
  | { readonly ask: 'rename'; readonly name: string }
  /** Answered when the domain has shut down. */
  | { readonly ask: 'wait' }
  /**
   * Answered `locked`, or `attached` and then raw bytes both ways. `shares`: without
   * a lock, as before Xen 4.6.
   */
  | { readonly ask: 'console'; readonly shares?: boolean };

export interface DomainReply {
  readonly answer: 'done' | 'locked' | 'attached';
  readonly reason?: ShutdownReason;
}

/** @returns undefined when the domain is gone, or goes before it answers. */
export function askDomain(path: string, request: DomainRequest): Promise<DomainReply | undefined> {
  return new Promise((resolve) => {
    const socket = openDomain(path, request, (reply) => {
      socket.destroy();
      resolve(reply);
    });
    socket.on('close', () => {
      resolve(undefined);
    });
  });
}

/** Opens a connection that stays open after the reply. Bytes that came with the reply are put back. */
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

/** Passes on the first line and leaves the socket paused, with the bytes after the line put back. */
export function onFirstLine(socket: Socket, onLine: (line: string) => void): void {
  let received = Buffer.alloc(0);
  const read = (chunk: Buffer): void => {
    received = Buffer.concat([received, chunk]);
    const end = received.indexOf(10);
    if (end < 0) return;
    socket.off('data', read);
    socket.pause();
    const rest = received.subarray(end + 1);
    if (rest.length > 0) socket.unshift(rest);
    onLine(received.subarray(0, end).toString());
  };
  socket.on('data', read);
}
