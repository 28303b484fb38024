import type { IncomingMessage } from 'node:http';
import type { Refusal } from '../../../policy/refusal.js';
import type { LogSwitch } from '../../wire/log.js';
import { LOG_HEADER } from '../../wire/log.js';
import type { DemandedPermit } from '../access/authorize.js';
import * as words from '../text/words.js';
import { demandPermit } from './demand-permit.js';
import type { Dom0Client } from './dom0-client.js';
import type { HostRequests, Outcome } from './host-requests.js';
import { readLogHead, readLogSpans } from './log-answer.js';
import type { LogSpansAnswer } from './log-answer.js';
import { LogStream } from './log-stream.js';

/** What to read of a log, within what the permit allows. A field that is left out sets no limit. */
export interface LogRequest {
  /**
   * Leaves out everything before this time. Milliseconds since 1970; of no effect when the role began later.
   */
  readonly since?: number | null;
  /** Only the last so many lines. */
  readonly lines?: number | null;
  /** 0 is the last boot, -1 the one before it. */
  readonly boot?: number | null;
  readonly follow?: boolean;
  /** The position to begin at, and the one to end before. */
  readonly from?: number | null;
  readonly before?: number | null;
  /** One page of at most so many bytes: with `from` the first ones, otherwise the last. */
  readonly bytes?: number | null;
  /** The log in which a boot has this UUID, also of a name that the host manages no more. */
  readonly uuid?: string | null;
}

/** The logs of one host's consoles. */
export class HostLog {
  readonly #client: Dom0Client;
  readonly #requests: HostRequests;
  readonly #keeps: () => boolean;
  readonly #tellsSpans: () => boolean;

  /**
   * @param keeps whether the host keeps logs on its disk, as last heard; a host that does not knows `since`
   *   alone
   * @param tellsSpans whether the host tells which boots are where, and finds a log by a UUID
   */
  constructor(
    client: Dom0Client,
    requests: HostRequests,
    keeps: () => boolean,
    tellsSpans: () => boolean = () => false,
  ) {
    this.#client = client;
    this.#requests = requests;
    this.#keeps = keeps;
    this.#tellsSpans = tellsSpans;
  }

  /**
   * Whether the host keeps logs on its disk. Only then is there more than the last 256 KiB, and something to
   * switch.
   */
  get onDisk(): boolean {
    return this.#keeps();
  }

  /** Whether `spans` may be asked, and a log be asked for by a UUID. */
  get tellsSpans(): boolean {
    return this.#keeps() && this.#tellsSpans();
  }

  /**
   * Which boots are where in a log, with the proof that it may be read; nothing from before the role began.
   *
   * @returns null when the host has no such log, or does not tell
   */
  async spans(
    demanded: DemandedPermit,
    request: Pick<LogRequest, 'since' | 'uuid'> = {},
  ): Promise<LogSpansAnswer | Refusal | null> {
    demandPermit(demanded, ['log']);
    if (!this.tellsSpans) return null;
    const { domain, since } = demanded;
    try {
      const path = `/domains/${encodeURIComponent(domain)}/log?${this.#query(demanded, request)}&spans=1`;
      const answer = await this.#client.ask('GET', path);
      if (answer.ok) return answer.body === null ? null : readLogSpans(answer.body, since);
      return answer.no.code === 'no-such-domain' ? null : this.#requests.refused(domain, answer.no);
    } catch (fault) {
      return this.#requests.unreachable(domain, fault);
    }
  }

  /**
   * Opens a log, with the proof that it may be read. dom0 is asked for nothing from before the role began.
   */
  async open(demanded: DemandedPermit, request: LogRequest = {}): Promise<LogStream | Refusal> {
    demandPermit(demanded, ['log']);
    const { domain, since } = demanded;
    try {
      const answer = await this.#client.stream(
        `/domains/${encodeURIComponent(domain)}/log?${this.#query(demanded, request)}`,
      );
      if (answer.ok) return read(answer.response, since);
      if (answer.no.code === 'usage') return words.notOnThisHost(domain, words.actionWord('log'));
      return this.#requests.refused(domain, answer.no);
    } catch (fault) {
      return this.#requests.unreachable(domain, fault);
    }
  }

  /** Switches a log off or on, with the proof that it is permitted; the same twice is the same as once. */
  async switch(demanded: DemandedPermit, keep: boolean): Promise<Outcome<{ readonly result: 'done' }>> {
    demandPermit(demanded, ['log-switch']);
    return this.#requests.change(demanded, {
      method: 'PUT',
      path: `/domains/${encodeURIComponent(demanded.domain)}/log`,
      body: (actor): LogSwitch => ({ keep, actor }),
      done: () => ({ result: 'done' }),
    });
  }

  #query({ since }: DemandedPermit, request: LogRequest): string {
    const { follow = false, since: asked, ...more } = request;
    const begin = Math.max(Date.parse(since), asked ?? 0);
    const query = new URLSearchParams({ since: new Date(begin).toISOString() });
    if (!this.#keeps()) return query.toString();
    if (follow) query.set('follow', '1');
    for (const [name, value] of Object.entries(more)) {
      if (value !== null) query.set(name, String(value));
    }
    return query.toString();
  }
}

/** @throws Error when the head of the log is not understood */
function read(response: IncomingMessage, since: string): LogStream {
  const value = response.headers[LOG_HEADER];
  try {
    return new LogStream(typeof value === 'string' ? readLogHead(value, since) : null, response);
  } catch (fault) {
    response.destroy();
    throw fault;
  }
}
