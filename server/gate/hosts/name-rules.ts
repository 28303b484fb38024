import type { DomainName } from '../../../policy/names.js';
import type { DomainChanges } from '../../store/domains.js';
import type { DomainIdentity, DomainRecord } from '../../store/records.js';
import type { DomainView, HostNames } from '../../wire/domain.js';

/**
 * The most domains that retire by themselves in a day. If more are gone, the rest wait for an admin: a file
 * system that is not mounted looks like this, and a customer's access must not depend on it.
 */
const MOST_BY_THEMSELVES = 3;

/** Milliseconds. */
export const A_DAY = 24 * 3_600_000;

/** A host, as the rules for names see it. */
export interface HostFacts {
  readonly name: string;
  readonly reachable: boolean;
  /** What was last heard of its domains. */
  readonly domains: ReadonlyMap<DomainName, DomainView>;
  /** Null when the host tells none. */
  readonly names: HostNames | null;
}

/** The facts of a decision; no clock, no store. */
interface NameFacts {
  readonly hosts: readonly HostFacts[];
  readonly domains: readonly DomainRecord[];
  readonly identities: readonly DomainIdentity[];
  /** How many domains have retired by themselves within a day. */
  readonly retiredLately: number;
  /** The time since the last decision, as far as this gate ran; milliseconds of its own clock. */
  readonly passed: number;
  /** How long a domain must be seen to be gone before it is retired; milliseconds. */
  readonly grace: number;
}

/** A name on one host. */
interface Place {
  readonly host: string;
  /**
   * `silent`: the host does not answer. `missing`: it cannot find or read the configuration, and does not say
   * that the name is gone.
   */
  readonly is: 'listed' | 'missing' | 'none' | 'silent';
  readonly before: DomainIdentity | null;
  /** Its identity from now on; null where nothing is known of it. */
  readonly now: DomainIdentity | null;
  /** True when it is not what it was: there was none, or the host saw it go and come back. */
  readonly isNew: boolean;
  /** The UUID under which it exists there in Xen at this moment; null when it does not. */
  readonly runs: string | null;
}

/** Decides what becomes of the names. Pure: the same facts give the same decisions. */
export function decideNames(facts: NameFacts): DomainChanges {
  const known = new Map(facts.domains.map((domain) => [domain.name, domain]));
  const identities = new Map<DomainName, DomainIdentity[]>();
  for (const one of facts.identities)
    identities.set(one.domain, [...(identities.get(one.domain) ?? []), one]);
  const hosts = facts.hosts.map(({ name, reachable, domains, names }, at) => ({
    at,
    name,
    reachable,
    domains,
    names,
    missing: new Set(names?.missing.map((one) => one.name)),
    goneAt: new Map(names?.gone.map((one) => [one.name, one.at])),
  }));
  const onHosts = new PlacesByName(hosts, facts.identities);
  const shown = hosts.flatMap(({ reachable, domains }) => (reachable ? [...domains.keys()] : []));
  const changes: { -readonly [K in keyof DomainChanges]: DomainChanges[K][number][] } = {
    seen: [],
    identities: [],
    away: [],
    waiting: [],
    held: [],
    retired: [],
  };
  const everyHostHeard = hosts.every(({ reachable }) => reachable);
  const suspected: { readonly name: DomainName; readonly ripe: boolean; readonly waits: boolean }[] = [];

  for (const name of new Set([...shown, ...known.keys()])) {
    const record = known.get(name);
    const rows = identities.get(name) ?? [];
    const places = onHosts.of(name).map((host): Place =>
      placeOf(
        name,
        host,
        rows.find((row) => row.host === host.name),
      ),
    );
    // A host that is no longer in the settings has not said that anything is gone.
    const unheard = rows.filter(({ host }) => !onHosts.has(host));
    for (const { before, now } of places)
      if (now !== null && !isSame(before, now)) changes.identities.push(now);

    if (places.some(({ is }) => is === 'listed')) {
      if (record?.presence !== 'present') changes.seen.push(name);
      if (record?.retiredAt === null && isAnother(record, places, unheard, facts.grace))
        changes.held.push(name);
      continue;
    }
    if (record === undefined) continue;
    const isRetired = record.retiredAt !== null;
    if (isRetired && record.presence === 'absent') continue;
    const unsaid =
      places.some(({ is, before }) => is === 'missing' || (is === 'silent' && before?.present === true)) ||
      unheard.some(({ present }) => present) ||
      (rows.length === 0 && !everyHostHeard);
    if (unsaid) {
      if (record.presence !== 'absent' && !isRetired)
        changes.away.push({ name, presence: 'absent', absentMs: record.absentMs });
      continue;
    }
    const absentMs = record.presence === 'suspected' ? record.absentMs + facts.passed : record.absentMs;
    changes.away.push({ name, presence: 'suspected', absentMs });
    if (!record.kept)
      suspected.push({ name, ripe: everyHostHeard && absentMs >= facts.grace, waits: record.waiting });
  }

  const tooMany = suspected.length + facts.retiredLately > MOST_BY_THEMSELVES;
  for (const { name, ripe, waits } of suspected) {
    if (waits) continue;
    if (tooMany) changes.waiting.push(name);
    else if (ripe) changes.retired.push(name);
  }
  return changes;
}

type HostRead = HostFacts & {
  /** Its place among all hosts. */
  readonly at: number;
  readonly missing: ReadonlySet<DomainName>;
  readonly goneAt: ReadonlyMap<DomainName, string>;
};

/**
 * The hosts that have anything to say of a name: they list or miss it, it runs there without a file, or it was there.
 * So a look at all names does not ask every host for each.
 */
class PlacesByName {
  readonly #named: ReadonlyMap<string, HostRead>;
  readonly #of = new Map<string, HostRead[]>();

  constructor(hosts: readonly HostRead[], identities: readonly DomainIdentity[]) {
    this.#named = new Map(hosts.map((host) => [host.name, host]));
    for (const host of hosts) {
      const others = host.names?.others ?? [];
      for (const name of new Set<string>([...host.domains.keys(), ...host.missing, ...others]))
        this.#add(name, host);
    }
    for (const { domain, host: name } of identities) {
      const host = this.#named.get(name);
      if (host !== undefined && this.#of.get(domain)?.includes(host) !== true) this.#add(domain, host);
    }
  }

  has(host: string): boolean {
    return this.#named.has(host);
  }

  /** In the order of the settings. */
  of(name: DomainName): readonly HostRead[] {
    const found = this.#of.get(name) ?? [];
    return found.length < 2 ? found : [...found].sort((one, other) => one.at - other.at);
  }

  #add(name: string, host: HostRead): void {
    const known = this.#of.get(name);
    if (known === undefined) this.#of.set(name, [host]);
    else known.push(host);
  }
}

function placeOf(domain: DomainName, host: HostRead, before: DomainIdentity | null = null): Place {
  const place = { host: host.name, before, isNew: false, runs: null };
  if (!host.reachable) return { ...place, is: 'silent', now: null };
  const view = host.domains.get(domain);
  if (view !== undefined) {
    const told = view.configured ?? null;
    const now = {
      domain,
      host: host.name,
      told: told !== null,
      uuid: told?.uuid ?? null,
      since: told?.since ?? null,
      present: true,
      goneAt: null,
      ran: view.incarnation ?? before?.ran ?? null,
    };
    const isNew = isNewAppearance(before, now);
    return { ...place, is: 'listed', now, isNew, runs: view.incarnation };
  }
  // A domain that still runs there is not gone either.
  if (host.missing.has(domain) || host.names?.others?.includes(domain) === true)
    return { ...place, is: 'missing', now: null };
  // A host that tells names and does not remember this one, as after a new installation, does not say that it
  // is gone.
  if (before?.present === true && host.names !== null && !host.goneAt.has(domain))
    return { ...place, is: 'missing', now: null };
  const goneAt = before?.goneAt ?? host.goneAt.get(domain) ?? null;
  return { ...place, is: 'none', now: before === null ? null : { ...before, present: false, goneAt } };
}

function isNewAppearance(before: DomainIdentity | null, now: DomainIdentity): boolean {
  if (before?.present !== true) return true;
  if (differ(before.uuid, now.uuid)) return true;
  return before.told && now.since !== null && now.since !== before.since;
}

/** Whether the name may now belong to another domain than before. Where that cannot be excluded, it does. */
function isAnother(
  record: DomainRecord,
  places: readonly Place[],
  unheard: readonly DomainIdentity[],
  grace: number,
): boolean {
  // Where no host tells more, many names that went at once (`waiting`) are taken for a host that had lost its
  // files.
  const awayTooLong = record.presence === 'suspected' && record.absentMs >= grace && !record.waiting;
  const earlier = [...places.flatMap(({ before }) => before ?? []), ...unheard];
  const staying = places.filter(({ is, isNew }) => is === 'listed' && !isNew);
  const listed = places.filter(({ is }) => is === 'listed');
  if (listed.some((place) => place.isNew && isNewcomer(place, earlier, staying, places, awayTooLong, grace)))
    return true;
  // A host that was silent says only now that the name had gone from it, long before the name came to where
  // it is.
  const left = places.filter(
    ({ is, before, now }) => is === 'none' && before?.present === true && now?.goneAt != null,
  );
  return left.some(({ now: gone }) => {
    const goneAt = gone?.goneAt ?? '';
    return (
      staying.length > 0 &&
      staying.every(({ now }) => {
        const since = now?.since ?? null;
        return (
          since !== null && between(goneAt, since) > grace && !agree(gone?.uuid ?? null, now?.uuid ?? null)
        );
      })
    );
  });
}

function isNewcomer(
  { now, runs }: Place,
  earlier: readonly DomainIdentity[],
  staying: readonly Place[],
  places: readonly Place[],
  awayTooLong: boolean,
  grace: number,
): boolean {
  if (now === null) return false;
  if (earlier.some(({ uuid }) => agree(uuid, now.uuid))) return false;
  if (earlier.some(({ uuid }) => differ(uuid, now.uuid))) return true;
  // A migration keeps the UUID, and the file may follow much later.
  if (earlier.some(({ ran }) => agree(ran, runs))) return false;
  // Its file was put on one more host, or all hosts have the same files.
  if (staying.some(({ host }) => host !== now.host)) return false;
  if (earlier.length === 0) return awayTooLong;
  const here = earlier.find(({ host }) => host === now.host);
  const others = earlier.filter(({ host }) => host !== now.host);
  const unsaid = others.some(
    ({ host, present }) =>
      present &&
      !places.some((place) => place.host === host && place.is !== 'silent' && place.is !== 'missing'),
  );
  const hereGoneAt = here === undefined ? null : goneAtOf(here, places);
  const moved = others.some((other) => {
    const goneAt = goneAtOf(other, places);
    if (goneAt === null || now.since === null) return false;
    // It was on the other host for a while after it left this one. Otherwise both only had the same file
    // removed.
    const stayed = here === undefined || (hereGoneAt !== null && between(hereGoneAt, goneAt) > grace);
    return stayed && between(goneAt, now.since) <= grace;
  });
  if (moved) return false;
  if (here !== undefined) {
    const seenToGo = now.told && now.since !== null && (here.told || !here.present);
    return seenToGo || awayTooLong;
  }
  if (unsaid) return false;
  const timesKnown = now.since !== null && others.some((other) => goneAtOf(other, places) !== null);
  return timesKnown || awayTooLong;
}

/**
 * When the name went from a host, by that host's clock; null where the host does not say, or has the name.
 */
function goneAtOf(earlier: DomainIdentity, places: readonly Place[]): string | null {
  const place = places.find(({ host }) => host === earlier.host);
  return place?.is === 'none' ? (place.now?.goneAt ?? null) : earlier.goneAt;
}

function between(from: string, to: string): number {
  return Date.parse(to) - Date.parse(from);
}

function agree(one: string | null, other: string | null): boolean {
  return one !== null && one === other;
}

function differ(one: string | null, other: string | null): boolean {
  return one !== null && other !== null && one !== other;
}

function isSame(before: DomainIdentity | null, now: DomainIdentity): boolean {
  return (
    before !== null &&
    before.told === now.told &&
    before.uuid === now.uuid &&
    before.since === now.since &&
    before.present === now.present &&
    before.goneAt === now.goneAt &&
    before.ran === now.ran
  );
}
