import { isSeenAlive } from '../../../policy/domain-state.js';
import type { DomainState } from '../../../policy/domain-state.js';
import type { DomainName } from '../../../policy/names.js';
import type { AuditEvent } from '../../store/audit-event.js';
import { AuditUnavailableError } from '../../store/store-error.js';
import type { DomainView } from '../../wire/domain.js';
import type { Logger } from '../../wire/logger.js';
import type { Unsubscribe } from '../session/terminal.js';
import { onDomainNews } from './domain-news.js';
import type { HostsEvent } from './hosts.js';

/** A domain that boots so often in so long, and not by an operation of ours, is in a loop. Milliseconds. */
const LOOP = { boots: 4, withinMs: 600_000 } as const;
/** A loop that lasts is told again after so long. Milliseconds. */
const AGAIN_MS = 3_600_000;

/** Between two lives. */
const DOWN: readonly DomainState[] = ['off', 'rebooting', 'crashed'];

interface CrashWatchParts {
  readonly hosts: { onEvent(listener: (event: HostsEvent) => void): Unsubscribe };
  readonly audit: {
    /** @throws AuditUnavailableError */
    append(event: AuditEvent): unknown;
    /** The last crash of the domain that is recorded. */
    lastCrash(domain: DomainName): Extract<AuditEvent, { kind: 'domain.crashed' }> | undefined;
  };
  readonly log: Logger;
  /** Monotonic. Milliseconds. */
  readonly monotonic?: () => number;
}

interface Watched {
  /** As the host told of it before; undefined: not yet. */
  before?: DomainView;
  /** The boots that nobody asked for here. */
  boots: readonly number[];
  /** When its loop was recorded; null: not yet. */
  toldAt: number | null;
  /** The `since` of the crash that is recorded. */
  crash: string | null;
}

/**
 * Records that a domain has crashed, or boots again and again. A crash while no gate ran is recorded by the next one,
 * if Xen keeps the domain; a loop is counted anew by each gate.
 */
export class CrashWatch {
  readonly #parts: CrashWatchParts;
  readonly #now: () => number;
  readonly #watched = new Map<string, Watched>();
  readonly #unsubscribe: Unsubscribe;

  constructor(parts: CrashWatchParts) {
    this.#parts = parts;
    this.#now = parts.monotonic ?? (() => performance.now());
    this.#unsubscribe = onDomainNews({
      hosts: parts.hosts,
      // A life that begins counts its CPU time anew.
      loads: true,
      take: (host, view) => this.#take(host, view),
      gone: (host, name) => {
        this.#watched.delete(`${host} ${name}`);
      },
    });
  }

  close(): void {
    this.#unsubscribe();
  }

  /** @returns false when something could not be recorded */
  #take(host: string, view: DomainView): boolean {
    const { name: domain, observation, operation } = view;
    // While it is not known what it does, its last state counts.
    if (observation.state === 'unknown') return true;
    const key = `${host} ${domain}`;
    const watched: Watched = this.#watched.get(key) ?? { boots: [], toldAt: null, crash: null };
    this.#watched.set(key, watched);
    const { before } = watched;
    watched.before = view;
    try {
      if (observation.state === 'crashed') this.#crashed(host, domain, observation.since, watched);
      // An operation of ours, before or now, explains it.
      if (before === undefined || before.operation !== null || operation !== null) return true;
      if (hasBooted(before, view)) this.#booted(host, domain, watched);
      return true;
    } catch (fault) {
      if (!(fault instanceof AuditUnavailableError)) throw fault;
      this.#parts.log.error({ domain, host }, 'crash.not-recorded');
      return false;
    }
  }

  #crashed(host: string, domain: DomainName, since: string, watched: Watched): void {
    if (watched.crash === since) return;
    const { audit } = this.#parts;
    const recorded = audit.lastCrash(domain);
    if (recorded?.host !== host || recorded.since !== since)
      audit.append({ kind: 'domain.crashed', domain, host, since });
    watched.crash = since;
  }

  #booted(host: string, domain: DomainName, watched: Watched): void {
    const now = this.#now();
    watched.boots = [...watched.boots, now].filter((at) => now - at < LOOP.withinMs);
    if (watched.boots.length < LOOP.boots) return;
    if (watched.toldAt !== null && now - watched.toldAt < AGAIN_MS) return;
    const seconds = Math.max(1, Math.round((now - (watched.boots[0] ?? now)) / 1000));
    this.#parts.audit.append({
      kind: 'domain.looping',
      domain,
      host,
      boots: watched.boots.length,
      seconds,
    });
    watched.toldAt = now;
  }
}

/** Xen keeps the UUID over a reboot from inside, but a new life counts its CPU time anew. */
function hasBooted(before: DomainView, now: DomainView): boolean {
  if (!isSeenAlive(now.observation.state) || now.observation.state === 'crashed') return false;
  if (DOWN.includes(before.observation.state)) return !DOWN.includes(now.observation.state);
  if (before.incarnation !== null && now.incarnation !== null && before.incarnation !== now.incarnation)
    return true;
  return before.cpuSeconds !== null && now.cpuSeconds !== null && now.cpuSeconds < before.cpuSeconds;
}
