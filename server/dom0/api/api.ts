import { createServer } from '../../wire/http.js';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseDomainName } from '../../../policy/names.js';
import type { DomainName } from '../../../policy/names.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { CONSOLE_PROTOCOL } from '../../wire/console.js';
import type { ConsoleReleased } from '../../wire/console-release.js';
import type { Contract } from '../../wire/contract.js';
import type { Change, DomainView, HostNames } from '../../wire/domain.js';
import type { JournalPage } from '../../wire/journal.js';
import type { OperationView } from '../../wire/operation.js';
import type { HalfStatus } from '../../wire/half-status.js';
import type { HostCheck } from '../../wire/host-check.js';
import type { HostUsage } from '../../wire/usage.js';
import { FaultGuard } from '../../wire/fault-guard.js';
import { LOG_HEADER } from '../../wire/log.js';
import type { ScreenView } from '../../wire/screen.js';
import { requestTarget } from '../../wire/request-target.js';
import type { RescueEnd } from '../../wire/rescue-end.js';
import type { RescueExtension } from '../../wire/rescue-extension.js';
import {
  parseConsoleRelease,
  parseDiskClearing,
  parseLogSwitch,
  parseOperationRequest,
  parseRescueExtension,
  parseWithdrawal,
} from '../../wire/requests.js';
import type { Parser } from '../../wire/requests.js';
import { ChangesFeed } from './changes-feed.js';
import { refuse, reply, send } from './http-answer.js';
import { parseJson, readBody } from './request-body.js';
import type { ConsoleHost } from '../observation/console-host.js';
import { refuseUpgrade } from '../consoles/upgrade-refusal.js';
import { parseLogQuery } from '../console-log/log-query.js';
import { LogReaders } from '../console-log/log-readers.js';
import type { Logger } from '../../wire/logger.js';
import type { OperationAnswer } from '../operations/operations.js';
import type { OperationRequest } from '../../wire/operation.js';
import { listenOnSocket } from './unix-socket.js';

const CONNECTIONS = 2_000;
const NO_TEXT_CONSOLE = refusal(
  'not-on-this-host',
  "This server has no text console: its configuration file has no `serial`. Ask the host's operators.",
  'an HVM domain needs serial="pty" in its file',
);
const NO_SCREEN = refusal(
  'host-limit',
  'The screen cannot be read just now. Try again in a few seconds.',
  'its emulator is behind, or rests',
);
const NO_TARGET = refusal('usage', 'The target of the request is neither a path nor a URL.');

/** What the routes call. */
interface ApiParts {
  contract(): Promise<Contract>;
  check(): Promise<HostCheck>;
  status(): Promise<HalfStatus>;
  usage(): HostUsage;
  domains(): readonly DomainView[];
  names(): HostNames;
  domain(name: DomainName): DomainView | undefined;
  submit(request: OperationRequest): Promise<OperationAnswer>;
  extend(name: DomainName, extension: RescueExtension): Promise<RescueEnd | Refusal>;
  /** @returns a refusal `usage` when there is no operation of this id */
  operation(id: string): OperationView | Refusal;
  /** @returns a refusal `busy` when it has begun, `usage` when there is no operation of this id */
  withdraw(id: string): Promise<OperationView | Refusal>;
  journal(after: number): Promise<JournalPage>;
  /** @returns a refusal while something is under way on the domain, or when it cannot be recorded */
  clearDisk(name: DomainName, admin: string): Promise<Refusal | null>;
  readonly consoles: Pick<
    ConsoleHost,
    'accept' | 'release' | 'readScreen' | 'readLog' | 'readLogWith' | 'switchLog' | 'keepsLog'
  >;
  readonly logger: Logger;
}

/** The HTTP side of dom0: JSON on a Unix socket. Every route is listed here. */
export class Api {
  readonly #parts: ApiParts;
  readonly #feed: ChangesFeed;
  readonly #server: Server;
  readonly #upgraded = new Set<Duplex>();
  readonly #readers = new LogReaders();

  constructor(parts: ApiParts) {
    this.#parts = parts;
    this.#feed = new ChangesFeed(parts.logger);
    const guard = new FaultGuard(parts.logger);
    this.#server = createServer(
      {
        headersTimeout: 10_000,
        requestTimeout: 30_000,
        keepAliveTimeout: 60_000,
        connectionsCheckingInterval: 5_000,
        maxHeaderSize: 16 * 1024,
      },
      (request, response) => {
        this.#answer(request, response).catch(
          guard.on('request', (error: unknown) => {
            this.#fault(error, response);
          }),
        );
      },
    );
    this.#server.maxConnections = CONNECTIONS;
    this.#server.on(
      'upgrade',
      guard.on(
        'upgrade',
        (request: IncomingMessage, socket: Duplex, head: Buffer) => {
          this.#upgrade(request, socket, head);
        },
        // The upgrade may have been answered 101 already, and then no HTTP answer may follow.
        (_request, socket) => {
          socket.destroy();
        },
      ),
    );
    this.#server.on('error', (error) => {
      parts.logger.error({ err: error }, 'api.connection-not-accepted');
    });
  }

  /** @throws SocketError */
  listen(path: string, group: string | null): Promise<void> {
    return listenOnSocket(this.#server, path, group);
  }

  /** Sends a change to everyone who follows. */
  tell(change: Change): void {
    this.#feed.tell(change);
  }

  /**
   * Accepts no more connections, and ends all but the consoles. Call `drop` after the consoles have said
   * goodbye. Calling it twice is harmless.
   */
  close(): void {
    this.#feed.close();
    if (this.#server.listening) this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Ends the remaining console connections. */
  drop(): void {
    for (const socket of this.#upgraded) socket.destroy();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = requestTarget(request.url);
    if (url === null) {
      refuse(response, NO_TARGET);
      return;
    }
    const parts = pathParts(url);
    const [room, key, ...more] = parts;
    const method = request.method ?? '';
    const is = (wanted: string, name: string, length: number): boolean =>
      method === wanted && room === name && parts.length === length;
    if (is('GET', 'contract', 1)) {
      send(response, 200, await this.#parts.contract());
    } else if (is('GET', 'check', 1)) {
      send(response, 200, await this.#parts.check());
    } else if (is('GET', 'status', 1)) {
      send(response, 200, await this.#parts.status());
    } else if (is('GET', 'usage', 1)) {
      send(response, 200, this.#parts.usage());
    } else if (is('GET', 'domains', 1)) {
      send(response, 200, { at: new Date().toISOString(), domains: this.#parts.domains() });
    } else if (is('GET', 'domains', 2)) {
      reply(response, this.#domain(key));
    } else if (is('GET', 'changes', 1)) {
      this.#feed.follow(response, [
        ...this.#parts.domains().map((domain) => ({ change: 'domain', domain }) as const),
        { change: 'names', ...this.#parts.names() },
      ]);
    } else if (is('POST', 'operations', 1)) {
      await this.#submit(request, response);
    } else if (is('GET', 'operations', 2)) {
      const view = this.#parts.operation(key ?? '');
      if (isRefusal(view)) refuse(response, view, view.code === 'usage' ? 404 : undefined);
      else send(response, 200, view);
    } else if (is('PUT', 'operations', 2)) {
      reply(response, await this.#withdraw(key ?? '', request));
    } else if (is('GET', 'journal', 1)) {
      const after = Number(url.searchParams.get('after') ?? '0');
      if (!Number.isSafeInteger(after) || after < 0)
        refuse(response, refusal('usage', 'after is the sequence number of a record: a whole number.'));
      else send(response, 200, await this.#parts.journal(after));
    } else if (is('GET', 'domains', 3) && more[0] === 'log') {
      await this.#log(key, url.searchParams, response);
    } else if (is('GET', 'domains', 3) && more[0] === 'screen') {
      reply(response, await this.#screen(key, url.searchParams));
    } else if (is('PUT', 'domains', 3) && more[0] === 'log' && this.#parts.consoles.keepsLog) {
      reply(response, await this.#switchLog(key, request));
    } else if (is('PUT', 'domains', 3) && more[0] === 'rescue-end') {
      reply(response, await this.#extend(key, request));
    } else if (is('PUT', 'domains', 3) && more[0] === 'disk') {
      reply(response, await this.#clearDisk(key, request));
    } else if (is('PUT', 'domains', 3) && more[0] === 'console') {
      reply(response, await this.#release(key, request));
    } else if (is('GET', 'domains', 3) && more[0] === 'console') {
      response.setHeader('upgrade', CONSOLE_PROTOCOL);
      refuse(response, refusal('usage', `A console needs Upgrade: ${CONSOLE_PROTOCOL}.`), 426);
    } else {
      refuse(response, refusal('usage', 'dom0 has no such path, or not for this method.'), 404);
    }
  }

  async #submit(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    if (isRefusal(body)) {
      response.setHeader('connection', 'close');
      refuse(response, body, 413);
      return;
    }
    const asked = parseOperationRequest(parseJson(body));
    if (isRefusal(asked)) {
      refuse(response, asked);
      return;
    }
    const answer = await this.#parts.submit(asked);
    if ('operation' in answer) send(response, 202, answer.operation);
    else refuse(response, answer.refused, undefined, answer.inTheWay);
  }

  /** Sends raw console bytes. The client must make them printable or give them to a terminal. */
  async #log(key: string | undefined, asked: URLSearchParams, response: ServerResponse): Promise<void> {
    const query = parseLogQuery(asked);
    const view = this.#domain(key);
    const former = isRefusal(query) || (query.uuid ?? null) === null ? undefined : parseDomainName(key ?? '');
    const name = former ?? (isRefusal(view) ? view : view.name);
    if (isRefusal(name)) {
      refuse(response, name);
      return;
    }
    if (isRefusal(query)) {
      refuse(response, query);
      return;
    }
    const leave = this.#readers.enter(name);
    if (leave === null) {
      refuse(response, refusal('host-limit', 'Too many people read this log now. Try again later.'));
      return;
    }
    const gone = new AbortController();
    response.on('close', () => {
      gone.abort();
      leave();
    });
    const { consoles } = this.#parts;
    const uuid = query.uuid ?? null;
    const answer = await (uuid === null
      ? consoles.readLog(name, query)
      : consoles.readLogWith(name, uuid, query));
    if (answer === null) {
      refuse(response, refusal('no-such-domain', 'There is no such log.', `no log of ${name} has ${uuid}`));
      return;
    }
    const { facts, bytes } = answer;
    response.writeHead(200, {
      'content-type': 'application/octet-stream',
      [LOG_HEADER]: JSON.stringify(facts),
    });
    response.flushHeaders();
    // A reader who has left is no fault.
    await pipeline(Readable.from(bytes(gone.signal), { objectMode: false }), response).catch(
      (error: unknown) => {
        if (!gone.signal.aborted) throw error;
      },
    );
  }

  async #screen(key: string | undefined, query: URLSearchParams): Promise<ScreenView | Refusal> {
    const view = this.#domain(key);
    if (isRefusal(view)) return view;
    const since = query.get('since');
    const at = since === null ? null : Date.parse(since);
    if (Number.isNaN(at)) return refusal('usage', 'since is a time: 2026-01-31T12:00:00Z.');
    if (view.textConsole === false) return NO_TEXT_CONSOLE;
    return (await this.#parts.consoles.readScreen(view.name, at)) ?? NO_SCREEN;
  }

  async #switchLog(key: string | undefined, request: IncomingMessage): Promise<object> {
    const asked = await this.#change(key, request, parseLogSwitch);
    if (isRefusal(asked)) return asked;
    await this.#parts.consoles.switchLog(asked.name, asked.wanted);
    return { keep: asked.wanted.keep };
  }

  async #extend(key: string | undefined, request: IncomingMessage): Promise<RescueEnd | Refusal> {
    const asked = await this.#change(key, request, parseRescueExtension);
    return isRefusal(asked) ? asked : this.#parts.extend(asked.name, asked.wanted);
  }

  async #withdraw(id: string, request: IncomingMessage): Promise<OperationView | Refusal> {
    const body = await readBody(request);
    if (isRefusal(body)) return body;
    const wanted = parseWithdrawal(parseJson(body));
    return isRefusal(wanted) ? wanted : this.#parts.withdraw(id);
  }

  async #clearDisk(key: string | undefined, request: IncomingMessage): Promise<object> {
    const asked = await this.#change(key, request, parseDiskClearing);
    if (isRefusal(asked)) return asked;
    return (await this.#parts.clearDisk(asked.name, asked.wanted.admin)) ?? { whole: true };
  }

  async #release(key: string | undefined, request: IncomingMessage): Promise<ConsoleReleased | Refusal> {
    const asked = await this.#change(key, request, parseConsoleRelease);
    if (isRefusal(asked)) return asked;
    const until = await this.#parts.consoles.release(asked.name, asked.wanted);
    return { until: until === null ? null : new Date(until).toISOString() };
  }

  /** Reads the body of a PUT for a domain. @returns the domain's name and the parsed body */
  async #change<T>(
    key: string | undefined,
    request: IncomingMessage,
    parse: Parser<T>,
  ): Promise<{ readonly name: DomainName; readonly wanted: T } | Refusal> {
    const view = this.#domain(key);
    const body = await readBody(request);
    if (isRefusal(view)) return view;
    if (isRefusal(body)) return body;
    const wanted = parse(parseJson(body));
    return isRefusal(wanted) ? wanted : { name: view.name, wanted };
  }

  #domain(text: string | undefined): DomainView | Refusal {
    const name = parseDomainName(text ?? '');
    const view = name === undefined ? undefined : this.#parts.domain(name);
    return view ?? refusal('no-such-domain', 'There is no such server.');
  }

  /** Hands consoles to the console host, which answers 101 itself. Refuses every other upgrade. */
  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#upgraded.add(socket);
    socket.on('close', () => this.#upgraded.delete(socket));
    socket.on('error', () => {
      socket.destroy();
    });
    const url = requestTarget(request.url);
    if (url === null) {
      refuseUpgrade(socket, 400, NO_TARGET);
      return;
    }
    const [room, key, what, ...more] = pathParts(url);
    const known = room === 'domains' && what === 'console' && more.length === 0 && request.method === 'GET';
    const view = known
      ? this.#domain(key)
      : refusal('no-such-domain', 'dom0 has no such path for an upgrade.');
    if (isRefusal(view)) {
      refuseUpgrade(socket, 404, view);
    } else if (request.headers.upgrade?.toLowerCase() !== CONSOLE_PROTOCOL) {
      refuseUpgrade(socket, 426, refusal('usage', `A console needs Upgrade: ${CONSOLE_PROTOCOL}.`));
    } else if (view.textConsole === false) {
      refuseUpgrade(socket, 409, NO_TEXT_CONSOLE);
    } else {
      this.#parts.consoles.accept(view.name, url.searchParams, socket, head);
    }
  }

  #fault(error: unknown, response: ServerResponse): void {
    this.#parts.logger.error({ err: error }, 'api.fault');
    if (response.headersSent) response.destroy();
    else refuse(response, refusal('internal', "Something went wrong on the host. Ask the host's operators."));
  }
}

function pathParts(url: URL): string[] {
  try {
    return url.pathname.split('/').slice(1).map(decodeURIComponent);
  } catch {
    return [];
  }
}
