import type { Store } from '../store/store.js';
import { FaultGuard } from '../wire/fault-guard.js';
import type { Authorizer } from './access/authorize.js';
import type { Revocation } from './access/revocation.js';
import { RoleEnds } from './access/role-ends.js';
import type { SessionTerms } from './access/session-terms.js';
import type { StandingCheck } from './access/standing.js';
import { AuditNotifier } from './audit/audit-notifier.js';
import type { RevokedKeys } from './certificates/revoked-keys.js';
import { LogAccess } from './console-log/log-access.js';
import { SearchQueue } from './console-log/search-queue.js';
import { PendingDepartures } from './console/pending-departures.js';
import type { ConsoleParts } from './console/console-attachment.js';
import { ConsoleMeter } from './console/console-meter.js';
import { ConsoleOptions } from './console/console-options.js';
import { Activity } from './customer/activity.js';
import { Interned } from './customer/interned.js';
import type { OwnDomainsParts } from './customer/own-domains.js';
import { OwnKeys } from './customer/own-keys.js';
import { OwnRecordings } from './customer/own-recordings.js';
import { OwnUsage } from './customer/own-usage.js';
import { SharedAnswers } from './customer/shared-answers.js';
import type { ExecParts } from './exec/exec-session.js';
import type { CoreParts } from './core-parts.js';
import { GateAccess } from './gate-access.js';
import { GateNotices } from './gate-notices.js';
import { OneProcess } from './gate-wide.js';
import type { GateWide } from './gate-wide.js';
import { HostLink } from './hosts/host-link.js';
import { CrashWatch } from './hosts/crash-watch.js';
import { Hosts } from './hosts/hosts.js';
import { watchObservations } from './hosts/observation-watch.js';
import { KeyRules } from './keys/key-rules.js';
import type { MenuParts } from './menu/menu-session.js';
import { OpenMenus } from './menu/open-menus.js';
import { ShownDomains } from './menu/shown-domains.js';
import type { NoticeDelivery } from './notices/notice-delivery.js';
import { RescueEndRecords } from './operations/rescue-end-records.js';
import { RescueExtensions } from './operations/rescue-extensions.js';
import { OperationDispatcher } from './operations/operation-dispatcher.js';
import { SeedKeys } from './operations/seed-keys.js';
import { CustomerTurns } from './scheduling/customer-turns.js';
import { SlicedQueue } from './scheduling/sliced-queue.js';
import { Slices } from './scheduling/slices.js';
import { MaintenanceWatch } from './policy/maintenance-watch.js';
import { PolicyHolder } from './policy/policy-holder.js';
import { WindowWatch } from './policy/window-watch.js';
import { printable } from '../../policy/printable.js';
import { Recordings } from './recording/recordings.js';
import { SessionRouter } from './session-router.js';
import { Announcements } from './session/announcements.js';
import { UsageRecorder } from './usage/usage-recorder.js';
import { UsageWatch } from './usage/usage-watch.js';

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

    const access = new GateAccess(parts, policy, hosts, gateWide);
    const { authorizer, standing, terms, revocation } = access;
    this.authorizer = authorizer;
    this.standing = standing;
    this.terms = terms;
    this.revocation = revocation;
    this.revokedKeys = access.revokedKeys;
    const inSlices = slices === undefined ? {} : { slices };
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

    const seedKeys = new SeedKeys({ keys: store.keys, roles, standing });
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
    const notices = new GateNotices(parts, {
      policy,
      hosts,
      keyRules: this.keyRules,
      authorizer,
      standing,
      rateLimit,
    });
    this.notices = notices.delivery;
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
    const { ownDomains, ownRecordings } = this;
    const own = { ownDomains, ownRecordings, notices: notices.own };
    const work = { console: this.console, slices: new Slices() };
    this.exec = { ...shared, ...own, ...work };
    this.menu = {
      ...shared,
      ...own,
      ...work,
      site: settings.site,
      motd: settings.motd === null ? [] : settings.motd.split('\n').map((line) => printable(line)),
      consoleLog: { access: new LogAccess(this.console), revocation, searches: new SearchQueue(), turns },
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
