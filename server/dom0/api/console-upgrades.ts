import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import { CONSOLE_PROTOCOL } from '../../wire/console.js';
import { refuseUpgrade } from '../consoles/upgrade-refusal.js';
import type { ConsoleHost } from '../observation/console-host.js';
import { NO_TARGET, requestPath } from './request-path.js';
import { NO_TEXT_CONSOLE, requestedDomain } from './requested-domain.js';
import type { FindDomain } from './requested-domain.js';

export interface ConsoleUpgradesParts {
  readonly domain: FindDomain;
  readonly consoles: Pick<ConsoleHost, 'accept'>;
}

/** The connections that are no HTTP any more: consoles. */
export class ConsoleUpgrades {
  readonly #parts: ConsoleUpgradesParts;
  readonly #sockets = new Set<Duplex>();

  constructor(parts: ConsoleUpgradesParts) {
    this.#parts = parts;
  }

  /** Hands consoles to the console host, which answers 101 itself. Refuses every other upgrade. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {
      socket.destroy();
    });
    const path = requestPath(request.url);
    if (path === null) {
      refuseUpgrade(socket, 400, NO_TARGET);
      return;
    }
    const [room, key, what, ...more] = path.parts;
    const known = room === 'domains' && what === 'console' && more.length === 0 && request.method === 'GET';
    const view = known
      ? requestedDomain(this.#parts.domain, key)
      : refusal('no-such-domain', 'dom0 has no such path for an upgrade.');
    if (isRefusal(view)) {
      refuseUpgrade(socket, 404, view);
    } else if (request.headers.upgrade?.toLowerCase() !== CONSOLE_PROTOCOL) {
      refuseUpgrade(socket, 426, refusal('usage', `A console needs Upgrade: ${CONSOLE_PROTOCOL}.`));
    } else if (view.textConsole === false) {
      refuseUpgrade(socket, 409, NO_TEXT_CONSOLE);
    } else {
      this.#parts.consoles.accept(view.name, path.query, socket, head);
    }
  }

  /** Ends those that remain. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
