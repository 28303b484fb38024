import { rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const socketOf = (settingsFile: string): string => `${settingsFile}.gc`;

/** A half after it has collected its garbage. Bytes, and milliseconds of delay of its event loop. */
export interface Collected {
  readonly resident: number;
  readonly heap: number;
  /** Since the collection before; the first time, nothing. */
  readonly delay: { readonly p99: number; readonly worst: number };
}

/** Listens on a socket. Each connection makes this process collect its garbage, and tells what is left. */
export function offerCollection(settingsFile: string): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // A half that was killed has left it.
  rmSync(socketOf(settingsFile), { force: true });
  const delays = monitorEventLoopDelay({ resolution: 20 });
  createServer((socket) => {
    const delay = { p99: delays.percentile(99) / 1e6, worst: delays.max / 1e6 };
    collect();
    delays.enable();
    delays.reset();
    const { rss: resident, heapUsed, external } = process.memoryUsage();
    socket.end(JSON.stringify({ resident, heap: heapUsed + external, delay } satisfies Collected));
  })
    .listen(socketOf(settingsFile))
    .unref();
}

/** Has the half with these settings collect its garbage; the house must have `collects`. */
export async function collected(settingsFile: string): Promise<Collected> {
  let said = '';
  for await (const bytes of connect(socketOf(settingsFile))) said += String(bytes);
  return JSON.parse(said) as Collected;
}

/** @returns the resident bytes of the half with these settings after a collection */
export async function residentAfterCollection(settingsFile: string): Promise<number> {
  return (await collected(settingsFile)).resident;
}
