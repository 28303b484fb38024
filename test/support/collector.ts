import { connect, createServer } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const socketOf = (settingsFile: string): string => `${settingsFile}.gc`;

/** Collects this process's garbage for whoever connects, and tells them how many bytes are resident after it. */
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

/** @returns the resident bytes of the half with these settings, once its garbage was collected; of a house that `collects` */
export async function residentAfterCollection(settingsFile: string): Promise<number> {
  let said = '';
  for await (const bytes of connect(socketOf(settingsFile))) said += String(bytes);
  return Number(said);
}
