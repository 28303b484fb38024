import { rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer } from '../../wire/http.js';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { isRefusal } from '../../../policy/refusal.js';
import { FaultGuard } from '../../wire/fault-guard.js';
import type { FaultLogger } from '../../wire/logger.js';
import { adminActor } from './admin-actor.js';
import type { Administration } from './administration.js';
import { listenOnControlSocket } from './control-socket.js';
import { StreamedBytes, StreamedFile, Lines } from './route.js';
import type { RouteAnswer, Method } from './route.js';

/**
 * The header that names the admin. The name is only claimed: anyone who can open the socket is root or the
 * gate's own user.
 */
export const ADMIN_HEADER = 'postern-admin';

/**
 * Room for ten thousand declared customers with some keys each. Anyone who can open the socket is trusted. Bytes.
 */
const LARGEST_BODY = 16 * 1024 * 1024;

/**
 * The admin's API over the control socket, inside the gate. A refusal is answered with 409 and the Refusal as
 * JSON.
 */
export class ControlServer {
  readonly #administration: Pick<Administration, 'answer'>;
  readonly #path: string;
  readonly #log: FaultLogger;
  readonly #server: Server;
  readonly #closing = new AbortController();

  constructor(administration: Pick<Administration, 'answer'>, path: string, log: FaultLogger) {
    this.#administration = administration;
    this.#path = path;
    this.#log = log;
    const guard = new FaultGuard(log);
    this.#server = createServer({ requestTimeout: 10_000 }, (request, response) => {
      this.#serve(request, response).catch(
        guard.on('request', (error: unknown) => {
          response.destroy();
          throw error;
        }),
      );
    });
    // While it listens: accept(2) fails when no descriptors are left.
    this.#server.on('error', (error) => {
      log.error({ err: error }, 'control.connection-not-accepted');
    });
  }

  /** @throws ControlSocketError: another gate runs, the directory is open to others … */
  async listen(): Promise<void> {
    await listenOnControlSocket(this.#server, this.#path);
  }

  /** Ends the answers that go on too, and removes the socket. Twice is harmless. */
  async close(): Promise<void> {
    this.#closing.abort();
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeIdleConnections();
    const impatience = setTimeout(() => {
      this.#server.closeAllConnections();
    }, 1000);
    await closed;
    clearTimeout(impatience);
  }

  /** The one catch for admins' requests. */
  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => {
      gone.abort();
    });
    response.on('error', () => undefined);
    const signal = AbortSignal.any([gone.signal, this.#closing.signal]);
    try {
      const [path = '', query] = (request.url ?? '').split('?', 2);
      const body = await readBody(request);
      if (body === undefined) {
        sendJson(response, 400, { error: `the body must be a JSON object of at most ${LARGEST_BODY} bytes` });
        return;
      }
      const answer = await this.#administration.answer({
        method: request.method as Method,
        path,
        given: { ...Object.fromEntries(new URLSearchParams(query)), ...body },
        actor: adminActor(request.headers[ADMIN_HEADER]),
        signal,
      });
      await send(response, answer, signal);
    } catch (error) {
      if (signal.aborted) {
        response.destroy();
        return;
      }
      this.#log.error(
        { err: error, method: request.method, url: request.url?.slice(0, 200) },
        'control.request-failed',
      );
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, { error: 'the gate could not do this: see its log' });
    }
  }
}

/** @returns undefined when the body is not a JSON object, or is too large */
async function readBody(request: IncomingMessage): Promise<Record<string, unknown> | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) return undefined;
    chunks.push(chunk);
  }
  if (size === 0) return {};
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

async function send(response: ServerResponse, answer: RouteAnswer, signal: AbortSignal): Promise<void> {
  if (answer instanceof Lines) {
    response.writeHead(200, { 'content-type': 'application/jsonl' });
    response.flushHeaders();
    for await (const line of answer.lines) {
      if (!response.write(`${JSON.stringify(line)}\n`)) await once(response, 'drain', { signal });
    }
    response.end();
  } else if (answer instanceof StreamedFile) {
    const file = await open(answer.file);
    // Removed from the directory before the first byte is sent: whatever happens now, no copy stays.
    rmSync(answer.file, { force: true });
    const { size } = await file.stat();
    await sendBytes(response, new StreamedBytes(size, file.createReadStream()));
  } else if (answer instanceof StreamedBytes) {
    await sendBytes(response, answer);
  } else {
    sendJson(response, isRefusal(answer) ? 409 : 200, answer);
  }
}

async function sendBytes(response: ServerResponse, { length, stream }: StreamedBytes): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': length });
  await pipeline(stream, response);
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  const body = `${JSON.stringify(value)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
