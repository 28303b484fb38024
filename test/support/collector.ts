import { connect, createServer } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const socketOf = (settingsFile: string): string => `${settingsFile}.gc`;

/**
 * Listens on a socket. Each connection makes this process collect its garbage, and gets the resident bytes
 * after it.
 */
export function offerCollection(settingsFile: string): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  createServer((socket) => {
    collect();
    socket.end(String(process.memoryUsage.rss()));
  })
    .listen(socketOf(settingsFile))
    .unref();
}

/**
 * @returns the resident bytes of the half with these settings after a collection; the house must have
 * `collects`
 */
export async function residentAfterCollection(settingsFile: string): Promise<number> {
  let said = '';
  for await (const bytes of connect(socketOf(settingsFile))) said += String(bytes);
  return Number(said);
}
