import type { ChildProcess, Serializable } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Source } from '../ssh/source.js';
import type { HandedSocket } from '../ssh/listener.js';
import type { Batch, FromWorker, ToWorker } from './messages.js';
import { Outbox } from './outbox.js';
import { processorUse } from './processor-use.js';
import type { ProcessorUse } from './processor-use.js';

interface WorkerCallbacks {
  /** What the worker tells, but for answers and what becomes of its connections. */
  told(worker: WorkerProcess, message: FromWorker): void;
  /** It has gone: all that it told was heard before. */
  gone(worker: WorkerProcess, how: string): void;
}

interface Entry {
  readonly source: Source;
  loggedIn(): void;
  closed(): void;
}

/** One worker, as the coordinator knows it. */
export class WorkerProcess {
  readonly number: number;
  readonly startedAt = performance.now();
  /** The recordings that it writes. */
  readonly recordings = new Set<string>();
  readonly #child: ChildProcess;
  readonly #outbox: Outbox<ToWorker>;
  readonly #callbacks: WorkerCallbacks;
  readonly #onLogin: (source: Source) => void;
  readonly #connections = new Map<number, Entry>();
  readonly #asked = new Map<number, (told: number) => void>();
  #isReady = false;
  #isGone = false;
  #lastArrival = 0;
  #lastArrivalAt = 0;
  #lastAsk = 0;

  /** @param onLogin hears when somebody from there has logged in */
  constructor(
    number: number,
    child: ChildProcess,
    callbacks: WorkerCallbacks,
    onLogin: (source: Source) => void,
  ) {
    this.number = number;
    this.#child = child;
    this.#callbacks = callbacks;
    this.#onLogin = onLogin;
    this.#outbox = new Outbox<ToWorker>({
      get connected() {
        return child.connected;
      },
      send: (message, handle, callback) => child.send(message as Serializable, handle, callback),
    });
    this.#watch();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Null when it has ended. */
  get processorUse(): ProcessorUse | null {
    return this.pid === undefined ? null : processorUse(this.pid);
  }

  /** Whether it takes connections. */
  get isReady(): boolean {
    return this.#isReady && !this.#isGone;
  }

  /** How many connections it has. */
  get load(): number {
    return this.#connections.size;
  }

  /** When it last got a connection. Milliseconds of a clock that never goes back. */
  get lastArrivalAt(): number {
    return this.#lastArrivalAt;
  }

  post(message: ToWorker): void {
    this.#outbox.post(message);
  }

  /** Has it do something, after all that it was told before. @returns its answer; 0 when it has gone */
  ask(message: (ask: number) => ToWorker): Promise<number> {
    if (this.#isGone) return Promise.resolve(0);
    this.#lastAsk += 1;
    const ask = this.#lastAsk;
    return new Promise((resolve) => {
      this.#asked.set(ask, resolve);
      this.#outbox.post(message(ask));
    });
  }

  /** A place for a connection that it is to serve. */
  place(socket: Socket, source: Source): HandedSocket {
    this.#lastArrival += 1;
    this.#lastArrivalAt = performance.now();
    const arrival = this.#lastArrival;
    return {
      destroy: () => {
        if (this.#connections.has(arrival)) this.#outbox.post({ kind: 'drop', arrival });
        else socket.destroy();
      },
      hand: (callbacks) => {
        this.#connections.set(arrival, { source, ...callbacks });
        this.#outbox.hand({ kind: 'arrival', arrival, address: source.address }, socket, () => {
          socket.destroy();
          this.#left(arrival);
        });
      },
    };
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #watch(): void {
    const child = this.#child;
    let how: string | null = null;
    const gone = (): void => {
      if (this.#isGone || how === null || child.connected) return;
      this.#isGone = true;
      for (const arrival of [...this.#connections.keys()]) this.#left(arrival);
      for (const answer of this.#asked.values()) answer(0);
      this.#asked.clear();
      this.#callbacks.gone(this, how);
    };
    child.on('message', (batch: Batch<FromWorker>) => {
      for (const message of batch) this.#heard(message);
    });
    child.on('error', (error) => {
      // A process that could not even be started has no exit.
      if (child.pid === undefined) how = error.message;
      gone();
    });
    child.once('exit', (status, signal) => {
      how = signal ?? `status ${status ?? 0}`;
      gone();
    });
    child.once('disconnect', () => {
      // Without its coordinator it ends by itself; one that hangs does not.
      if (how === null) setTimeout(() => child.kill('SIGKILL'), DISCONNECTED_MS).unref();
      gone();
    });
  }

  #heard(message: FromWorker): void {
    switch (message.kind) {
      case 'ready':
        this.#isReady = true;
        break;
      case 'logged-in': {
        const entry = this.#connections.get(message.arrival);
        if (entry === undefined) return;
        entry.loggedIn();
        this.#onLogin(entry.source);
        return;
      }
      case 'left':
        this.#left(message.arrival);
        return;
      case 'answer':
        this.#asked.get(message.ask)?.(message.told);
        this.#asked.delete(message.ask);
        return;
      case 'recording':
        if (message.runs) this.recordings.add(message.recording);
        else this.recordings.delete(message.recording);
        break;
      default:
    }
    this.#callbacks.told(this, message);
  }

  #left(arrival: number): void {
    const entry = this.#connections.get(arrival);
    this.#connections.delete(arrival);
    entry?.closed();
  }
}

/** How long a worker without its coordinator may take to end. Milliseconds. */
const DISCONNECTED_MS = 10_000;
