import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';

/** The ways to be dead: nobody listens, nobody answers, or the answer never comes to its end. */
export const DEATHS = ['absent', 'mute', 'trickling'] as const;

export type Death = (typeof DEATHS)[number];

/** Milliseconds between two pieces of an answer that trickles. */
const TRICKLE_MS = 20;

/** Xen hosts of which none can be used. */
export class DeadHosts {
  readonly hosts: readonly { readonly name: string; readonly socket: string; readonly death: Death }[];
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #trickles = new Set<NodeJS.Timeout>();

  /** @param count hosts, of the deaths in turn */
  constructor(directory: string, count: number) {
    this.hosts = Array.from({ length: count }, (_, at) => {
      const death = DEATHS[at % DEATHS.length] ?? 'absent';
      const name = `dead${at}`;
      return { name, socket: join(directory, `${name}.sock`), death };
    });
  }

  /** How many questions they were asked and have not answered. */
  get open(): number {
    return this.#sockets.size;
  }

  async start(): Promise<void> {
    await Promise.all(
      this.hosts.map(async ({ socket, death }) => {
        if (death === 'absent') return;
        const server = createServer((_, response) => {
          if (death === 'trickling') this.#trickle(response);
        });
        server.on('connection', (connection) => {
          this.#sockets.add(connection);
          connection.on('close', () => this.#sockets.delete(connection));
        });
        this.#servers.push(server);
        await new Promise<void>((resolve) => server.listen(socket, resolve));
      }),
    );
  }

  async stop(): Promise<void> {
    for (const timer of this.#trickles) clearInterval(timer);
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }

  /** An answer of blanks that never ends. */
  #trickle(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), TRICKLE_MS);
    this.#trickles.add(timer);
    response.on('close', () => {
      clearInterval(timer);
      this.#trickles.delete(timer);
    });
  }
}
