import { setTimeout as pause } from 'node:timers/promises';
import type { GateSettings } from '../../../config/gate-settings.js';
import type { Dom0Settings } from '../../../config/dom0-settings.js';
import { askDom0 } from './dom0-answer.js';
import { youngCommandLines } from './young-processes.js';

/** Seconds that a half or a link may take from its start to its first answer. */
const YOUNG = 10;
/** Milliseconds. */
const EVERY = 200;

/** Milliseconds. */
const UP_MS = 1_000;

/** Error codes of a socket that nobody serves yet. Through a link to a host, the last two occur. */
const NOT_UP = ['ENOENT', 'ECONNREFUSED', 'EPIPE', 'ECONNRESET'];

/** A socket, and how to recognise the process that will serve it. */
export interface Served {
  readonly socket: string;
  readonly isServer: (words: readonly string[]) => boolean;
}

/** Dependencies of the wait. Times are in milliseconds. */
interface StartPorts {
  readonly isUp: (socket: string) => Promise<boolean>;
  readonly young: (seconds: number) => readonly (readonly string[])[];
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
}

const PORTS: StartPorts = { isUp, young: youngCommandLines, now: Date.now, wait: (ms) => pause(ms) };

/**
 * Waits for halves and links that have just been started and do not answer yet: `systemctl start` returns
 * before they do. It does not wait for one that is not running or has run for longer.
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

/** The sockets that this machine should serve, by settings that were read from these files. */
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
      // An argument of `ssh -L`.
      served.push({ socket, isServer: (words) => words.some((word) => word.startsWith(`${socket}:`)) });
  }
  return served;
}

async function isUp(socket: string): Promise<boolean> {
  try {
    // One that takes the question and does not answer is up. Its check says more.
    await askDom0(socket, '/contract', UP_MS);
    return true;
  } catch (error) {
    return !NOT_UP.includes((error as NodeJS.ErrnoException).code ?? '');
  }
}
