import { reason } from '../../wire/reason.js';
import { setMaxListeners } from 'node:events';
import { request } from '../../wire/http.js';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { CONSOLE_PROTOCOL } from '../../wire/console.js';
import type { WireRefusal } from '../../wire/operation.js';
import { readWireRefusal } from '../../wire/answers.js';
import { Patience } from '../../wire/patience.js';

/** The most bytes that are read of one answer. */
const ANSWER_LIMIT = 8 * 1024 * 1024;

/** The host did not answer, or broke the contract. */
export class HostError extends Error {
  /** True when the request certainly never arrived. */
  readonly unsent: boolean;

  constructor(message: string, unsent = false) {
    super(message);
    this.unsent = unsent;
  }
}

interface No {
  readonly ok: false;
  readonly status: number;
  readonly no: WireRefusal;
}

type Dom0Answer = { readonly ok: true; readonly body: unknown } | No;

type Streamed = { readonly ok: true; readonly response: IncomingMessage } | No;

type Upgraded = { readonly ok: true; readonly socket: Duplex; readonly head: Buffer } | No;

/**
 * HTTP over dom0's socket. Each request has its own connection: on a Unix socket that costs nothing, and none
 * goes stale.
 */
export class Dom0Client {
  readonly #socket: string;
  readonly #timeout: number;
  readonly #signal: AbortSignal;

  /**
   * @param timeout how long an answer may take while this process may run, milliseconds
   * @param signal aborts all that is under way
   */
  constructor(socket: string, timeout: number, signal: AbortSignal) {
    this.#socket = socket;
    this.#timeout = timeout;
    this.#signal = signal;
    // Each console and each request under way listens to it.
    setMaxListeners(0, signal);
  }

  /** @throws Error when no answer comes, or one that is not JSON */
  async ask(method: 'GET' | 'POST' | 'PUT', path: string, body?: object): Promise<Dom0Answer> {
    return this.#read(await this.open(method, path, body));
  }

  /** As `ask`, for an answer that is not JSON; it comes as a stream. */
  async stream(path: string): Promise<Streamed> {
    const response = await this.open('GET', path);
    if (response.statusCode === 200) return { ok: true, response };
    const answer = await this.#read(response);
    if (answer.ok) throw new HostError(`an answer with status ${response.statusCode ?? 0}`);
    return answer;
  }

  /**
   * Gives the answer as soon as it begins, for one that may not end.
   * @throws HostError
   */
  open(method: 'GET' | 'POST' | 'PUT', path: string, body?: object): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      let connected = false;
      const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
      const asked = request({
        socketPath: this.#socket,
        method,
        path,
        agent: false,
        signal: this.#signal,
        headers: {
          Host: 'dom0',
          ...(payload === undefined
            ? {}
            : { 'Content-Type': 'application/json', 'Content-Length': payload.length }),
        },
      });
      const patience = new Patience(this.#timeout, () => asked.destroy(new Error('no answer in time')));
      asked.on('socket', (socket) => socket.once('connect', () => (connected = true)));
      asked.on('response', (response) => {
        patience.stop();
        resolve(response);
      });
      asked.on('error', (fault) => {
        patience.stop();
        reject(
          connected ? new HostError(reason(fault)) : new HostError(`${this.#socket}: ${reason(fault)}`, true),
        );
      });
      asked.end(payload);
    });
  }

  /** @throws Error when no answer comes */
  upgrade(path: string): Promise<Upgraded> {
    return new Promise((resolve, reject) => {
      const asked = request({
        socketPath: this.#socket,
        path,
        agent: false,
        signal: this.#signal,
        headers: { Host: 'dom0', Connection: 'Upgrade', Upgrade: CONSOLE_PROTOCOL },
      });
      const patience = new Patience(this.#timeout, () => asked.destroy(new Error('no answer in time')));
      asked.on('upgrade', (_response, socket, head) => {
        patience.stop();
        resolve({ ok: true, socket, head });
      });
      asked.on('response', (response) => {
        patience.stop();
        this.#read(response).then((answer) => {
          if (answer.ok) reject(new HostError('the console was not upgraded'));
          else resolve(answer);
        }, reject);
      });
      asked.on('error', (fault) => {
        patience.stop();
        reject(fault);
      });
      asked.end();
    });
  }

  async #read(response: IncomingMessage): Promise<Dom0Answer> {
    const chunks: Buffer[] = [];
    let size = 0;
    const patience = new Patience(this.#timeout, () =>
      response.destroy(new Error('no whole answer in time')),
    );
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > ANSWER_LIMIT) throw new HostError(`an answer of over ${ANSWER_LIMIT} bytes`);
        chunks.push(chunk);
      }
    } finally {
      patience.stop();
    }
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return { ok: true, body };
    return { ok: false, status, no: refusalOf(body, status) };
  }
}

function refusalOf(body: unknown, status: number): WireRefusal {
  try {
    return readWireRefusal(body);
  } catch {
    throw new HostError(`it answered with status ${status}`);
  }
}
