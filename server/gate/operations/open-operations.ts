import type { DomainName } from '../../../policy/names.js';
import type { Refusal, RefusalCode } from '../../../policy/refusal.js';
import type { AuditEvent } from '../../store/audit-event.js';
import { AuditUnavailableError } from '../../store/store-error.js';
import type { OperationView } from '../../wire/operation.js';
import type { HostLink } from '../hosts/host-link.js';
import type { Hosts } from '../hosts/hosts.js';
import { FaultGuard } from '../../wire/fault-guard.js';
import type { Logger } from '../../wire/logger.js';
import type { Unsubscribe } from '../session/terminal.js';

/** Where outcomes are recorded. */
export interface OutcomeLog {
  /** @throws AuditUnavailableError */
  append(event: AuditEvent): unknown;
}

/** How an operation ended. `lost`: every host that may have had it answered that it does not know it. */
export type OperationEnd =
  | { readonly outcome: 'done' | 'failed' | 'superseded'; readonly operation: OperationView }
  | { readonly outcome: 'lost' };

type Outcome = Extract<AuditEvent, { kind: 'operation.ended' }>['outcome'];

/** The intent that an outcome belongs to. */
interface Intent {
  readonly operation: string;
  readonly domain: DomainName;
}

/** Milliseconds. */
export interface OpenTimings {
  /** How often operations in doubt are asked about, and unrecorded outcomes are written again. */
  readonly sweep: number;
  /** How long a request that was given up may still be on its way. */
  readonly late: number;
}

interface Open extends Intent {
  /** Null when it is not known which host was asked. */
  readonly host: HostLink | null;
  readonly finish: (end: OperationEnd) => void;
  /** Hosts that answered that they do not know it. */
  readonly unknownTo: Set<HostLink>;
  /** Hosts that could not be asked the last time. */
  readonly mute: Set<HostLink>;
  /** True while it is not known whether the host took it up; the host is asked until it says so. */
  doubted: boolean;
  /**
   * Milliseconds since the epoch. Until then the request may still reach a host that says it does not know
   * it.
   */
  settledAfter: number;
  /** Counts what hosts said of it. A newer word makes the answer to an earlier question void. */
  heard: number;
}

const TIMINGS: OpenTimings = { sweep: 5_000, late: 15_000 };

/** The longest time in which a gate asks for an intent that it recorded, all tries included. Milliseconds. */
const ASKING = 40_000;

/**
 * The operations whose outcome is not recorded yet. Each gets exactly one `operation.ended`, even when a host
 * is lost, the disk is full, or an earlier gate died.
 */
export class OpenOperations {
  readonly #hosts: Hosts;
  readonly #audit: OutcomeLog;
  readonly #log: Logger;
  readonly #timings: OpenTimings;
  readonly #open = new Map<string, Open>();
  readonly #unsubscribe: Unsubscribe;
  #unrecorded: AuditEvent[] = [];
  #sweeper: NodeJS.Timeout | null = null;

  constructor(hosts: Hosts, audit: OutcomeLog, log: Logger, timings: OpenTimings = TIMINGS) {
    this.#timings = timings;
    this.#hosts = hosts;
    this.#audit = audit;
    this.#log = log;
    this.#unsubscribe = hosts.onEvent(({ host, event }) => {
      if (event.event === 'operation') this.take(event.operation);
      // Ask for those that ended while the host was not heard.
      if (event.event === 'reachable') for (const open of this.#of(host)) void this.#ask(open, host);
    });
  }

  get size(): number {
    return this.#open.size;
  }

  has(operation: string): boolean {
    return this.#open.has(operation);
  }

  /**
   * Watches an operation whose request is sent next. Call `take`, `refuse` or `doubt` when it is known how
   * that went. @returns how the operation ends; never settles after `refuse`
   */
  watch(intent: Intent, host: HostLink): Promise<OperationEnd> {
    return new Promise((resolve) => {
      this.#add(intent, { host, doubted: false, settledAfter: Infinity, finish: resolve });
    });
  }

  /**
   * Takes over an intent of an earlier gate, which may have sent the request in its last moment.
   *
   * @param at when it was recorded, milliseconds since the epoch
   * @returns how the operation ends
   */
  adopt(intent: Intent, at: number): Promise<OperationEnd> {
    const settledAfter = Math.min(Date.now(), at + ASKING) + this.#timings.late;
    const ended = new Promise<OperationEnd>((resolve) => {
      this.#add(intent, { host: null, doubted: true, settledAfter, finish: resolve });
    });
    this.#sweepLater();
    for (const link of this.#hosts.links) {
      const open = this.#open.get(intent.operation);
      if (link.reachable && open !== undefined) void this.#ask(open, link);
    }
    return ended;
  }

  /** Takes what a host says about an operation. */
  take(operation: OperationView): void {
    const open = this.#open.get(operation.id);
    if (open === undefined) return;
    open.doubted = false;
    open.settledAfter = 0;
    open.heard += 1;
    const { phase, failure } = operation;
    if (phase === 'queued' || phase === 'running') return;
    this.#finish(open, phase, { outcome: phase, operation }, failure?.code ?? null, failureDetail(failure));
  }

  /** The host refused the operation. */
  refuse(intent: Intent, no: Refusal): void {
    if (!this.#open.delete(intent.operation)) return;
    this.record(intent, 'refused', no.code, no.detail);
  }

  /** It is not known whether the host has it. */
  doubt(intent: Intent): void {
    const open = this.#open.get(intent.operation);
    if (open === undefined) return;
    open.doubted = true;
    open.settledAfter = Date.now() + this.#timings.late;
    this.#sweepLater();
  }

  /** Records an outcome. One that cannot be written now is written as soon as it can be. */
  record(
    { operation, domain }: Intent,
    outcome: Outcome,
    code: RefusalCode | null,
    detail: string | null,
  ): void {
    const event: AuditEvent = { kind: 'operation.ended', operation, domain, outcome, code, detail };
    if (this.#append(event)) return;
    this.#log.error({ operation, outcome }, 'operation.outcome-not-recorded');
    this.#unrecorded.push(event);
    this.#sweepLater();
  }

  close(): void {
    this.#unsubscribe();
    if (this.#sweeper !== null) clearInterval(this.#sweeper);
    this.#sweeper = null;
  }

  #add(
    { operation, domain }: Intent,
    what: Pick<Open, 'host' | 'doubted' | 'settledAfter' | 'finish'>,
  ): void {
    this.#open.set(operation, {
      operation,
      domain,
      unknownTo: new Set(),
      mute: new Set(),
      heard: 0,
      ...what,
    });
  }

  #of(host: HostLink): Open[] {
    return [...this.#open.values()].filter((open) => open.host === null || open.host === host);
  }

  async #ask(open: Open, host: HostLink): Promise<void> {
    const isSettled = Date.now() >= open.settledAfter;
    const { heard } = open;
    let operation: OperationView | null;
    try {
      operation = await host.operations.find(open.operation);
    } catch (fault) {
      const fields = { operation: open.operation, host: host.name, err: fault };
      // It is asked every few seconds for as long as it cannot say.
      if (open.mute.has(host)) this.#log.debug(fields, 'operation.unknown');
      else this.#log.warn(fields, 'operation.unknown');
      open.mute.add(host);
      this.#sweepLater();
      return;
    }
    open.mute.delete(host);
    if (this.#open.get(open.operation) !== open) return;
    if (operation !== null) {
      this.take(operation);
      return;
    }
    if (!isSettled || open.heard !== heard) return;
    open.unknownTo.add(host);
    const asked = open.host === null ? this.#hosts.links : [open.host];
    if (!asked.every((link) => open.unknownTo.has(link))) return;
    this.#finish(open, 'lost', { outcome: 'lost' }, null, 'no host knows it');
  }

  #finish(
    open: Open,
    outcome: Outcome,
    end: OperationEnd,
    code: RefusalCode | null,
    detail: string | null,
  ): void {
    this.#open.delete(open.operation);
    this.record(open, outcome, code, detail);
    open.finish(end);
  }

  #append(event: AuditEvent): boolean {
    try {
      this.#audit.append(event);
      return true;
    } catch (fault) {
      if (!(fault instanceof AuditUnavailableError)) throw fault;
      return false;
    }
  }

  #sweepLater(): void {
    const sweep = new FaultGuard(this.#log).on('sweep', () => {
      this.#sweep();
    });
    this.#sweeper ??= setInterval(sweep, this.#timings.sweep).unref();
  }

  #sweep(): void {
    const rest = this.#unrecorded;
    this.#unrecorded = [];
    for (const event of rest)
      if (this.#unrecorded.length > 0 || !this.#append(event)) this.#unrecorded.push(event);
    const doubted = [...this.#open.values()].filter((open) => open.doubted);
    for (const open of doubted) {
      for (const link of open.host === null ? this.#hosts.links : [open.host]) {
        if (link.reachable && (open.host !== null || !open.unknownTo.has(link))) void this.#ask(open, link);
      }
    }
    if (this.#unrecorded.length > 0 || doubted.length > 0 || this.#sweeper === null) return;
    clearInterval(this.#sweeper);
    this.#sweeper = null;
  }
}

function failureDetail(failure: OperationView['failure']): string | null {
  if (failure === null) return null;
  return failure.detail === '' ? failure.message : failure.detail;
}
