import { request } from '../../wire/http.js';
import type { Duplex } from 'node:stream';
import { isRefusal } from '../../../policy/refusal.js';
import { CONSOLE_PROTOCOL, FRAME_BYTES, FRAME_LIMIT, PING_INTERVAL_MS } from '../../wire/console.js';
import type { ConsoleNote, ConsoleRequest } from '../../wire/console.js';
import { bytesFrame, FrameError, FrameReader, noteFrame } from '../../wire/frames.js';
import { CliError } from '../command/exit-status.js';
import { dom0SocketPath } from '../installation/dom0-socket-path.js';
import { readOrRefuse } from '../../wire/answer-fields.js';
import { readConsoleNote } from '../../wire/console-note.js';
import { readContract } from '../../wire/contract-answer.js';
import { askDom0, refusedBy, unreachable } from './dom0-socket.js';

/** Receives what a console sends. */
interface ConsoleCallbacks {
  /** The guest's bytes. Call `taken` when they have been written. */
  bytes(data: Buffer, taken: () => void): void;
  note(note: ConsoleNote): void;
  /** Called once, as the last. */
  closed(reason: string): void;
}

interface ConsoleConnectionOptions {
  readonly domain: string;
  readonly mode: 'write' | 'watch';
  readonly takeover: boolean;
  readonly columns: number;
  readonly rows: number;
  /** The admin's name on this machine. */
  readonly admin: string;
}

/** One attachment to a console, directly over dom0's socket. */
export class ConsoleConnection {
  readonly #socket: Duplex;
  readonly #head: Buffer;
  readonly #frames = new FrameReader();
  #callbacks: ConsoleCallbacks | undefined;
  #pings: NodeJS.Timeout | undefined;
  #unanswered = 0;

  /** Use `open`. */
  constructor(socket: Duplex, head: Buffer) {
    this.#socket = socket;
    this.#head = head;
    socket.pause();
    socket.on('error', () => undefined);
  }

  /** @throws CliError when dom0 does not answer or refuses */
  static async open(path: string, options: ConsoleConnectionOptions): Promise<ConsoleConnection> {
    const query = new URLSearchParams({
      mode: options.mode,
      cols: String(options.columns),
      rows: String(options.rows),
      label: `admin ${options.admin}`,
      admin: options.admin,
      ...(options.takeover ? { takeover: '1' } : {}),
    });
    const url = `/domains/${encodeURIComponent(options.domain)}/console?${query.toString()}`;
    const asked = request({
      socketPath: await dom0SocketPath(path),
      path: url,
      agent: false,
      headers: { connection: 'Upgrade', upgrade: CONSOLE_PROTOCOL },
    });
    return new Promise((resolve, reject) => {
      asked.once('upgrade', (_response, socket: Duplex, head: Buffer) => {
        resolve(new ConsoleConnection(socket, head));
      });
      asked.once('response', (response) => {
        refusedBy(response).then(reject, reject);
      });
      asked.once('error', (error) => {
        reject(unreachable(path, error));
      });
      asked.end();
    });
  }

  /** Starts reading. Call it once. */
  listen(callbacks: ConsoleCallbacks): void {
    this.#callbacks = callbacks;
    this.#pings = setInterval(() => {
      this.#ping();
    }, PING_INTERVAL_MS);
    this.#socket.on('data', (chunk: Buffer) => {
      this.#take(chunk);
    });
    this.#socket.once('close', () => {
      this.#end('the connection to dom0 is lost');
    });
    if (this.#head.length > 0) this.#take(this.#head);
    this.#socket.resume();
  }

  /**
   * Sends bytes to the guest.
   *
   * @returns false when the caller should wait for `onDrain` before sending more
   */
  write(data: Buffer): boolean {
    let room = true;
    for (let from = 0; from < data.length; from += FRAME_LIMIT) {
      room = this.#socket.write(bytesFrame(data.subarray(from, from + FRAME_LIMIT)));
    }
    return room;
  }

  onDrain(listener: () => void): void {
    this.#socket.once('drain', listener);
  }

  tell(note: ConsoleRequest): void {
    if (this.#socket.writable) this.#socket.write(noteFrame(note));
  }

  /** Calling it twice is harmless. */
  close(): void {
    this.#callbacks = undefined;
    clearInterval(this.#pings);
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    try {
      for (const { kind, body } of this.#frames.push(chunk)) {
        if (kind === FRAME_BYTES) {
          this.#callbacks?.bytes(body, () => {
            this.tell({ note: 'credit', bytes: body.length });
          });
        } else this.#heard(body);
      }
    } catch (error) {
      if (!(error instanceof FrameError || error instanceof SyntaxError)) throw error;
      this.#end(`dom0 broke the protocol: ${error.message}`);
    }
  }

  #heard(body: Buffer): void {
    const note = readOrRefuse(readConsoleNote, JSON.parse(body.toString('utf8')));
    if (note === undefined || isRefusal(note)) return;
    if (note.note === 'ping') this.tell({ note: 'pong' });
    else if (note.note === 'pong') this.#unanswered = 0;
    else this.#callbacks?.note(note);
  }

  #ping(): void {
    if (this.#unanswered >= 2) {
      this.#end('dom0 does not answer any more');
      return;
    }
    this.#unanswered += 1;
    this.tell({ note: 'ping' });
  }

  #end(reason: string): void {
    const callbacks = this.#callbacks;
    this.close();
    callbacks?.closed(reason);
  }
}

/** Whether this host can pass Ctrl-] to the guest. @throws CliError when dom0 does not answer */
export async function passesEscape(path: string): Promise<boolean> {
  const contract = readOrRefuse(readContract, await askDom0(path, 'GET', '/contract'));
  if (isRefusal(contract))
    throw new CliError(`the dom0 half on ${path} speaks another version: ${contract.detail}`);
  return contract.console.passesEscape;
}
