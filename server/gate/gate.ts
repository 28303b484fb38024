import { FaultGuard } from '../wire/fault-guard.js';
import type { AuditEvent, EventActor } from '../store/audit-event.js';
import { AuditUnavailableError } from '../store/store-error.js';
import type { Store } from '../store/store.js';
import { Activity } from './customer/activity.js';
import { Announcements } from './session/announcements.js';
import { AuditMarks } from './audit/audit-marks.js';
import { AuditNotifier } from './audit/audit-notifier.js';
import { Authorizer } from './access/authorize.js';
import { LogAccess } from './console-log/log-access.js';
import { SearchQueue } from './console-log/search-queue.js';
import { ConnectionLimit } from './scheduling/connection-limit.js';
import { CustomerRateLimit } from './access/customer-rate-limit.js';
import { ConsoleOptions } from './console/console-options.js';
import type { ConsoleSettings } from './console/console-options.js';
import { LiveAttachments } from './access/live-attachments.js';
import { HostLink } from './hosts/host-link.js';
import type { HostSettings, HostTimings } from './hosts/host-link.js';
import { Hosts } from './hosts/hosts.js';
import { OwnKeys } from './customer/own-keys.js';
import { KeyRules } from './keys/key-rules.js';
import type { KeyLimits } from './keys/key-rules.js';
import type { Log } from './log.js';
import { MaintenanceWatch } from './policy/maintenance-watch.js';
import { MenuIdle } from './menu/menu-idle.js';
import type { MenuSettings } from './menu/menu-idle.js';
import { OperationDispatcher } from './operations/operation-dispatcher.js';
import { PolicyHolder } from './policy/policy-holder.js';
import type { PolicySource, Reloaded } from './policy/policy-holder.js';
import { RuledAccounts } from './ssh/ruled-accounts.js';
import { Revocation } from './access/revocation.js';
import { SessionRouter } from './session-router.js';
import { OwnRecordings } from './customer/own-recordings.js';
import { Recordings } from './recording/recordings.js';
import type { RecordingSettings } from './recording/recordings.js';
import { watchObservations } from './hosts/observation-watch.js';
import type { HostKey } from './ssh/host-key.js';
import type { ListenAddress } from './ssh/listener.js';
import { SshGate } from './ssh/ssh-gate.js';
import type { LiveSessions } from './ssh/ssh-gate.js';
import type { SshSettings } from './ssh/ssh-settings.js';
import { printable } from './printable.js';
import { SlicedQueue } from './scheduling/sliced-queue.js';
import { Slices } from './scheduling/slices.js';
import { StandingCheck } from './access/standing.js';
import { WindowWatch } from './policy/window-watch.js';
import * as words from './text/words.js';

/** What the gate needs of gate.yaml. */
export interface GateCoreSettings extends SshSettings {
  readonly site: string;
  readonly hosts: readonly HostSettings[];
  readonly keys: KeyLimits;
  readonly console: ConsoleSettings;
  readonly recordings: RecordingSettings;
  readonly menu: MenuSettings;
  readonly domains: { readonly graceSeconds: number };
}

export interface GateParts {
  readonly settings: GateCoreSettings;
  readonly store: Store;
  readonly policySource: PolicySource;
  readonly hostKey: HostKey;
  readonly version: string;
  readonly log: Log;
  /** Descriptors of sockets that listen already: they count instead of the settings' addresses. */
  readonly handed?: readonly number[];
  /** For tests. */
  readonly hostTimings?: Partial<HostTimings>;
}

/** How often is looked whether time has decided anything. Milliseconds. */
const TICK_MS = 1_000;

/** How long the first logins wait for hosts that hang. */
const FIRST_TRY_MS = 2_000;

/** The gate, whole: who comes in over SSH, what they may do, and the hosts where it is done. The recordings are all that it writes but by the store. */
export class Gate {
  readonly store: Store;
  readonly policy: PolicyHolder;
  readonly hosts: Hosts;
  readonly authorizer: Authorizer;
  readonly operations: OperationDispatcher;
  readonly revocation: Revocation;
  readonly recordings: Recordings;
  readonly liveAttachments = new LiveAttachments();
  readonly announcements: Announcements;
  readonly maintenance: MaintenanceWatch;
  readonly #windows: WindowWatch;
  readonly #ssh: SshGate;
  readonly #version: string;
  readonly #log: Log;
  readonly #guard: FaultGuard;
  readonly #marks: AuditMarks;
  readonly #stopHearing: () => void;
  #ticks: NodeJS.Timeout | null = null;
  #stopped = false;

  /** @throws NoPolicyError when there is no valid policy and never was one */
  constructor(parts: GateParts) {
    const { settings, store, log } = parts;
    const { audit, roles, parameters } = store;
    this.store = store;
    this.#log = log;
    this.#guard = new FaultGuard(log);
    this.#version = parts.version;
    this.policy = new PolicyHolder(parts.policySource, audit, log);
    const inForce = this.policy;
    const keyRules = new KeyRules({ settings: settings.keys, policy: () => inForce.policy, roles });
    const standing = new StandingCheck(store.holders, inForce);
    this.maintenance = new MaintenanceWatch(store.maintenance, log);
    this.announcements = new Announcements((fault) => {
      log.error({ err: fault }, 'a session could not be told');
    });
    const options = { log, ...(parts.hostTimings === undefined ? {} : { timings: parts.hostTimings }) };
    const links = settings.hosts.map((host) => new HostLink(host, options));
    this.hosts = new Hosts(links, store.domains, store.lastObservations, log, {
      graceMs: settings.domains.graceSeconds * 1000,
    });
    const rateLimit = new CustomerRateLimit();
    const { liveAttachments } = this;
    this.authorizer = new Authorizer(store.authorizations, this.policy, {
      rateLimit,
      observations: this.hosts,
      atOnce: (query) => liveAttachments.count(query),
    });
    const { authorizer, hosts, policy } = this;
    this.operations = new OperationDispatcher({ authorizer, hosts, roles, parameters, audit, log });
    this.revocation = new Revocation({ authorizer, standing, roles, log });
    this.#windows = new WindowWatch(policy, log);
    const windows = this.#windows;
    const { operations, revocation } = this;
    const keys = new OwnKeys({ keys: store.keys, standing: standing.refusal, rules: keyRules, rateLimit });
    const activity = new Activity(audit, roles, store.customers);
    const consoleOptions = new ConsoleOptions({
      settings: settings.console,
      policy,
      roles,
      preferences: store.preferences,
    });
    const ownDomains = { roles, parameters, hosts, authorizer, policy, consoleOptions };
    this.recordings = new Recordings({ settings: settings.recordings, audit, log });
    const { recordings, announcements, maintenance } = this;
    const { recordingStore } = recordings;
    const ownRecordings = new OwnRecordings({
      recordingStore,
      authorizer,
      roles,
      customers: store.customers,
      audit,
      rateLimit,
      log,
    });
    const deps = { authorizer, hosts, operations, revocation, consoleOptions };
    const console = { ...deps, recordings, liveAttachments, announcements, audit, log };
    const motd = settings.motd === null ? [] : settings.motd.split('\n').map((line) => printable(line));
    const { site } = settings;
    this.#marks = new AuditMarks(store.audit, log);
    const news = new AuditNotifier(log);
    const { preferences } = store;
    const handler = new SessionRouter({
      menu: {
        site,
        motd,
        hosts,
        operations,
        keys,
        activity,
        ownDomains,
        console,
        consoleLog: { access: new LogAccess(console), revocation, searches: new SearchQueue() },
        policy,
        maintenance,
        windows,
        news,
        standing: standing.refusal,
        refreshes: new SlicedQueue(new Slices(), (fault) => {
          log.error({ err: fault }, 'a menu could not be made anew');
        }),
        preferences,
        idle: new MenuIdle(settings.menu, policy, roles),
        log,
      },
      exec: {
        authorizer,
        hosts,
        operations,
        keys,
        activity,
        ownRecordings,
        standing: standing.refusal,
        ownDomains,
        console,
      },
      policy,
      roles,
      standing: standing.refusal,
      revocation,
      log,
    });
    const connections = new ConnectionLimit(settings.login.connectionsPerCustomer, policy, roles);
    this.#ssh = new SshGate({
      connectionsOf: (customer) => connections.of(customer),
      // The message of the day is the menu's to show.
      settings: { ...settings, motd: null },
      hostKey: parts.hostKey,
      handed: parts.handed ?? [],
      accounts: new RuledAccounts({
        logins: store.logins,
        holders: store.holders,
        policy: () => inForce.policy,
      }),
      keyUse: store.keys,
      audit,
      handler,
      revocation,
      log,
    });
    this.#stopHearing = audit.onAppend((row) => {
      revocation.heard(row);
      news.heard(row);
      maintenance.heard(row);
      this.#marks.heard();
    });
    maintenance.onChange((row) => {
      if (row !== null) announcements.toConsoles(words.maintenance(row));
    });
    policy.onChange(() => {
      revocation.review();
    });
    windows.onChange(() => {
      revocation.review();
    });
    watchObservations(hosts, (domain) => {
      revocation.reviewDomain(domain);
    });
  }

  /** Live sessions, for admins. */
  get sessions(): LiveSessions {
    return this.#ssh.sessions;
  }

  /**
   * Closes what an earlier gate left open, begins to follow the hosts and lets customers in.
   *
   * @returns the addresses, with the ports that were free where 0 was asked
   * @throws ListenError
   */
  async start(): Promise<ListenAddress[]> {
    this.#record({ kind: 'gate.started', version: this.#version, revision: this.policy.revision });
    this.#marks.note();
    this.operations.closeOpenIntents();
    this.recordings.start();
    this.maintenance.start();
    this.hosts.start();
    this.#ticks = setInterval(
      this.#guard.on('tick', () => {
        this.hosts.tick();
      }),
      TICK_MS,
    ).unref();
    this.#windows.start();
    // Who logs in at once is not told that a host does not answer which was only not asked yet.
    await this.hosts.tried(FIRST_TRY_MS);
    return this.#ssh.listen();
  }

  /** No new logins, a sentence to each session, then out. What dom0 is at goes on. Twice is harmless. */
  async stop(sentence: string): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    await this.#ssh.close(sentence);
    this.#stopHearing();
    this.maintenance.close();
    this.#windows.close();
    this.revocation.close();
    if (this.#ticks !== null) clearInterval(this.#ticks);
    await this.recordings.close();
    await this.hosts.close();
    this.operations.close();
    this.#record({ kind: 'gate.stopped', reason: sentence });
    this.#marks.close();
  }

  /** Reads the policy again. Any problem: the old one stays, and everybody stays. */
  reloadPolicy(actor: EventActor | null = null): Reloaded {
    return this.policy.reload(actor);
  }

  #record(event: AuditEvent): void {
    try {
      this.store.audit.append(event);
    } catch (fault) {
      if (!(fault instanceof AuditUnavailableError)) throw fault;
      this.#log.error({ kind: event.kind, err: fault }, 'THE AUDIT LOG CANNOT BE WRITTEN');
    }
  }
}
