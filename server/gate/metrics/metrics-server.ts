import { once } from 'node:events';
import { chmodSync, lstatSync, rmSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { FaultGuard } from '../../wire/fault-guard.js';
import { createServer } from '../../wire/http.js';
import type { FaultLogger } from '../../wire/logger.js';
import type { ListenAddress } from '../ssh/listener.js';

/** The numbers cannot be served: one clear sentence. */
export class MetricsError extends Error {
  override readonly name = 'MetricsError';
}

/** What is served. */
interface Served {
  readonly contentType: string;
  text(): Promise<string>;
}

/** Scrapers are few. */
const MOST_CONNECTIONS = 8;

/**
 * Serves the numbers at `GET /metrics` to programs on this machine. Scrapes at once share one answer. Whatever is
 * wrong here, the gate goes on.
 */
export class MetricsServer {
  readonly #served: Served;
  readonly #where: ListenAddress | string;
  readonly #server: Server;
  #answer: Promise<string> | null = null;

  /** @param where a path is a Unix socket's */
  constructor(served: Served, where: ListenAddress | string, log: FaultLogger) {
    this.#served = served;
    this.#where = where;
    const guard = new FaultGuard(log);
    this.#server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (request, response) => {
      this.#serve(request, response).catch(
        guard.on('metrics', (error: unknown) => {
          response.destroy();
          throw error;
        }),
      );
    });
    this.#server.maxConnections = MOST_CONNECTIONS;
    this.#server.on('error', (error) => {
      log.error({ err: error }, 'metrics.connection-not-accepted');
    });
  }

  /** @returns the port; null for a Unix socket. @throws MetricsError */
  async listen(): Promise<number | null> {
    const where = this.#where;
    if (typeof where === 'string' && lstatSync(where, { throwIfNoEntry: false })?.isSocket() === true)
      rmSync(where);
    this.#server.listen(typeof where === 'string' ? { path: where } : where);
    try {
      await once(this.#server, 'listening');
    } catch (error) {
      throw new MetricsError(`metrics: cannot listen on ${shown(where)}: ${(error as Error).message}`);
    }
    if (typeof where === 'string') chmodSync(where, 0o660);
    const address = this.#server.address();
    return address === null || typeof address === 'string' ? null : address.port;
  }

  /** Twice is harmless. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve({ method, url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
    if (url.split('?', 1)[0] !== '/metrics') {
      response.writeHead(404).end('The numbers are at /metrics.\n');
      return;
    }
    if (method !== 'GET' && method !== 'HEAD') {
      response.writeHead(405, { Allow: 'GET, HEAD' }).end();
      return;
    }
    this.#answer ??= this.#served.text().finally(() => {
      this.#answer = null;
    });
    const text = await this.#answer;
    response.writeHead(200, { 'Content-Type': this.#served.contentType }).end(text);
  }
}

function shown(where: ListenAddress | string): string {
  return typeof where === 'string' ? where : `${where.host} port ${where.port}`;
}
