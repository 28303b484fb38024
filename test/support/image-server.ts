import { once } from 'node:events';
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { selfSignedCertificate } from './self-signed-certificate.js';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** An https server of a test, whose certificate nobody else trusts. */
export class ImageServer {
  readonly #certificate = selfSignedCertificate();
  readonly #answers = new Map<string, Answer>();
  readonly #server = createServer(this.#certificate, (request, response) => {
    const answer = this.#answers.get(request.url ?? '');
    if (answer === undefined) response.writeHead(404).end();
    else answer(response, request);
  });

  /** In PEM. */
  get certificate(): string {
    return this.#certificate.cert;
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  url(path: string): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  /** @returns the URL */
  answers(path: string, answer: Answer | Buffer | string): string {
    this.#answers.set(path, typeof answer === 'function' ? answer : (response) => response.end(answer));
    return this.url(path);
  }

  /** @returns the URL */
  redirects(path: string, to: string): string {
    return this.answers(path, (response) => response.writeHead(302, { location: to }).end());
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
