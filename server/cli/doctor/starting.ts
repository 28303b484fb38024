import { setTimeout as pause } from 'node:timers/promises';
import type { GateSettings } from '../../../config/gate-settings.js';
import type { Dom0Settings } from '../../../config/dom0-settings.js';
import { askDom0 } from './dom0-answer.js';
import { youngCommandLines } from './young-processes.js';

/** How long a half or a link may take from its start until it answers. Seconds. */
const YOUNG = 10;
/** Milliseconds. */
const EVERY = 200;

/** What the system says of a socket that nobody serves yet; a link says the last two of a host's. */
const NOT_UP = ['ENOENT', 'ECONNREFUSED', 'EPIPE', 'ECONNRESET'];

/** A socket, and the processes of which one is to serve it. */
export interface Served {
  readonly socket: string;
  readonly isServer: (words: readonly string[]) => boolean;
}

/** What the wait goes by; times are in milliseconds. */
interface StartPorts {
  readonly isUp: (socket: string) => Promise<boolean>;
  readonly young: (seconds: number) => readonly (readonly string[])[];
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
}

const PORTS: StartPorts = { isUp, young: youngCommandLines, now: Date.now, wait: (ms) => pause(ms) };

/**
 * Waits for halves and links that were started a moment ago and do not answer yet: `systemctl start` returns before they do. One that
 * does not run, or ran for longer, is not waited for.
 */
export async function awaitStarting(served: readonly Served[], ports: StartPorts = PORTS): Promise<void> {
  const until = ports.now() + YOUNG * 1000;
  for (;;) {
    const up = await Promise.all(served.map(({ socket }) => ports.isUp(socket)));
    const missed = served.filter((_, at) => up[at] !== true);
    if (missed.length === 0 || ports.now() >= until) return;
    const young = ports.young(YOUNG);
    if (!missed.some(({ isServer }) => young.some(isServer))) return;
    await ports.wait(EVERY);
  }
}

/** What is to be served on this machine by these settings, which were read from these files. */
export function servedHere(
  gate: { readonly file: string; readonly settings: GateSettings } | null,
  dom0: { readonly file: string; readonly settings: Dom0Settings } | null,
): readonly Served[] {
  const half = (name: string, file: string) => (words: readonly string[]) =>
    words.includes(name) && words.includes(file);
  const served: Served[] = [];
  if (dom0 !== null) served.push({ socket: dom0.settings.socket, isServer: half('dom0', dom0.file) });
  if (gate !== null) {
    served.push({ socket: gate.settings.controlSocket, isServer: half('gate', gate.file) });
    for (const { socket } of gate.settings.hosts)
      // What `ssh -L` is told.
      served.push({ socket, isServer: (words) => words.some((word) => word.startsWith(`${socket}:`)) });
  }
  return served;
}

async function isUp(socket: string): Promise<boolean> {
  try {
    await askDom0(socket, '/contract');
    return true;
  } catch (error) {
    return !NOT_UP.includes((error as NodeJS.ErrnoException).code ?? '');
  }
}
