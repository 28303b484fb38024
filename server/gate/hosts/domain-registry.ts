import type { DomainName } from '../../../policy/names.js';
import type { DomainChanges } from '../../store/domains.js';
import type { DomainIdentity, DomainRecord } from '../../store/records.js';
import type { DomainView } from '../../wire/domain.js';
import type { Logger } from '../../wire/logger.js';
import type { HostLink } from './host-link.js';
import { A_DAY, decideNames } from './name-rules.js';
import type { HostFacts } from './name-rules.js';

/** The store's memory of which domains there are. */
export interface KnownDomains {
  list(): readonly DomainRecord[];
  find(name: DomainName): DomainRecord | undefined;
  identities(): readonly DomainIdentity[];
  identitiesOf(name: DomainName): readonly DomainIdentity[];
  retiredSince(time: Date): number;
  /** @throws AuditUnavailableError; none of the changes has happened then */
  settle(changes: DomainChanges): void;
}

export interface RegistryTimes {
  /** How long a domain must be seen to be gone before it is retired. Milliseconds. */
  readonly graceMs: number;
  /** A clock that never jumps. Milliseconds. */
  readonly monotonic: () => number;
  readonly clock: () => Date;
}

/**
 * The most time that counts between two reviews: a gate that was held up saw nothing meanwhile. Milliseconds.
 */
const MOST_PASSED = 30_000;

/** How often a name's time away is written, for the next gate. Milliseconds. */
const WRITTEN_EVERY = 60_000;

/** A host on which a domain ran before. */
export interface FormerHost {
  readonly name: string;
  /** Null: it is in the settings no more. */
  readonly link: HostLink | null;
  /** The UUID under which Xen last had the domain there. */
  readonly uuid: string;
  /** When the name went from that host, by its clock, ISO 8601; null where it has the name, or does not say. */
  readonly goneAt: string | null;
}

/**
 * Keeps the record of which domain each name means: gives what the hosts say to `decideNames`, and records
 * the result.
 */
export class DomainRegistry {
  readonly #known: KnownDomains;
  readonly #times: RegistryTimes;
  readonly #log: Logger;
  /** How long each suspected name has been away, newer than what is written. Milliseconds. */
  #away = new Map<DomainName, number>();
  #ripens = false;
  #unrecorded = false;
  #reviewedAt: number | null = null;
  #writtenAt = -Infinity;
  /** What the hosts said last, so that the same word again costs nothing. */
  #said = new Map<string, string>();

  constructor(known: KnownDomains, times: RegistryTimes, log: Logger) {
    this.#known = known;
    this.#times = times;
    this.#log = log;
  }

  /** Whether time alone can change anything, or a decision is not recorded yet. */
  get isWaiting(): boolean {
    return this.#ripens || this.#unrecorded;
  }

  /** The hosts on which the domain ran, the UUID under which Xen last had it there, and when the name went. */
  ranOn(
    name: DomainName,
  ): readonly { readonly host: string; readonly uuid: string; readonly goneAt: string | null }[] {
    return this.#known
      .identitiesOf(name)
      .flatMap(({ host, ran, goneAt }) => (ran === null ? [] : [{ host, uuid: ran, goneAt }]));
  }

  /** Whether what a host says of this name is new. */
  isNews({ name: host, domains }: HostFacts, name: DomainName): boolean {
    return this.#said.get(`${host} ${name}`) !== said(domains.get(name));
  }

  /**
   * Looks at all names again.
   *
   * @throws AuditUnavailableError when the decisions cannot be recorded; the next look decides anew
   */
  review(hosts: readonly HostFacts[]): void {
    const now = this.#times.monotonic();
    const passed = Math.min(Math.max(now - (this.#reviewedAt ?? now), 0), MOST_PASSED);
    this.#reviewedAt = now;
    const domains = this.#known.list();
    const written = new Map(domains.map((domain) => [domain.name, domain]));
    const changes = decideNames({
      hosts,
      domains: domains.map((domain) => ({
        ...domain,
        absentMs: this.#away.get(domain.name) ?? domain.absentMs,
      })),
      identities: this.#known.identities(),
      retiredLately: this.#known.retiredSince(new Date(this.#times.clock().getTime() - A_DAY)),
      passed,
      grace: this.#times.graceMs,
    });
    this.#away = new Map(
      changes.away.flatMap(({ name, presence, absentMs }) =>
        presence === 'suspected' && !changes.retired.includes(name) ? [[name, absentMs]] : [],
      ),
    );
    this.#said = new Map(
      hosts.flatMap((host) =>
        [...host.domains].map(([name, view]): [string, string] => [`${host.name} ${name}`, said(view)]),
      ),
    );
    this.#ripens = changes.away.some(({ name, presence }) => {
      const { waiting = false, kept = false } = written.get(name) ?? {};
      return presence === 'suspected' && !waiting && !kept;
    });
    const isDue = now - this.#writtenAt >= WRITTEN_EVERY;
    const away = changes.away.filter(
      ({ name, presence }) => isDue || written.get(name)?.presence !== presence,
    );
    if (isDue && away.length > 0) this.#writtenAt = now;
    this.#unrecorded = true;
    this.#record({ ...changes, away });
    this.#unrecorded = false;
  }

  /**
   * The same for one name of which a host tells news. While a host lists the name, the others do not matter to it: so
   * a boot costs the same however many domains there are. While a name is away, all are looked at.
   *
   * @throws AuditUnavailableError as `review`
   */
  reviewName(hosts: readonly HostFacts[], name: DomainName): void {
    const telling = hosts.filter(({ reachable, domains }) => reachable && domains.has(name));
    // The time for which a name is away is counted from look to look.
    const isCounting = this.#away.size > 0 || this.#reviewedAt === null;
    if (telling.length === 0 || this.#unrecorded || isCounting) {
      this.review(hosts);
      return;
    }
    const record = this.#known.find(name);
    const changes = decideNames({
      hosts: hosts.map((host) => onlyOf(host, name)),
      domains: record === undefined ? [] : [record],
      identities: this.#known.identitiesOf(name),
      retiredLately: 0,
      passed: 0,
      grace: this.#times.graceMs,
    });
    this.#unrecorded = true;
    this.#record(changes);
    this.#unrecorded = false;
    for (const host of telling) this.#said.set(`${host.name} ${name}`, said(host.domains.get(name)));
  }

  #record(changes: DomainChanges): void {
    if (Object.values(changes).every((part: readonly unknown[]) => part.length === 0)) return;
    this.#known.settle(changes);
    for (const name of changes.retired) this.#log.info({ domain: name }, 'domain.retired');
    for (const name of changes.held) this.#log.warn({ domain: name }, 'domain.held');
    for (const name of changes.waiting) this.#log.error({ domain: name }, 'domain.waits-for-retirement');
  }
}

/** What a host says of a name that decisions depend on. */
/** What a host says of one name. */
function onlyOf(host: HostFacts, name: DomainName): HostFacts {
  const view = host.domains.get(name);
  const { name: hostName, reachable, names } = host;
  const isIt = (one: { readonly name: string }): boolean => one.name === name;
  return {
    name: hostName,
    reachable,
    domains: new Map(view === undefined ? [] : [[name, view]]),
    names:
      names === null
        ? null
        : {
            others: names.others?.filter((other) => other === name) ?? null,
            missing: names.missing.filter(isIt),
            gone: names.gone.filter(isIt),
          },
  };
}

function said(view: DomainView | undefined): string {
  return JSON.stringify([view?.configured ?? null, view?.incarnation ?? null]);
}
