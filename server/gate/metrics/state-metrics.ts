import { Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { DomainView } from '../../wire/domain.js';
import type { HostOverview, Overview } from '../control/overview.js';

const MEBIBYTE = 1024 ** 2;

/** A managed domain with the host that shows it. */
export interface HostedDomain {
  readonly host: string;
  readonly view: DomainView;
}

function gaugesIn(registry: Registry) {
  const gauge = (name: string, help: string, labelNames: string[] = []): Gauge =>
    new Gauge({ name: `postern_${name}`, help, labelNames, registers: [registry] });
  return {
    build: gauge('build_info', 'The version of the gate; always 1.', ['version']),
    started: gauge('start_time_seconds', 'When the gate started, since the epoch.'),
    sessions: gauge('sessions', 'Sessions that are open, by what they are.', ['kind']),
    consoles: gauge('consoles', 'Consoles that are open, by what their visitors may do.', ['mode']),
    customers: gauge('customer_sessions', 'Sessions that are open, by customer.', ['customer']),
    revision: gauge('policy_revision', 'The revision of the policy in force.'),
    problems: gauge('policy_problems', 'Problems of the policy files, which are not in force then.'),
    maintenance: gauge('maintenance', '1 while there is maintenance.'),
    row: gauge('audit_row', 'The number of the last row of the audit log.'),
    writable: gauge('audit_writable', '1 while the audit log can be written, else 0.'),
    free: gauge('free_bytes', 'Room for files. The gate has no host.', ['host', 'folder']),
    notices: gauge('notices_waiting', 'Notices that are not sent yet.', ['channel']),
    unsent: gauge('notice_messages_failed', 'Messages that were given up, as far as they are kept.', [
      'channel',
    ]),
    expiring: gauge('keys_expiring', 'Registered keys that expire within 14 days.'),
    backup: gauge('last_backup_time_seconds', 'When a backup was made last, since the epoch.'),
    undecided: gauge('domains_undecided', 'Domains that wait for an admin.', ['why']),
    up: gauge('host_up', '1 while the dom0 half of a host is heard.', ['host']),
    half: gauge('host_info', 'The version of the dom0 half; always 1.', ['host', 'version']),
    looked: gauge('host_looked_time_seconds', "When the host's toolstack answered last.", ['host']),
    troubles: gauge('host_troubles', 'What the dom0 half complains of.', ['host']),
    domains: gauge('domains', 'Managed domains, by state.', ['host', 'state']),
    attached: gauge('host_consoles', 'Consoles as the dom0 half has them.', ['host', 'state']),
    underWay: gauge('operations', 'Operations under way, and those that wait.', ['host', 'phase']),
    cpu: gauge('domain_cpu_seconds', 'Seconds of CPU since the domain was created.', ['host', 'domain']),
    memory: gauge('domain_memory_bytes', 'Memory of the domain.', ['host', 'domain']),
  };
}

/** What is there at the moment of a scrape. Names that have gone leave no number behind. */
export class StateMetrics {
  readonly #gauges;

  constructor(registry: Registry) {
    this.#gauges = gaugesIn(registry);
  }

  /** @param bySessions the number of sessions of each customer; null: customers are not named */
  take(
    overview: Overview,
    domains: Iterable<HostedDomain>,
    bySessions: ReadonlyMap<string, number> | null,
  ): void {
    for (const gauge of Object.values(this.#gauges)) gauge.reset();
    const { policy, audit, consoles, backup, folders } = overview;
    this.#gauges.build.set({ version: overview.version }, 1);
    this.#gauges.started.set(seconds(overview.startedAt));
    for (const [kind, count] of Object.entries(overview.sessions)) this.#gauges.sessions.set({ kind }, count);
    this.#gauges.consoles.set({ mode: 'write' }, consoles.writing);
    this.#gauges.consoles.set({ mode: 'watch' }, consoles.watching);
    for (const [customer, count] of bySessions ?? []) this.#gauges.customers.set({ customer }, count);
    this.#gauges.revision.set(policy.revision);
    this.#gauges.problems.set(policy.problems.length);
    this.#gauges.maintenance.set(overview.maintenance === null ? 0 : 1);
    this.#gauges.row.set(audit.seq);
    this.#gauges.writable.set(audit.trouble === null ? 1 : 0);
    for (const { what, free } of folders)
      if (free !== null) this.#gauges.free.set({ host: '', folder: what }, free);
    this.#gauges.expiring.set(overview.expiring.count);
    for (const { name: channel, waiting, failed } of overview.notices ?? []) {
      this.#gauges.notices.set({ channel }, waiting);
      this.#gauges.unsent.set({ channel }, failed);
    }
    this.#gauges.backup.set(backup === null ? 0 : seconds(backup.at));
    for (const [why, names] of Object.entries(overview.domains))
      this.#gauges.undecided.set({ why }, names.length);
    for (const host of overview.hosts) this.#takeHost(host);
    for (const { host, view } of domains) {
      const labels = { host, domain: view.name };
      if (view.cpuSeconds !== null) this.#gauges.cpu.set(labels, view.cpuSeconds);
      if (view.memoryMiB !== null) this.#gauges.memory.set(labels, view.memoryMiB * MEBIBYTE);
    }
  }

  #takeHost({ name: host, reachable, half, lookedAt, states, attached, underWay }: HostOverview): void {
    this.#gauges.up.set({ host }, reachable ? 1 : 0);
    if (half !== null) {
      this.#gauges.half.set({ host, version: half.version }, 1);
      this.#gauges.troubles.set({ host }, half.troubles.length);
      for (const { what, free } of half.folders)
        if (free !== null) this.#gauges.free.set({ host, folder: what }, free);
    }
    if (lookedAt !== null) this.#gauges.looked.set({ host }, seconds(lookedAt));
    for (const [state, count] of Object.entries(states)) this.#gauges.domains.set({ host, state }, count);
    for (const [state, count] of Object.entries(attached)) this.#gauges.attached.set({ host, state }, count);
    const queued = underWay.filter(({ place }) => place > 0).length;
    this.#gauges.underWay.set({ host, phase: 'running' }, underWay.length - queued);
    this.#gauges.underWay.set({ host, phase: 'queued' }, queued);
  }
}

function seconds(time: string): number {
  return Date.parse(time) / 1000;
}
