import { reason } from '../../wire/reason.js';
import { request } from '../../wire/http.js';
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { ADMIN_HEADER } from './control-server.js';
import type { Method } from './route.js';

/** The gate cannot be asked. `code` is the system's (`ENOENT`, `ECONNREFUSED`, `EACCES` …). */
export class ControlUnreachableError extends Error {
  override readonly name = 'ControlUnreachableError';
  readonly code: string;

  constructor(path: string, error: NodeJS.ErrnoException) {
    super(`the gate does not answer on ${path}: ${reason(error)}`, { cause: error });
    this.code = error.code ?? '';
  }
}

/** A fault of the gate, or an answer that was not understood. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
}

/** Asks a running gate over its control socket. */
export class ControlClient {
  readonly #path: string;
  readonly #admin: string;

  /** @param admin the name of the admin who asks, for the audit log */
  constructor(path: string, admin: string) {
    this.#path = path;
    this.#admin = admin;
  }

  /**
   * @param path its parts are percent-encoded
   * @returns the answer's JSON, or the refusal
   * @throws ControlUnreachableError, ControlError
   */
  async ask(method: Method, path: string, given: object = {}): Promise<object | Refusal> {
    const response = await this.#send(method, path, given);
    return understood(response, await textOf(response));
  }

  /** As `ask`, for an answer that goes on: one value a line, until the signal or the gate ends it. */
  async lines(path: string, signal: AbortSignal): Promise<AsyncGenerator<object> | Refusal> {
    const response = await this.#send('GET', path, {}, signal);
    return response.headers['content-type'] === 'application/jsonl'
      ? readLines(response, signal)
      : refusedBy(response);
  }

  /** As `ask`, for an answer that is a file's bytes. */
  async bytes(method: Method, path: string, given: object): Promise<IncomingMessage | Refusal> {
    const response = await this.#send(method, path, given);
    return response.headers['content-type'] === 'application/octet-stream' ? response : refusedBy(response);
  }

  #send(method: Method, path: string, given: object, signal?: AbortSignal): Promise<IncomingMessage> {
    const body = Buffer.from(method === 'GET' ? '' : JSON.stringify(given));
    const headers = { host: 'gate', [ADMIN_HEADER]: this.#admin, 'content-length': body.length };
    const options = {
      socketPath: this.#path,
      method,
      path,
      headers,
      agent: false,
      ...(signal === undefined ? {} : { signal }),
    };
    return new Promise((resolve, reject) => {
      request(options)
        .once('response', resolve)
        .once('error', (error) => {
          reject(new ControlUnreachableError(this.#path, error));
        })
        .end(body);
    });
  }
}

async function* readLines(response: IncomingMessage, signal: AbortSignal): AsyncGenerator<object> {
  try {
    for await (const line of createInterface({ input: response, crlfDelay: Infinity }))
      yield JSON.parse(line) as object;
  } catch (error) {
    if (!signal.aborted) throw new ControlError('the gate has gone', { cause: error });
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response as AsyncIterable<string>) text += chunk;
  return text;
}

async function refusedBy(response: IncomingMessage): Promise<Refusal> {
  const value = understood(response, await textOf(response));
  if (isRefusal(value)) return value;
  throw new ControlError('the gate answered something else than was asked for');
}

function understood(response: IncomingMessage, text: string): object | Refusal {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null)
    throw new ControlError('the gate gave an answer that is not JSON');
  if (isRefusal(value) || response.statusCode === 200) return value;
  throw new ControlError(
    'error' in value ? String(value.error) : `the gate answered with status ${response.statusCode ?? 0}`,
  );
}
