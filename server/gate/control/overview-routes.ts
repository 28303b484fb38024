import type { Store } from '../../store/store.js';
import { folderRoom } from '../../wire/folder-check.js';
import type { Host, LiveSession, LiveSessions, RunningGate } from './control-ports.js';
import { lookAtFolders } from './gate-folders.js';
import type { FolderSettings } from './gate-folders.js';
import { seenAt } from '../hosts/hosts.js';
import { hostStatus } from './host-status.js';
import type { ExpiringKeys, HostOverview, OperationOverview, Overview } from './overview.js';
import { policyStatus } from './policy-routes.js';
import { route } from './route.js';
import type { Route } from './route.js';
import { undecided } from './undecided.js';

const DAY_MS = 86_400_000;
/** Refusals of this last time are counted. Milliseconds. */
const REFUSED_FOR_MS = 3_600_000;
/** Keys are told this long before they expire, like certificates of web servers. Days. */
const EXPIRING_DAYS = 14;
/** The rest is only counted. */
const MOST_EXPIRING = 20;

/** What an overview is taken of. */
export type OverviewParts = Pick<
  RunningGate,
  'version' | 'startedAt' | 'sessions' | 'openConsoles' | 'workers' | 'policy' | 'hosts' | 'notices'
>;

/** The route for an overview. It tries and writes nothing, so it may be asked for every second. */
export function overviewRoutes(
  store: Store,
  settings: FolderSettings,
  gate: OverviewParts,
): readonly Route[] {
  return [route('GET', '/overview', {}, () => takeOverview(store, settings, gate))];
}

export async function takeOverview(
  store: Store,
  settings: FolderSettings,
  gate: OverviewParts,
): Promise<Overview> {
  const [hosts, folders] = await Promise.all([
    Promise.all(gate.hosts.map(hostOverview)),
    lookAtFolders(settings, folderRoom),
  ]);
  const now = new Date();
  const since = new Date(now.getTime() - REFUSED_FOR_MS);
  return {
    at: now.toISOString(),
    version: gate.version,
    startedAt: gate.startedAt.toISOString(),
    sessions: sessionsByKind(gate.sessions),
    consoles: gate.openConsoles(),
    workers: gate.workers(),
    policy: policyStatus(gate.policy),
    maintenance: store.maintenance.get(),
    audit: { seq: store.audit.head().seq, trouble: store.audit.trouble() },
    folders,
    hosts,
    domains: undecided(store),
    expiring: expiringKeys(store, now),
    refused: { since: since.toISOString(), ...store.audit.refusals(since) },
    notices: gate.notices.counts(),
    backup: store.audit.lastBackup() ?? null,
  };
}

async function hostOverview(host: Host): Promise<HostOverview> {
  const half = await host.status();
  const domains = [...host.domains.values()];
  const looks = domains.map((view) => seenAt({ host, view })).sort();
  return {
    ...hostStatus(host),
    half,
    heardAt: host.heardAt?.toISOString() ?? null,
    lookedAt: looks.at(-1) ?? null,
    states: tally(domains.map(({ observation }) => observation.state)),
    attached: tally(domains.map((domain) => domain.console)),
    underWay: domains.flatMap(({ operation }): OperationOverview[] => {
      if (operation === null) return [];
      const { id, domain, verb, by, startedAt, place } = operation;
      return [{ id, domain, verb, by, startedAt, place }];
    }),
  };
}

function sessionsByKind(sessions: LiveSessions): Readonly<Record<LiveSession['what'], number>> {
  const all = [...sessions.list(), ...sessions.withoutSession()];
  return { menu: 0, 'plain-menu': 0, exec: 0, connection: 0, ...tally(all.map(({ what }) => what)) };
}

function expiringKeys({ keys }: Store, now: Date): ExpiringKeys {
  const found = keys.expiringUntil(new Date(now.getTime() + EXPIRING_DAYS * DAY_MS));
  const next = found.slice(0, MOST_EXPIRING).map(({ customer, fingerprint, expiresAt }) => ({
    customer,
    fingerprint,
    expiresAt: expiresAt ?? '',
  }));
  return { within: EXPIRING_DAYS, count: found.length, next };
}

function tally<T extends string>(words: readonly T[]): Partial<Record<T, number>> {
  const counts: Partial<Record<T, number>> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
