import type { IncomingMessage } from 'node:http';
import type { Refusal } from '../../../policy/refusal.js';
import type { LogSwitch } from '../../wire/log.js';
import { LOG_HEADER } from '../../wire/log.js';
import type { DemandedPermit } from '../access/authorize.js';
import * as words from '../text/words.js';
import { demandPermit } from './demand-permit.js';
import type { Dom0Client } from './dom0-client.js';
import { HostError } from './dom0-client.js';
import { readLogHead } from './log-answer.js';
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
}

/** What became of a switch: done, refused, or uncertain because the host was lost meanwhile. */
type Switched =
  | { readonly result: 'done' }
  | { readonly result: 'refused'; readonly refusal: Refusal }
  | { readonly result: 'uncertain'; readonly refusal: Refusal };

/** The logs of one host's consoles. */
export class HostLog {
  readonly #host: string;
  readonly #client: Dom0Client;
  readonly #keeps: () => boolean;
  readonly #clock: () => Date;

  /**
   * @param keeps whether the host keeps logs on its disk, as last heard; a host that does not knows `since`
   *   alone
   */
  constructor(host: string, client: Dom0Client, keeps: () => boolean, clock: () => Date) {
    this.#host = host;
    this.#client = client;
    this.#keeps = keeps;
    this.#clock = clock;
  }

  /**
   * Whether the host keeps logs on its disk. Only then is there more than the last 256 KiB, and something to
   * switch.
   */
  get onDisk(): boolean {
    return this.#keeps();
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
      return words.refusedByHost(domain, answer.no, this.#clock());
    } catch (fault) {
      return words.hostUnreachable(domain, `${this.#host}: ${message(fault)}`);
    }
  }

  /** Switches a log off or on, with the proof that it is permitted; the same twice is the same as once. */
  async switch(demanded: DemandedPermit, keep: boolean): Promise<Switched> {
    demandPermit(demanded, ['log-switch']);
    const { row, domain, identity } = demanded;
    if (row === null) return { result: 'refused', refusal: words.auditUnavailable('no intent was recorded') };
    const { customer, fingerprint, source } = identity;
    const body: LogSwitch = {
      keep,
      actor: { customer, fingerprint, source, auditSeq: row.seq, auditHash: row.hash },
    };
    try {
      const answer = await this.#client.ask('PUT', `/domains/${encodeURIComponent(domain)}/log`, body);
      if (answer.ok) return { result: 'done' };
      return { result: 'refused', refusal: words.refusedByHost(domain, answer.no, this.#clock()) };
    } catch (fault) {
      const detail = `${this.#host}: ${message(fault)}`;
      return fault instanceof HostError && fault.unsent
        ? { result: 'refused', refusal: words.hostUnreachable(domain, detail) }
        : { result: 'uncertain', refusal: words.hostLostMeanwhile(domain, detail) };
    }
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

function message(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}
