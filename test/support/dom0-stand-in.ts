import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { DomainState } from '../../policy/domain-state.js';
import type { BootProfileName, DomainName } from '../../policy/names.js';
import { NORMAL } from '../../policy/names.js';
import type { ConsoleNote, ConsoleRequest, ScreenText } from '../../server/wire/console.js';
import type { ConsoleRelease } from '../../server/wire/console-release.js';
import { FRAME_BYTES } from '../../server/wire/console.js';
import { VERBS } from '../../server/wire/contract.js';
import type { Contract } from '../../server/wire/contract.js';
import type { Change, DomainView, HostNames } from '../../server/wire/domain.js';
import { bytesFrame, FrameReader, noteFrame } from '../../server/wire/frames.js';
import type { LogFacts, LogSwitch } from '../../server/wire/log.js';
import type { ScreenView } from '../../server/wire/screen.js';
import { LOG_HEADER } from '../../server/wire/log.js';
import type { OperationRequest, OperationView, WireRefusal } from '../../server/wire/operation.js';
import type { RescueExtension } from '../../server/wire/rescue-extension.js';

/** One attachment that the gate has opened. */
export class StandInConsole {
  readonly query: URLSearchParams;
  readonly domain: string;
  /** The input that it received. */
  typed = '';
  readonly requests: ConsoleRequest[] = [];
  readonly #socket: Duplex;
  readonly #reader = new FrameReader();
  open = true;

  /** @param screen gives the text on its screen */
  constructor(domain: string, query: URLSearchParams, socket: Duplex, screen: () => ScreenText | null) {
    this.domain = domain;
    this.query = query;
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      for (const frame of this.#reader.push(chunk)) {
        if (frame.kind === FRAME_BYTES) this.typed += frame.body.toString('latin1');
        else this.#asked(JSON.parse(frame.body.toString()) as ConsoleRequest, screen);
      }
    });
    for (const event of ['end', 'close', 'error']) {
      socket.on(event, () => {
        this.open = false;
        socket.destroy();
      });
    }
  }

  #asked(request: ConsoleRequest, screen: () => ScreenText | null): void {
    this.requests.push(request);
    if (request.note === 'screen') this.note({ note: 'screen', screen: screen() });
  }

  /** How often the gate has sent this note. */
  count(note: ConsoleRequest['note']): number {
    return this.requests.filter((request) => request.note === note).length;
  }

  note(note: ConsoleNote): void {
    this.#socket.write(noteFrame(note));
  }

  bytes(text: string | Buffer): void {
    this.#socket.write(bytesFrame(Buffer.from(text)));
  }

  drop(): void {
    this.#socket.destroy();
  }
}

type Reply = OperationView | WireRefusal | 'drop' | 'hang';

/**
 * Stands in for a dom0 half, as the gate sees it; the test decides what it does. Real HTTP over a real Unix
 * socket.
 */
export class Dom0StandIn {
  readonly socket: string;
  readonly domains = new Map<DomainName, DomainView>();
  /** Its news of other names; null for an older dom0 half, which tells none. */
  names: HostNames | null = { others: [], missing: [], gone: [] };
  readonly operations = new Map<string, OperationView>();
  readonly requests: OperationRequest[] = [];
  /** How often the gate asked about an operation. */
  lookups = 0;
  readonly consoles: StandInConsole[] = [];
  readonly releases: (ConsoleRelease & { readonly domain: string })[] = [];
  contract: Contract = {
    version: 1,
    host: 'stand-in',
    verbs: VERBS,
    profiles: [],
    names: true,
    console: { passesEscape: false, sysrqKeys: ['h', 's'], log: true, screenText: false, screen: true },
  };
  /** Answers a request for an operation. By default the operation is accepted and running. */
  reply: (request: OperationRequest) => Reply = (request) => operationView(request);
  /** The operations that the gate took back. */
  readonly withdrawals: string[] = [];
  /** Whether one that runs has begun, and cannot be taken back. */
  hasBegun = false;
  /** Refuses a withdrawal for now; null: it is carried out. */
  refuseWithdrawal: (id: string) => WireRefusal | null = () => null;
  /** The text on every console's screen; null when it cannot be read. */
  screen: ScreenText | null = null;
  readonly screenQueries: URLSearchParams[] = [];
  /** The answer for a screen; null refuses it for now. */
  onScreen: (domain: string) => Promise<ScreenView | null> = () => Promise.resolve(null);
  readonly extensions: (RescueExtension & { readonly domain: string })[] = [];
  /** Answers an extension of a rescue. By default the domain's rescue ends so much later. */
  extend: ((extension: RescueExtension) => WireRefusal | 'drop' | null) | null = null;
  readonly logQueries: URLSearchParams[] = [];
  readonly logSwitches: (LogSwitch & { readonly domain: string })[] = [];
  /** What an answer says about its log; null for an older dom0 half, without logs on disk. */
  logFacts: LogFacts | null = { keeping: true, switchedAt: null, place: 'disk', boot: null, page: null };
  /** The pieces of a log. The answer ends after the last piece, unless the log is followed. */
  logSaid: (domain: string, query: URLSearchParams) => readonly string[] = (domain, query) => [
    `since ${query.get('since') ?? ''}\r\n\x1b[1mboot\x1b[0m of ${domain}\r\n`,
  ];
  /** Delays the answer for a log. */
  logWaits: Promise<void> = Promise.resolve();
  /** Followed logs. */
  readonly logFollowers = new Set<ServerResponse>();
  /** Called for each console as soon as it opens. */
  onConsole: (console: StandInConsole) => void = () => undefined;
  /** The refusal of a console upgrade. */
  refuseConsole: WireRefusal | null = null;
  readonly #followers = new Set<ServerResponse>();
  readonly #sockets = new Set<Duplex>();
  #server: Server | null = null;

  constructor(socket: string) {
    this.socket = socket;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      this.#answer(request, response);
    });
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.on('upgrade', (request, socket) => {
      this.#upgrade(request, socket);
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.socket, resolve));
  }

  /** Cuts everything, as a kill does. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    this.#followers.clear();
  }

  get followed(): boolean {
    return this.#followers.size > 0;
  }

  tell(change: Change): void {
    for (const follower of this.#followers) follower.write(`${JSON.stringify(change)}\n`);
  }

  /** Sets a domain, and tells the gate. */
  set(name: DomainName, state: DomainState, more: Partial<DomainView> = {}): void {
    const domain = domainView(name, state, more);
    this.domains.set(name, domain);
    this.tell({ change: 'domain', domain });
  }

  gone(name: DomainName): void {
    this.domains.delete(name);
    this.tell({ change: 'gone', name });
    const gone = [...(this.names?.gone ?? []), { name, at: new Date().toISOString() }];
    this.setNames({ gone });
  }

  /** Sets its news of other names, and tells the gate. */
  setNames(more: Partial<HostNames>): void {
    if (this.names === null) return;
    this.names = { ...this.names, ...more };
    this.tell({ change: 'names', ...this.names });
  }

  /** Ends an operation. */
  end(id: string, phase: 'done' | 'failed' | 'superseded', failure: WireRefusal | null = null): void {
    const operation = this.operations.get(id);
    if (operation === undefined) throw new Error(`no operation ${id}`);
    const ended = { ...operation, phase, failure, endedAt: new Date().toISOString() };
    this.operations.set(id, ended);
    this.tell({ change: 'operation', operation: ended });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://dom0');
    const [, room, key, what] = url.pathname.split('/').map(decodeURIComponent);
    if (room === 'contract') send(response, 200, this.contract);
    else if (room === 'changes') this.#follow(response);
    else if (room === 'operations' && request.method === 'POST') this.#submit(request, response);
    else if (room === 'operations' && request.method === 'PUT') this.#withdraw(key ?? '', request, response);
    else if (room === 'domains' && what === 'rescue-end') this.#extend(key ?? '', request, response);
    else if (room === 'domains' && what === 'console') this.#release(key ?? '', request, response);
    else if (room === 'operations') {
      this.lookups += 1;
      const operation = this.operations.get(key ?? '');
      if (operation === undefined) send(response, 404, wireRefusal('usage', 'There is no such operation.'));
      else send(response, 200, operation);
    } else if (room === 'domains' && what === 'screen') {
      this.screenQueries.push(url.searchParams);
      void this.onScreen(key ?? '').then((view) => {
        if (view === null)
          send(response, 429, wireRefusal('host-limit', 'The screen cannot be read just now.'));
        else send(response, 200, view);
      });
    } else if (room === 'domains' && what === 'log' && request.method === 'PUT') {
      this.#switchLog(key ?? '', request, response);
    } else if (room === 'domains' && what === 'log') {
      void this.logWaits.then(() => {
        this.#log(key ?? '', url.searchParams, response);
      });
    } else if (room === 'journal') {
      const entries = this.requests.map(({ id, actor }, at) => ({ seq: at + 1, operation: id, ...actor }));
      const after = Number(url.searchParams.get('after'));
      const page = entries.filter(({ seq }) => seq > after).slice(0, 2);
      send(response, 200, { entries: page, next: page.length < 2 ? null : (page.at(-1)?.seq ?? null) });
    } else send(response, 404, wireRefusal('usage', 'There is no such thing here.'));
  }

  #withdraw(id: string, request: IncomingMessage, response: ServerResponse): void {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      if (text !== '{"withdrawn":true}') throw new Error(`not a withdrawal: ${text}`);
      this.withdrawals.push(id);
      const known = this.operations.get(id);
      const refused = this.refuseWithdrawal(id);
      if (refused !== null) send(response, 503, refused);
      else if (known !== undefined && known.endedAt !== null) send(response, 200, known);
      else if (known === undefined) send(response, 400, wireRefusal('usage', 'There is no such operation.'));
      else if (this.hasBegun) send(response, 409, wireRefusal('busy', 'It has begun, so it goes on.'));
      else {
        this.end(id, 'failed', wireRefusal('undone', 'The right to it was taken away before it began.'));
        send(response, 200, this.operations.get(id));
      }
    });
  }

  #log(domain: string, query: URLSearchParams, response: ServerResponse): void {
    this.logQueries.push(query);
    const from = query.get('from');
    const told = this.logFacts?.from === undefined || from === null ? {} : { from: Number(from) };
    if (this.logFacts !== null) response.setHeader(LOG_HEADER, JSON.stringify({ ...this.logFacts, ...told }));
    response.flushHeaders();
    for (const piece of this.logSaid(domain, query)) response.write(piece);
    if (query.get('follow') !== '1') {
      response.end();
      return;
    }
    this.logFollowers.add(response);
    response.on('close', () => this.logFollowers.delete(response));
  }

  #switchLog(domain: string, request: IncomingMessage, response: ServerResponse): void {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      const wanted = JSON.parse(text) as LogSwitch;
      this.logSwitches.push({ ...wanted, domain });
      send(response, 200, { keep: wanted.keep });
    });
  }

  #follow(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/jsonl' });
    for (const domain of this.domains.values())
      response.write(`${JSON.stringify({ change: 'domain', domain })}\n`);
    if (this.names !== null) response.write(`${JSON.stringify({ change: 'names', ...this.names })}\n`);
    response.write(`${JSON.stringify({ change: 'ready', at: new Date().toISOString() })}\n`);
    this.#followers.add(response);
    response.on('close', () => this.#followers.delete(response));
  }

  #release(domain: string, request: IncomingMessage, response: ServerResponse): void {
    whole(request, (text) => {
      const release = JSON.parse(text) as ConsoleRelease;
      this.releases.push({ domain, ...release });
      const until = new Date(Date.now() + release.seconds * 1000).toISOString();
      send(response, 200, { until: release.seconds === 0 ? null : until });
    });
  }

  #extend(name: string, request: IncomingMessage, response: ServerResponse): void {
    whole(request, (text) => {
      const extension = JSON.parse(text) as RescueExtension;
      this.extensions.push({ ...extension, domain: name });
      const no = this.extend?.(extension) ?? null;
      const view = this.domains.get(name as DomainName);
      const end = view?.rescueEnd ?? null;
      if (no === 'drop') request.socket.destroy();
      else if (no !== null) send(response, 409, no);
      else if (view === undefined || end === null) send(response, 409, wireRefusal('wrong-state', 'None.'));
      else {
        const { forSeconds } = extension;
        const began = Date.parse(end.at) - end.forSeconds * 1000;
        const rescueEnd = { ...end, forSeconds, at: new Date(began + forSeconds * 1000).toISOString() };
        this.set(view.name, view.observation.state, { ...view, rescueEnd });
        send(response, 200, rescueEnd);
      }
    });
  }

  #submit(request: IncomingMessage, response: ServerResponse): void {
    whole(request, (text) => {
      const asked = JSON.parse(text) as OperationRequest;
      this.requests.push(asked);
      const known = this.operations.get(asked.id);
      const reply = known ?? this.reply(asked);
      if (reply === 'hang') return;
      if (reply === 'drop') {
        request.socket.destroy();
        return;
      }
      if ('phase' in reply) this.operations.set(reply.id, reply);
      send(response, 'phase' in reply ? 202 : 409, reply);
    });
  }

  #upgrade(request: IncomingMessage, socket: Duplex): void {
    this.#sockets.add(socket);
    const url = new URL(request.url ?? '/', 'http://dom0');
    if (this.refuseConsole !== null) {
      const body = JSON.stringify(this.refuseConsole);
      socket.end(
        `HTTP/1.1 409 Conflict\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      );
      return;
    }
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: postern-console\r\n\r\n',
    );
    const domain = url.pathname.split('/')[2] ?? '';
    const opened = new StandInConsole(domain, url.searchParams, socket, () => this.screen);
    this.consoles.push(opened);
    this.onConsole(opened);
  }
}

export function domainView(name: DomainName, state: DomainState, more: Partial<DomainView> = {}): DomainView {
  const now = new Date().toISOString();
  return {
    name,
    observation: { state, profile: NORMAL, since: now, seenAt: now },
    incarnation: state === 'off' ? null : '00000000-0000-4000-8000-000000000001',
    memoryMiB: 128,
    vcpus: 1,
    cpuSeconds: null,
    cpuPercent: null,
    profiles: [NORMAL, 'rescue' as BootProfileName],
    operation: null,
    console: state === 'off' ? 'detached' : 'attached',
    ...more,
  };
}

export function operationView(
  request: Pick<OperationRequest, 'id' | 'domain' | 'verb' | 'profile' | 'image' | 'actor'>,
  more: Partial<OperationView> = {},
): OperationView {
  return {
    id: request.id,
    domain: request.domain,
    verb: request.verb,
    profile: request.profile,
    ...(request.image === undefined ? {} : { image: request.image }),
    phase: 'running',
    step: 'waiting',
    place: 0,
    startedAt: new Date().toISOString(),
    deadlineAt: null,
    endedAt: null,
    failure: null,
    by: request.actor.customer,
    ...more,
  };
}

export function wireRefusal(
  code: WireRefusal['code'],
  message: string,
  operation: OperationView | null = null,
): WireRefusal {
  return { code, message, detail: message, operation };
}

function whole(request: IncomingMessage, then: (text: string) => void): void {
  let text = '';
  request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  request.on('end', () => {
    then(text);
  });
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}
