import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { FaultGuard } from '../../wire/fault-guard.js';
import type { Logger } from '../../wire/logger.js';
import type { WorkerStatus } from '../control/control-ports.js';
import type { HandedSocket, HandOut } from '../ssh/listener.js';
import type { Source } from '../ssh/source.js';
import type { Begin, FromWorker, ToWorker } from './messages.js';
import { isStarved } from './processor-use.js';
import { WorkerProcess } from './worker-process.js';

/** How long an answer may take. Milliseconds. */
interface Patience {
  readonly ms: number;
  /** The same for a worker that wants to work, and is hardly let. */
  readonly starvedMs: number;
  /** Processor time with which it could have answered. */
  readonly processorMs: number;
}

interface WorkerPoolParts {
  /** How many workers there are. */
  readonly count: number;
  /** Starts the process of a worker. */
  readonly spawn: () => ChildProcess;
  /** The first message to a worker that starts now. */
  readonly begin: (worker: number) => Begin;
  readonly told: (worker: WorkerProcess, message: FromWorker) => void;
  /** A worker has gone, and no other has its number yet. */
  readonly gone: (worker: WorkerProcess) => void;
  readonly onLogin: (source: Source) => void;
  readonly log: Logger;
}

/** Workers that are to start with the gate may take so long. Milliseconds. */
const START_MS = 120_000;
/**
 * A worker that has not answered after this long hangs, and is killed, whatever the host lets it do: it is told who may
 * do what. Milliseconds.
 */
const ANSWER: Patience = { ms: 10_000, starvedMs: 10_000, processorMs: 0 };
/** How often they are asked whether they live. Milliseconds. */
const LOOK_MS = 15_000;
/**
 * How long one may take to say so. On a host that does not let it work it has longer, unless it has used so much
 * processor time meanwhile. Milliseconds.
 */
const LIFE: Patience = { ms: 30_000, starvedMs: 180_000, processorMs: 10_000 };
/** How long workers may take to end their sessions. Milliseconds. */
const STOP_MS = 6_500;
/** A worker that lives shorter than this is started again after a pause that doubles each time. Milliseconds. */
const SHORT_LIFE_MS = 10_000;
const PAUSE = { first: 500, longest: 30_000 } as const;

/** The workers of a gate: starts them, starts those again that die, and shares the connections out. */
export class WorkerPool implements HandOut {
  readonly #parts: WorkerPoolParts;
  readonly #workers = new Map<number, WorkerProcess>();
  readonly #pauses = new Map<number, number>();
  readonly #restarts = new Set<NodeJS.Timeout>();
  #looks: NodeJS.Timeout | null = null;
  #changed: (() => void) | null = null;
  #stopping = false;

  constructor(parts: WorkerPoolParts) {
    this.#parts = parts;
  }

  /** @throws Error when a worker ends before all of them are ready */
  async start(): Promise<void> {
    for (let number = 1; number <= this.#parts.count; number += 1) this.#spawn(number);
    const isDone = (): boolean =>
      this.#workers.size < this.#parts.count || [...this.#workers.values()].every(({ isReady }) => isReady);
    await this.#until(isDone, START_MS);
    const ready = [...this.#workers.values()].filter(({ isReady }) => isReady).length;
    if (ready < this.#parts.count) throw new Error('a worker could not start: the lines above say why');
    const look = new FaultGuard(this.#parts.log).on('workers', () => {
      this.#look();
    });
    this.#looks = setInterval(look, LOOK_MS).unref();
  }

  /** The place of a connection at the worker that has the fewest; without any, it is closed. */
  place(socket: Socket, source: Source): HandedSocket {
    const ready = [...this.#workers.values()].filter(({ isReady }) => isReady);
    const [first] = ready.toSorted(
      (one, other) => one.load - other.load || one.lastArrivalAt - other.lastArrivalAt,
    );
    return first?.place(socket, source) ?? nowhere(socket);
  }

  /** For admins, in the order of their numbers. */
  get status(): readonly WorkerStatus[] {
    return [...this.#workers.values()]
      .toSorted((one, other) => one.number - other.number)
      .map(({ number, pid = null, load: connections, isReady }) => ({ number, pid, connections, isReady }));
  }

  /** Tells all workers, but for one. */
  tell(message: ToWorker, except: WorkerProcess | null = null): void {
    for (const worker of this.#workers.values()) if (worker !== except) worker.post(message);
  }

  tellOne(number: number, message: ToWorker): void {
    this.#workers.get(number)?.post(message);
  }

  /**
   * Has all workers that take connections do something, after all that they were told before. One that does not answer
   * in time is killed. One that is only starting reads from the store what it missed.
   *
   * @returns the sum of their answers
   */
  async ask(message: (ask: number) => ToWorker): Promise<number> {
    const ready = [...this.#workers.values()].filter(({ isReady }) => isReady);
    const answers = await Promise.all(ready.map((worker) => this.#askOne(worker, message, ANSWER)));
    return answers.reduce((sum, told) => sum + told, 0);
  }

  async #askOne(
    worker: WorkerProcess,
    message: (ask: number) => ToWorker,
    patience: Patience,
  ): Promise<number> {
    const asked = { at: performance.now(), use: worker.processorUse };
    const late = (): void => {
      const isTimeLeft = performance.now() - asked.at < patience.starvedMs;
      if (isTimeLeft && isStarved(asked.use, worker.processorUse, patience.processorMs)) {
        hangs = setTimeout(late, patience.ms);
        return;
      }
      this.#parts.log.error({ worker: worker.number, process: worker.pid }, 'worker.hung');
      worker.kill();
    };
    let hangs = setTimeout(late, patience.ms);
    try {
      return await worker.ask(message);
    } finally {
      clearTimeout(hangs);
    }
  }

  /** A worker that hangs serves nobody, and would keep the places of those it was given. */
  #look(): void {
    for (const worker of this.#workers.values())
      if (worker.isReady) void this.#askOne(worker, (ask) => ({ kind: 'ask', ask }), LIFE);
  }

  /** Has all workers end their sessions, and waits until they have gone. Twice is harmless. */
  async stop(sentence: string): Promise<void> {
    this.#stopping = true;
    if (this.#looks !== null) clearInterval(this.#looks);
    for (const restart of this.#restarts) clearTimeout(restart);
    this.tell({ kind: 'stop', sentence });
    await this.#until(() => this.#workers.size === 0, STOP_MS);
    for (const worker of this.#workers.values()) worker.kill();
    await this.#until(() => this.#workers.size === 0, STOP_MS);
  }

  #spawn(number: number): void {
    const { spawn, begin, told, log, onLogin } = this.#parts;
    const callbacks = {
      told: (worker: WorkerProcess, message: FromWorker): void => {
        if (message.kind !== 'ready') {
          told(worker, message);
          return;
        }
        log.info({ worker: worker.number, process: worker.pid }, 'worker.ready');
        this.#changed?.();
      },
      gone: (worker: WorkerProcess, how: string): void => {
        this.#gone(worker, how);
      },
    };
    const worker = new WorkerProcess(number, spawn(), callbacks, onLogin);
    this.#workers.set(number, worker);
    worker.post(begin(number));
  }

  #gone(worker: WorkerProcess, how: string): void {
    const { number, pid, startedAt } = worker;
    const { log, gone } = this.#parts;
    this.#workers.delete(number);
    if (!this.#stopping) log.error({ worker: number, process: pid, how }, 'worker.ended');
    try {
      gone(worker);
    } catch (fault) {
      log.error({ err: fault, worker: number }, 'worker.not-tidied');
    }
    this.#changed?.();
    if (this.#stopping) return;
    const isShort = performance.now() - startedAt < SHORT_LIFE_MS;
    const pause = isShort ? Math.min(PAUSE.longest, 2 * (this.#pauses.get(number) ?? PAUSE.first / 2)) : 0;
    this.#pauses.set(number, pause);
    const restart = setTimeout(() => {
      this.#restarts.delete(restart);
      this.#spawn(number);
    }, pause);
    this.#restarts.add(restart);
  }

  /** Waits until it is so, or for so many milliseconds. */
  async #until(isSo: () => boolean, ms: number): Promise<void> {
    if (isSo()) return;
    await new Promise<void>((resolve) => {
      const patience = setTimeout(resolve, ms);
      this.#changed = () => {
        if (!isSo()) return;
        clearTimeout(patience);
        resolve();
      };
    });
    this.#changed = null;
  }
}

function nowhere(socket: Socket): HandedSocket {
  return {
    destroy: () => socket.destroy(),
    hand: (callbacks) => {
      socket.destroy();
      callbacks.closed();
    },
  };
}
