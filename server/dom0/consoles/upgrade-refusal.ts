import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Refusal } from '../../../policy/refusal.js';
import { CONSOLE_PROTOCOL } from '../../wire/console.js';
import { wireRefusal } from '../toolstack/wire-refusal.js';

const STATUS_WORDS = {
  400: 'Bad Request',
  404: 'Not Found',
  409: 'Conflict',
  426: 'Upgrade Required',
  503: 'Service Unavailable',
} as const;
/** A peer that does not read its answer is disconnected after this time. */
const PATIENCE_MS = 1_000;

/** Answers a request for an upgrade, which has no response object, with a refusal. Ends the connection. */
export function refuseUpgrade(socket: Duplex, status: keyof typeof STATUS_WORDS, refused: Refusal): void {
  const body = `${JSON.stringify(wireRefusal(refused))}\n`;
  const head = [
    `HTTP/1.1 ${status} ${STATUS_WORDS[status]}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...(status === 426 ? [`upgrade: ${CONSOLE_PROTOCOL}`] : []),
    'connection: close',
  ];
  socket.on('error', () => undefined);
  if (socket instanceof Socket) socket.setTimeout(PATIENCE_MS, () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
