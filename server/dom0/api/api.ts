import { createServer } from '../../wire/http.js';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { CONSOLE_PROTOCOL } from '../../wire/console.js';
import type { Contract } from '../../wire/contract.js';
import type { Change, DomainView, HostNames } from '../../wire/domain.js';
import type { JournalPage } from '../../wire/journal.js';
import type { OperationView } from '../../wire/operation.js';
import type { HalfStatus } from '../../wire/half-status.js';
import type { HostCheck } from '../../wire/host-check.js';
import type { HostUsage } from '../../wire/usage.js';
import { FaultGuard } from '../../wire/fault-guard.js';
import type { ScreenView } from '../../wire/screen.js';
import { parseOperationRequest, parseWithdrawal } from '../../wire/requests.js';
import { ChangesFeed } from './changes-feed.js';
import { ConsoleUpgrades } from './console-upgrades.js';
import type { ConsoleUpgradesParts } from './console-upgrades.js';
import { DomainChanges } from './domain-changes.js';
import type { DomainChangesParts } from './domain-changes.js';
import { refuse, reply, send } from './http-answer.js';
import { LogAnswers } from './log-answers.js';
import type { LogAnswersParts } from './log-answers.js';
import { parseJson, readBody } from './request-body.js';
import { NO_TARGET, requestPath } from './request-path.js';
import { NO_TEXT_CONSOLE, requestedDomain } from './requested-domain.js';
import type { ConsoleHost } from '../observation/console-host.js';
import type { Logger } from '../../wire/logger.js';
import type { OperationAnswer } from '../operations/operations.js';
import type { OperationRequest } from '../../wire/operation.js';
import { rootSocketOf } from '../../wire/root-socket.js';
import { listenOnSocket, ROOT_SOCKET_MODE } from './unix-socket.js';

/** The most connections of the gate. Consoles are among them. */
const CONNECTIONS = 2_000;
/** The most connections of root's own commands, which come by a socket of their own. */
const ROOT_CONNECTIONS = 100;
const NO_SCREEN = refusal(
  'host-limit',
  'The screen cannot be read just now. Try again in a few seconds.',
  'its emulator is behind, or rests',
);

/** What the routes call. */
interface ApiParts extends ConsoleUpgradesParts, DomainChangesParts, LogAnswersParts {
  contract(): Promise<Contract>;
  check(): Promise<HostCheck>;
  status(): Promise<HalfStatus>;
  usage(): HostUsage;
  domains(): readonly DomainView[];
  names(): HostNames;
  submit(request: OperationRequest): Promise<OperationAnswer>;
  /** @returns a refusal `usage` when there is no operation of this id */
  operation(id: string): OperationView | Refusal;
  /** @returns a refusal `busy` when it has begun, `usage` when there is no operation of this id */
  withdraw(id: string): Promise<OperationView | Refusal>;
  journal(after: number): Promise<JournalPage>;
  readonly consoles: Pick<
    ConsoleHost,
    'accept' | 'release' | 'readScreen' | 'readLog' | 'readLogWith' | 'switchLog' | 'keepsLog'
  >;
  readonly logger: Logger;
}

/** The HTTP side of dom0: JSON on a Unix socket. Every route is listed here. */
export class Api {
  readonly #parts: ApiParts;
  /** Those who follow the changes. */
  readonly feed: ChangesFeed;
  readonly #server: Server;
  readonly #rootServer: Server;
  readonly #upgrades: ConsoleUpgrades;
  readonly #changes: DomainChanges;
  readonly #logs: LogAnswers;

  constructor(parts: ApiParts) {
    this.#parts = parts;
    this.#upgrades = new ConsoleUpgrades(parts);
    this.#changes = new DomainChanges(parts);
    this.#logs = new LogAnswers(parts);
    this.feed = new ChangesFeed(parts.logger);
    const guard = new FaultGuard(parts.logger);
    this.#server = this.#serverFor(CONNECTIONS, guard);
    this.#rootServer = this.#serverFor(ROOT_CONNECTIONS, guard);
  }

  /** Listens for the gate, and for root where the path has room for that. @throws SocketError */
  async listen(path: string, group: string | null): Promise<void> {
    await listenOnSocket(this.#server, path, group);
    const rootPath = rootSocketOf(path);
    if (rootPath !== null) await listenOnSocket(this.#rootServer, rootPath, null, ROOT_SOCKET_MODE);
  }

  /**
   * Accepts no more connections, and ends all but the consoles. Call `drop` after the consoles have said
   * goodbye. Calling it twice is harmless.
   */
  close(): void {
    this.feed.close();
    for (const server of [this.#server, this.#rootServer]) {
      if (server.listening) server.close();
      server.closeAllConnections();
    }
  }

  /** Ends the remaining console connections. */
  drop(): void {
    this.#upgrades.drop();
  }

  #serverFor(connections: number, guard: FaultGuard): Server {
    const server = createServer(
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
    server.maxConnections = connections;
    server.on(
      'upgrade',
      guard.on(
        'upgrade',
        (request: IncomingMessage, socket: Duplex, head: Buffer) => {
          this.#upgrades.upgrade(request, socket, head);
        },
        // The upgrade may have been answered 101 already, and then no HTTP answer may follow.
        (_request, socket) => {
          socket.destroy();
        },
      ),
    );
    server.on('error', (error) => {
      this.#parts.logger.error({ err: error }, 'api.connection-not-accepted');
    });
    return server;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = requestPath(request.url);
    if (path === null) {
      refuse(response, NO_TARGET);
      return;
    }
    const { parts, query } = path;
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
      reply(response, requestedDomain(this.#parts.domain, key));
    } else if (is('GET', 'changes', 1)) {
      const now: readonly Change[] = [
        ...this.#parts.domains().map((domain) => ({ change: 'domain', domain }) as const),
        { change: 'names', ...this.#parts.names() },
      ];
      this.feed.follow(response, now, { looks: query.get('looks') === '1' });
    } else if (is('POST', 'operations', 1)) {
      await this.#submit(request, response);
    } else if (is('GET', 'operations', 2)) {
      const view = this.#parts.operation(key ?? '');
      if (isRefusal(view)) refuse(response, view, view.code === 'usage' ? 404 : undefined);
      else send(response, 200, view);
    } else if (is('PUT', 'operations', 2)) {
      reply(response, await this.#withdraw(key ?? '', request));
    } else if (is('GET', 'journal', 1)) {
      const after = Number(query.get('after') ?? '0');
      if (!Number.isSafeInteger(after) || after < 0)
        refuse(response, refusal('usage', 'after is the sequence number of a record: a whole number.'));
      else send(response, 200, await this.#parts.journal(after));
    } else if (is('GET', 'domains', 3) && more[0] === 'log') {
      await this.#logs.send(key, query, response);
    } else if (is('GET', 'domains', 3) && more[0] === 'screen') {
      reply(response, await this.#screen(key, query));
    } else if (is('PUT', 'domains', 3) && more[0] === 'log' && this.#parts.consoles.keepsLog) {
      reply(response, await this.#changes.switchLog(key, request));
    } else if (is('PUT', 'domains', 3) && more[0] === 'rescue-end') {
      reply(response, await this.#changes.extend(key, request));
    } else if (is('PUT', 'domains', 3) && more[0] === 'disk') {
      reply(response, await this.#changes.clearDisk(key, request));
    } else if (is('PUT', 'domains', 3) && more[0] === 'console') {
      reply(response, await this.#changes.release(key, request));
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

  async #screen(key: string | undefined, query: URLSearchParams): Promise<ScreenView | Refusal> {
    const view = requestedDomain(this.#parts.domain, key);
    if (isRefusal(view)) return view;
    const since = query.get('since');
    const at = since === null ? null : Date.parse(since);
    if (Number.isNaN(at)) return refusal('usage', 'since is a time: 2026-01-31T12:00:00Z.');
    if (view.textConsole === false) return NO_TEXT_CONSOLE;
    return (await this.#parts.consoles.readScreen(view.name, at)) ?? NO_SCREEN;
  }

  async #withdraw(id: string, request: IncomingMessage): Promise<OperationView | Refusal> {
    const body = await readBody(request);
    if (isRefusal(body)) return body;
    const wanted = parseWithdrawal(parseJson(body));
    return isRefusal(wanted) ? wanted : this.#parts.withdraw(id);
  }

  #fault(error: unknown, response: ServerResponse): void {
    this.#parts.logger.error({ err: error }, 'api.fault');
    if (response.headersSent) response.destroy();
    else refuse(response, refusal('internal', "Something went wrong on the host. Ask the host's operators."));
  }
}
