import type { Store } from '../store/store.js';
import type { UsageHistory } from '../store/usage-history.js';
import { FaultGuard } from '../wire/fault-guard.js';
import { Authorizer } from './access/authorize.js';
import { Revocation } from './access/revocation.js';
import { RoleEnds } from './access/role-ends.js';
import { SessionTerms } from './access/session-terms.js';
import { StandingCheck } from './access/standing.js';
import { AuditNotifier } from './audit/audit-notifier.js';
import { RevokedKeys } from './certificates/revoked-keys.js';
import { LogAccess } from './console-log/log-access.js';
import { SearchQueue } from './console-log/search-queue.js';
import { PendingDepartures } from './console/pending-departures.js';
import type { ConsoleParts } from './console/console-attachment.js';
import { ConsoleMeter } from './console/console-meter.js';
import { ConsoleOptions } from './console/console-options.js';
import type { ConsoleSettings } from './console/console-options.js';
import { Activity } from './customer/activity.js';
import { Interned } from './customer/interned.js';
import type { OwnDomainsParts } from './customer/own-domains.js';
import { OwnKeys } from './customer/own-keys.js';
import { OwnNotices } from './customer/own-notices.js';
import { OwnRecordings } from './customer/own-recordings.js';
import { OwnUsage } from './customer/own-usage.js';
import { SharedAnswers } from './customer/shared-answers.js';
import type { ExecParts } from './exec/exec-session.js';
import { OneProcess } from './gate-wide.js';
import type { GateWide } from './gate-wide.js';
import { HostLink } from './hosts/host-link.js';
import type { HostSettings, HostTimings } from './hosts/host-link.js';
import { CrashWatch } from './hosts/crash-watch.js';
import { Hosts } from './hosts/hosts.js';
import { watchObservations } from './hosts/observation-watch.js';
import { KeyRules } from './keys/key-rules.js';
import type { KeyLimits } from './keys/key-rules.js';
import type { Logger } from '../wire/logger.js';
import type { MenuParts } from './menu/menu-session.js';
import { OpenMenus } from './menu/open-menus.js';
import { ShownDomains } from './menu/shown-domains.js';
import { ExpiryWatch } from './notices/expiry-watch.js';
import { NoticeDelivery } from './notices/notice-delivery.js';
import { NoticeRights } from './notices/notice-rights.js';
import { customerChannels, siteChannels } from './notices/notice-settings.js';
import type { NoticeSettings } from './notices/notice-settings.js';
import { RescueEndRecords } from './operations/rescue-end-records.js';
import { RescueExtensions } from './operations/rescue-extensions.js';
import { OperationDispatcher } from './operations/operation-dispatcher.js';
import { SeedKeys } from './operations/seed-keys.js';
import { CustomerTurns } from './scheduling/customer-turns.js';
import { SlicedQueue } from './scheduling/sliced-queue.js';
import { Slices } from './scheduling/slices.js';
import { MaintenanceWatch } from './policy/maintenance-watch.js';
import { PolicyHolder } from './policy/policy-holder.js';
import type { PolicySource } from './policy/policy-holder.js';
import { WindowWatch } from './policy/window-watch.js';
import { printable } from '../../policy/printable.js';
import { Recordings } from './recording/recordings.js';
import type { RecordingKeeper, RecordingSettings } from './recording/recordings.js';
import { SessionRouter } from './session-router.js';
import { Announcements } from './session/announcements.js';
import { UsageRecorder } from './usage/usage-recorder.js';
import { UsageWatch } from './usage/usage-watch.js';

/** The part of gate.yaml that is not about SSH. */
export interface CoreSettings {
  readonly site: string;
  /** The message of the day; may have several lines. */
  readonly motd: string | null;
  readonly hosts: readonly HostSettings[];
  readonly keys: KeyLimits;
  readonly certificates: { readonly revokedKeys: string | null };
  readonly console: ConsoleSettings;
  readonly recordings: RecordingSettings;
  readonly login: { readonly connectionsPerCustomer: number };
  readonly menu: { readonly idleSeconds: number };
  readonly domains: { readonly graceSeconds: number };
  readonly notices: NoticeSettings;
}

interface CoreParts {
  readonly settings: CoreSettings;
  readonly store: Store;
  readonly policySource: PolicySource;
  readonly log: Logger;
  readonly hostTimings?: Partial<HostTimings>;
  /** When left out, this process is the whole gate. */
  readonly gateWide?: GateWide;
  /** Set in a worker: the coordinator keeps what a gate has once. */
  readonly recordingKeeper?: RecordingKeeper;
  /** Set in the coordinator: has the worker whose recording this is take no more. */
  readonly fillRecording?: (recording: string) => void;
  /** When left out, nothing is recorded of what domains use. */
  readonly usageHistory?: UsageHistory | null;
  /** The clock by which the policy and the keys are judged. */
  readonly clock?: () => Date;
  /** The slices in which everybody's rights are checked again after a change. */
  readonly slices?: Slices;
}

/**
 * How often `hosts.tick` runs, and the list of revoked keys is looked at: some decisions about domains depend
 * on time alone. Milliseconds.
 */
const TICK_MS = 1_000;

/** Policy's answers of the last seconds, for all menus: a customer may have thousands of domains. */
const MOST_ANSWERS = 20_000;

/**
 * The gate without SSH: the parts that decide who may do what, and those that do it. The caller gives each
 * session, from whatever transport, to `sessions`. Nothing here listens on a socket; `start` begins to follow
 * the hosts.
 */
export class GateCore {
  readonly store: Store;
  /** In which customers are served. */
  readonly turns = new CustomerTurns();
  readonly policy: PolicyHolder;
  readonly windows: WindowWatch;
  readonly hosts: Hosts;
  readonly shownDomains: ShownDomains;
  readonly authorizer: Authorizer;
  readonly standing: StandingCheck;
  readonly revokedKeys: RevokedKeys;
  readonly terms: SessionTerms;
  readonly revocation: Revocation;
  readonly operations: OperationDispatcher;
  readonly rescueExtensions: RescueExtensions;
  readonly maintenance: MaintenanceWatch;
  readonly news: AuditNotifier;
  readonly announcements: Announcements;
  readonly gateWide: GateWide;
  readonly recordings: Recordings;
  readonly consoleOptions: ConsoleOptions;
  /** Of this process alone. */
  readonly consoleMeter = new ConsoleMeter();
  /** Null in a worker. */
  readonly usage: UsageWatch | null;
  readonly #usageRecorder: UsageRecorder | null;
  readonly keyRules: KeyRules;
  readonly keys: OwnKeys;
  readonly activity: Activity;
  readonly ownDomains: OwnDomainsParts;
  readonly ownRecordings: OwnRecordings;
  /** The parts that a session needs to run a console, a command or a menu. */
  readonly console: ConsoleParts;
  readonly exec: ExecParts;
  readonly menu: MenuParts;
  readonly sessions: SessionRouter;
  /** Started in one process of the gate. */
  readonly notices: NoticeDelivery;
  readonly #stopHearing: () => void;
  readonly #guard: FaultGuard;
  readonly #rescueEnds: RescueEndRecords | null;
  readonly #roleEnds: RoleEnds;
  readonly #crashes: CrashWatch | null;
  /** Whether this process keeps what a gate has once: the names of domains, open intents, ends of rescues. */
  readonly #isKeeper: boolean;
  readonly #departures = new PendingDepartures();
  #ticks: NodeJS.Timeout | null = null;

  /** @throws NoPolicyError when there is no valid policy and never was one */
  constructor(parts: CoreParts) {
    const { settings, store, policySource, log, hostTimings, clock, slices } = parts;
    const { gateWide = new OneProcess(), recordingKeeper: keeper, fillRecording: fill } = parts;
    this.#isKeeper = keeper === undefined;
    const { audit, roles, parameters, preferences, customers } = store;
    const { attachments, requests: rateLimit } = gateWide;
    this.gateWide = gateWide;
    this.store = store;
    this.#guard = new FaultGuard(log);

    this.policy = new PolicyHolder(policySource, audit, log);
    const { policy } = this;
    this.windows = new WindowWatch(policy, log, clock);
    this.maintenance = new MaintenanceWatch(store.maintenance, log);
    this.news = new AuditNotifier(log);

    const { turns } = this;
    const link = hostTimings === undefined ? { log, turns } : { log, turns, timings: hostTimings };
    this.hosts = new Hosts(
      settings.hosts.map((host) => new HostLink(host, link)),
      store.domains,
      store.lastObservations,
      log,
      { graceMs: settings.domains.graceSeconds * 1000, isKeeper: this.#isKeeper },
    );
    const { hosts } = this;
    this.usage = this.#isKeeper ? new UsageWatch({ hosts: hosts.links, log }) : null;
    this.shownDomains = new ShownDomains({ hosts, news: this.news, log });

    this.revokedKeys = new RevokedKeys(settings.certificates.revokedKeys, log);
    const revoked = this.revokedKeys;
    this.standing = new StandingCheck(store.holders, policy, clock, revoked);
    const defaults = {
      connections: settings.login.connectionsPerCustomer,
      menuIdleSeconds: settings.menu.idleSeconds,
    };
    this.terms = new SessionTerms(defaults, policy, store.holders);
    const { terms } = this;
    this.authorizer = new Authorizer(store.authorizations, policy, {
      rateLimit,
      observations: hosts,
      atOnce: (query) => attachments.count(query),
      hold: (place) => {
        attachments.hold(place);
      },
      revoked,
      ...(clock === undefined ? {} : { clock }),
    });
    const { authorizer, standing } = this;
    const inSlices = slices === undefined ? {} : { slices };
    this.revocation = new Revocation({
      authorizer,
      standing,
      roles,
      log,
      ...(clock === undefined ? {} : { clock: () => clock().getTime() }),
      ...inSlices,
    });
    const { revocation } = this;
    const openMenus = new OpenMenus({
      policy,
      windows: this.windows,
      maintenance: this.maintenance,
      revocation,
      log,
      ...inSlices,
    });
    const untold = (fault: unknown): void => {
      log.error({ err: fault }, 'session.not-told');
    };
    this.announcements = new Announcements(openMenus, untold, slices);

    const seedKeys = new SeedKeys({ keys: store.keys, roles, standing: this.standing });
    this.operations = new OperationDispatcher({
      authorizer,
      hosts,
      roles,
      customers,
      parameters,
      seedKeys,
      grounds: store.grounds,
      audit: {
        openIntents: () => audit.openIntents(),
        append: (event) => {
          if (event.kind === 'operation.ended') audit.appendEnd(event);
          else audit.append(event);
        },
      },
      log,
      ...(clock === undefined ? {} : { clock }),
    });
    this.recordings = new Recordings({
      settings: settings.recordings,
      audit,
      log,
      ...(keeper === undefined ? {} : { keeper }),
      ...(fill === undefined ? {} : { fill }),
    });
    this.consoleOptions = new ConsoleOptions({ settings: settings.console, policy, roles, preferences });
    this.keyRules = new KeyRules({
      settings: settings.keys,
      policy: () => policy.policy,
      holders: store.holders,
    });
    this.keys = new OwnKeys({
      keys: store.keys,
      standing: standing.refusal,
      rules: this.keyRules,
      rateLimit,
    });
    this.activity = new Activity(audit, roles, customers);
    this.rescueExtensions = new RescueExtensions({ authorizer, hosts, roles, operations: this.operations });
    this.#rescueEnds = this.#isKeeper ? new RescueEndRecords({ hosts, audit, log }) : null;
    this.#roleEnds = new RoleEnds(roles, log);
    this.#crashes = this.#isKeeper ? new CrashWatch({ hosts, audit, log }) : null;
    const noticeClock = clock ?? (() => new Date());
    const expiryWatch = new ExpiryWatch({
      keys: store.keys,
      roles,
      customers,
      withExpiry: (key) => this.keyRules.withExpiry(key),
      policy: () => policy.policy,
      tell: (expiring) => {
        store.notices.expiring(expiring);
      },
      clock: noticeClock,
      log,
    });
    const toCustomers = customerChannels(settings.site, settings.notices);
    const rights = new NoticeRights({
      policy: () => policy.policy,
      roles,
      customers,
      observations: hosts,
      clock: noticeClock,
    });
    this.notices = new NoticeDelivery({
      lookForExpiry: (isOver) => expiryWatch.look(isOver),
      notices: store.notices,
      roles,
      channels: siteChannels(settings.site, settings.notices, noticeClock),
      customers: toCustomers === null ? null : { ...toCustomers, rights, addresses: store.noticeAddresses },
      clock: noticeClock,
      log,
    });
    const { operations, recordings, consoleOptions, keys, activity, rescueExtensions } = this;
    const { recordingStore } = recordings;
    const interned = new Interned();
    this.ownDomains = { roles, parameters, hosts, authorizer, policy, consoleOptions, interned };
    this.ownRecordings = new OwnRecordings({
      recordingStore,
      authorizer,
      roles,
      customers,
      audit,
      rateLimit,
      log,
    });

    const { usageHistory: history = null } = parts;
    const ownUsage = history === null ? null : new OwnUsage({ authorizer, hosts, history, turns });
    this.#usageRecorder =
      this.usage === null || history === null
        ? null
        : new UsageRecorder({ watch: this.usage, hosts, history, log });
    const shared = {
      authorizer,
      hosts,
      operations,
      rescueExtensions,
      standing: standing.refusal,
      keys,
      activity,
      ownUsage,
      preferences,
    };
    this.console = {
      departures: this.#departures,
      authorizer,
      hosts,
      operations,
      revocation,
      consoleOptions,
      recordings,
      liveAttachments: attachments,
      announcements: this.announcements,
      turns,
      meter: this.consoleMeter,
      audit,
      log,
    };
    const own = { ownDomains: this.ownDomains, console: this.console, slices: new Slices() };
    const ownNotices = new OwnNotices({
      isOffered: toCustomers !== null,
      site: settings.site,
      addresses: store.noticeAddresses,
      roles,
      authorizer,
      standing: standing.refusal,
      rateLimit,
    });
    this.exec = { ...shared, ...own, ownRecordings: this.ownRecordings, notices: ownNotices };
    this.menu = {
      ...shared,
      ...own,
      notices: ownNotices,
      site: settings.site,
      motd: settings.motd === null ? [] : settings.motd.split('\n').map((line) => printable(line)),
      consoleLog: { access: new LogAccess(this.console), revocation, searches: new SearchQueue() },
      openMenus,
      answers: new SharedAnswers(MOST_ANSWERS),
      maintenance: this.maintenance,
      shownDomains: this.shownDomains,
      refreshes: new SlicedQueue(new Slices(), (fault) => {
        log.error({ err: fault }, 'menu.not-refreshed');
      }),
      preferences,
      terms,
      log,
    };
    const { exec, menu } = this;
    this.sessions = new SessionRouter({
      menu,
      exec,
      openSessions: gateWide.sessions,
      terms,
      standing: standing.refusal,
      revocation,
      roles,
      hosts,
      log,
    });
    this.#stopHearing = this.#listen();
  }

  /** Closes what an earlier gate left open, and begins to follow the hosts and the time. */
  start(): void {
    if (this.#isKeeper) this.operations.closeOpenIntents();
    this.recordings.start();
    this.maintenance.start();
    this.hosts.start();
    this.usage?.start();
    const tick = this.#guard.on('tick', () => {
      this.revokedKeys.refresh();
      this.hosts.tick();
      if (this.#isKeeper) this.#roleEnds.tick();
    });
    this.#ticks = setInterval(tick, TICK_MS).unref();
    this.windows.start();
    if (this.#isKeeper) this.notices.start();
  }

  /** Operations that dom0 has begun go on. Twice is harmless. */
  async stop(): Promise<void> {
    this.#stopHearing();
    this.shownDomains.close();
    this.maintenance.close();
    this.windows.close();
    this.usage?.close();
    this.#usageRecorder?.close();
    this.revocation.close();
    if (this.#ticks !== null) clearInterval(this.#ticks);
    this.#departures.close();
    await this.notices.close();
    await this.recordings.close();
    await this.hosts.close();
    this.#rescueEnds?.close();
    this.#crashes?.close();
    this.operations.close();
  }

  /**
   * Listens to all that may take a right away: the audit log, the policy, its time windows, the domains'
   * states.
   */
  #listen(): () => void {
    const { revocation, news, maintenance } = this;
    const { withdrawals } = this.operations;
    const review = (): void => {
      revocation.review();
      withdrawals.review();
    };
    this.policy.onChange(review);
    this.windows.onChange(review);
    this.revokedKeys.onChange(review);
    watchObservations(this.hosts, (domain) => {
      revocation.reviewDomain(domain);
    });
    return this.store.audit.onAppend((row) => {
      revocation.heard(row);
      withdrawals.heard(row);
      news.heard(row);
      maintenance.heard(row);
    });
  }
}
