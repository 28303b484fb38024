import { AsyncLocalStorage } from 'node:async_hooks';
import type { Socket } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import type { DomainReply, DomainRequest } from './domain-request.js';
import type { ProcessIdentity } from './process-identity.js';
import { identityOf } from './process-identity.js';

/** The line by which a domain lets a console in. */
const WELCOME = JSON.stringify({ answer: 'attached' } satisfies DomainReply);

/**
 * The process of a user who started a tool: a copy of tool.c. It has sent its arguments, and does what it is told by
 * frames: a letter, four bytes of length and the bytes.
 *
 * - `o`, `e`: writes the bytes to its output, or its errors
 * - `j`: joins its terminal to a console; the bytes are three texts, and it answers with the domain's reply, as a line.
 *   When it has left the console again, it sends `ended`
 * - `s`: stops itself, and sends `continued` when somebody has it go on
 * - `x`: exits with the status of one byte
 */
export class Caller {
  readonly tool: string;
  readonly argv: readonly string[];
  readonly identity: ProcessIdentity;
  /** The step of a migration at which it stops itself, or empty. */
  readonly stopsAt: string;
  readonly #directory: string;
  readonly #socket: Socket;
  readonly #lines: string[] = [];
  #onLine: ((line: string) => void) | undefined;

  /** @param request what it sent first: texts that each end with a zero byte */
  constructor(socket: Socket, request: string) {
    const [tool = '', pid = '', directory = '/', stopsAt = '', ...argv] = request.split('\0').slice(0, -1);
    this.tool = tool;
    this.identity = identityOf(Number(pid));
    this.#directory = directory;
    this.stopsAt = stopsAt;
    this.argv = argv;
    this.#socket = socket;
  }

  /** Whether the process has ended, so that nobody goes on with its work. */
  get isGone(): boolean {
    return this.#socket.destroyed;
  }

  /** Takes a line that the process sent. */
  receive(line: string): void {
    const take = this.#onLine;
    this.#onLine = undefined;
    if (take === undefined) this.#lines.push(line);
    else take(line);
  }

  /** A path as the process means it. */
  path(path: string): string {
    const own = `/proc/${this.identity.pid}`;
    const named = path.replace(/^\/dev\/stdin$/, '/dev/fd/0').replace(/^\/dev\/fd\//, '/proc/self/fd/');
    return resolve(this.#directory, named.replace(/^\/proc\/self(?=\/)/, own));
  }

  write(descriptor: 1 | 2, bytes: string | Uint8Array): void {
    this.#send(descriptor === 1 ? 'o' : 'e', bytes);
  }

  /** Joins its terminal to a console. The first promise has the domain's answer, the second the console's end. */
  async join(path: string, request: DomainRequest): Promise<{ reply?: DomainReply; ended: Promise<void> }> {
    this.#send('j', `${path}\0${JSON.stringify(request)}\0${WELCOME}\0`);
    const line = await this.#nextLine();
    if (line === '') return { ended: Promise.resolve() };
    const reply = JSON.parse(line) as DomainReply;
    return { reply, ended: line === WELCOME ? this.#nextLine().then(() => undefined) : Promise.resolve() };
  }

  /** Stops the process until SIGCONT. */
  async stop(): Promise<void> {
    this.#send('s', '');
    await this.#nextLine();
  }

  exit(status: number): void {
    this.#send('x', Uint8Array.of(status));
    this.#socket.end();
  }

  #send(kind: string, bytes: string | Uint8Array): void {
    if (this.isGone) return;
    const body = Buffer.from(bytes as string);
    const head = Buffer.alloc(5, kind);
    head.writeUInt32LE(body.length, 1);
    this.#socket.write(Buffer.concat([head, body]));
  }

  /** Never resolves when the process has ended. */
  async #nextLine(): Promise<string> {
    const line = this.#lines.shift();
    return line ?? new Promise((resolve) => (this.#onLine = resolve));
  }
}

const CALLERS = new AsyncLocalStorage<Caller>();

/** Runs the work of a tool's caller: there, {@link caller} is this one. */
export function callFor<T>(one: Caller, work: () => T): T {
  return CALLERS.run(one, work);
}

/** The process whose work this is. */
export function caller(): Caller {
  const one = CALLERS.getStore();
  if (one === undefined) throw new Error('nobody called');
  return one;
}

/**
 * What the work resolves to, or never anything when its caller has ended meanwhile. So a killed `xl` does nothing more.
 */
export async function whileCalled<T>(work: Promise<T>): Promise<T> {
  const value = await work;
  return caller().isGone ? new Promise(() => undefined) : value;
}

/** Waits for milliseconds of real time, as {@link whileCalled}. */
export async function sleep(milliseconds: number): Promise<void> {
  return whileCalled(wait(milliseconds));
}
