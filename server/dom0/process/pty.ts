import { openSync, readSync, writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { spawn } from 'node-pty';
import type { IPty } from 'node-pty';
import { readShared } from '../../wire/shared-read.js';
import { PtyInput } from './pty-input.js';
import { ReadBatch } from './read-batch.js';

/** The command to run on a pty: argv, an absolute path, and the whole environment. */
export interface PtyCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

export interface PtyExit {
  readonly code: number;
  /** The signal's number; 0 when the process ended by itself. */
  readonly signal: number;
}

export interface PtyListener {
  /**
   * The bytes are valid until this returns: copy what you keep. The kernel gives at most 4 KiB in one turn of
   * the event loop; a flood comes in pieces of up to 32 KiB, a millisecond late at most.
   */
  data(bytes: Buffer): void;
  /** Called once, after the last data. */
  exit(exit: PtyExit): void;
  /** Called after refused input, when there is room again. */
  drain(): void;
}

const FIRST_RETRY_MS = 1;
const LAST_RETRY_MS = 50;
const KILL_AFTER_MS = 1_000;
/** How much a paused stream may still read ahead; Node's own bound is four times as much. */
const PAUSED_BYTES = 12 * 1024;
const DRAIN_CHUNK = 4 * 1024;
const DRAIN_CHUNKS = 256;

const alive = new Set<Pty>();
let devNull: number | undefined;

/**
 * The descriptors that a process started now would inherit: forkpty(3) sets no close-on-exec on the master,
 * and Node cannot. A daemon that keeps one (`xl create` leaves one per domain) keeps a console's client and
 * its lock alive after us: start it with `withoutInherited(stdio)`.
 */
export function inheritedDescriptors(): number[] {
  return [...alive].flatMap((pty) => pty.descriptor ?? []);
}

/**
 * @param stdio child_process.spawn's, for the first descriptors
 * @returns the same, with /dev/null in place of every descriptor that would be inherited
 */
export function withoutInherited<T>(stdio: readonly T[]): (T | number | 'ignore')[] {
  const inherited = inheritedDescriptors().filter((fd) => fd >= stdio.length);
  if (inherited.length === 0) return [...stdio];
  devNull ??= openSync('/dev/null', 'r+');
  const blanked = new Array<T | number | 'ignore'>(Math.max(...inherited) + 1).fill('ignore');
  for (const fd of inherited) blanked[fd] = devNull;
  return [...stdio, ...blanked.slice(stdio.length)];
}

/**
 * A process on a pty, read and written as bytes.
 *
 * It never uses node-pty's own `write()`. That queues by the descriptor's *number*: when the
 * process ends, the rest of the queue is typed into the next pty with that number. It also spins
 * while the process does not read.
 */
export class Pty {
  readonly pid: number;
  /** The terminal's path, as the process sees it. */
  readonly tty: string;
  readonly #pty: IPty;
  readonly #socket: ReadStream;
  readonly #fd: number;
  readonly #listener: PtyListener;
  readonly #input = new PtyInput();
  readonly #output: ReadBatch;
  #inputOpen = false;
  #refused = false;
  #retry: NodeJS.Timeout | undefined;
  #retryMs = FIRST_RETRY_MS;
  #kill: NodeJS.Timeout | undefined;
  #ended = false;

  /** @throws Error when no pty is available. A missing program shows as exit 1 with a text on the pty. */
  constructor(command: PtyCommand, cols: number, rows: number, listener: PtyListener) {
    const env = { ...command.env };
    const options = { cols, rows, env, cwd: command.cwd, encoding: null, name: env['TERM'] ?? 'xterm' };
    this.#pty = spawn(command.file, [...command.args], options);
    this.#listener = listener;
    const { fd, socket, tty } = insideOf(this.#pty);
    this.#fd = fd;
    this.#socket = socket;
    this.tty = tty;
    this.pid = this.#pty.pid;
    alive.add(this);
    bufferAtMost(socket, PAUSED_BYTES);
    drainBeforeDestroy(socket, () => {
      this.#drain();
    });
    // node-pty throws an error that has no second listener.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.#stopInput();
    });
    this.#output = new ReadBatch((bytes) => {
      listener.data(bytes);
    });
    const read = (bytes: Buffer): void => {
      this.#output.push(bytes);
    };
    if (!readShared(socket, read))
      this.#pty.onData((bytes) => {
        read(bytes as unknown as Buffer);
      });
    this.#pty.onExit(({ exitCode, signal }) => {
      this.#output.end();
      this.#ended = true;
      this.#stopInput();
      clearTimeout(this.#kill);
      alive.delete(this);
      listener.exit({ code: exitCode, signal: signal ?? 0 });
    });
  }

  /**
   * The master's descriptor; undefined once it is closed, because the number may be another pty's by then.
   */
  get descriptor(): number | undefined {
    return handleOf(this.#socket)?.fd === this.#fd ? this.#fd : undefined;
  }

  /**
   * Lets input through. Until the process has made its terminal raw, input must wait, or the terminal
   * would echo and interpret it.
   */
  openInput(): void {
    this.#inputOpen = true;
    this.#flush();
  }

  /**
   * @returns how many bytes were taken; wait for `drain` with the rest. After the pty has ended
   *   all are taken, and lost.
   */
  write(bytes: Buffer): number {
    if (this.descriptor === undefined || this.#ended) return bytes.length;
    const direct = this.#inputOpen && this.#input.length === 0 ? this.#writeNow(bytes) : 0;
    const taken = direct + this.#input.push(bytes.subarray(direct));
    if (this.#input.length > 0) this.#flushLater();
    this.#refused ||= taken < bytes.length;
    return taken;
  }

  pause(): void {
    if (this.#ended) return;
    this.#output.hold();
    this.#pty.pause();
  }

  resume(): void {
    if (this.#ended) return;
    this.#output.release();
    this.#pty.resume();
  }

  resize(cols: number, rows: number): void {
    if (this.descriptor === undefined || this.#ended) return;
    try {
      this.#pty.resize(cols, rows);
    } catch {
      // The process ended under us; its exit is on the way.
    }
  }

  /** Ends the process with SIGHUP, and with SIGKILL a second later. `exit` still comes. */
  close(): void {
    if (this.#ended || this.#kill !== undefined) return;
    this.#stopInput();
    this.resume();
    this.#pty.kill('SIGHUP');
    this.#kill = setTimeout(() => {
      if (!this.#ended) this.#pty.kill('SIGKILL');
    }, KILL_AFTER_MS);
  }

  #flush(): void {
    this.#retry = undefined;
    if (!this.#inputOpen || this.#input.length === 0) return;
    const written = this.#writeNow(this.#input.waiting());
    this.#input.drop(written);
    this.#retryMs = written > 0 ? FIRST_RETRY_MS : Math.min(2 * this.#retryMs, LAST_RETRY_MS);
    if (this.#input.length > 0) this.#flushLater();
    if (!this.#refused || written === 0) return;
    this.#refused = false;
    this.#listener.drain();
  }

  #flushLater(): void {
    if (!this.#inputOpen) return;
    this.#retry ??= setTimeout(() => {
      this.#flush();
    }, this.#retryMs);
  }

  /** Writes what the terminal takes at once. Checks each time that the descriptor is still this pty's. */
  #writeNow(bytes: Buffer): number {
    let written = 0;
    while (written < bytes.length) {
      const fd = this.descriptor;
      if (fd === undefined || this.#ended) {
        this.#stopInput();
        return bytes.length;
      }
      try {
        const n = writeSync(fd, bytes, written, bytes.length - written);
        if (n === 0) break;
        written += n;
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (code === 'EAGAIN' || code === 'EINTR') break;
        this.#stopInput();
        return bytes.length;
      }
    }
    return written;
  }

  #stopInput(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#inputOpen = false;
    this.#input.drop(this.#input.length);
  }

  /** Reads the process's last output: node-pty closes 200 ms after an exit, even if unread. */
  #drain(): void {
    while (this.#socket.read() !== null);
    this.#output.end();
    for (let i = 0; i < DRAIN_CHUNKS; i++) {
      const fd = this.descriptor;
      if (fd === undefined) return;
      const chunk = Buffer.allocUnsafe(DRAIN_CHUNK);
      let n = 0;
      try {
        n = readSync(fd, chunk);
      } catch {
        return;
      }
      if (n === 0) return;
      this.#listener.data(chunk.subarray(0, n));
    }
  }
}

function bufferAtMost(socket: ReadStream, bytes: number): void {
  const state = (socket as unknown as { _readableState?: { highWaterMark?: number } })._readableState;
  if (state?.highWaterMark !== undefined) state.highWaterMark = bytes;
}

function drainBeforeDestroy(socket: ReadStream, drain: () => void): void {
  const destroy = socket.destroy.bind(socket);
  socket.destroy = (error) => {
    if (!socket.destroyed) drain();
    return destroy(error);
  };
}

function handleOf(socket: ReadStream): { fd?: unknown } | null | undefined {
  return (socket as unknown as { _handle?: { fd?: unknown } | null })._handle;
}

/** The private parts of node-pty 1.1 that the guards above need. */
function insideOf(pty: IPty): { fd: number; socket: ReadStream; tty: string } {
  const {
    _fd: fd,
    _socket: socket,
    _pty: tty,
  } = pty as unknown as Record<'_fd' | '_socket' | '_pty', unknown>;
  const known = typeof fd === 'number' && socket instanceof ReadStream && typeof tty === 'string';
  if (known && handleOf(socket)?.fd === fd) return { fd, socket, tty };
  pty.kill('SIGKILL');
  throw new Error(
    'node-pty does not show the descriptor of its pty: this release is made for node-pty 1.1.0',
  );
}
