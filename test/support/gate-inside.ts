import { join } from 'node:path';
import type { Action } from '../../policy/actions.js';
import { ACTIONS } from '../../policy/actions.js';
import type { CustomerName, DomainName, Fingerprint } from '../../policy/names.js';
import type { Limit, Policy, Rule } from '../../policy/policy.js';
import type { Role } from '../../policy/roles.js';
import { CTRL_BRACKET } from '../../policy/escape-key.js';
import { Activity } from '../../server/gate/customer/activity.js';
import { Announcements } from '../../server/gate/session/announcements.js';
import { AuditNotifier } from '../../server/gate/audit/audit-notifier.js';
import { Authorizer } from '../../server/gate/access/authorize.js';
import { ExecSession } from '../../server/gate/exec/exec-session.js';
import { parseCommand } from '../../server/gate/exec/grammar.js';
import { LogAccess } from '../../server/gate/console-log/log-access.js';
import type { MenuLogParts } from '../../server/gate/console-log/menu-log.js';
import { SearchQueue } from '../../server/gate/console-log/search-queue.js';
import { HostLink } from '../../server/gate/hosts/host-link.js';
import type { HostTimings } from '../../server/gate/hosts/host-link.js';
import { Hosts } from '../../server/gate/hosts/hosts.js';
import type { Identity } from '../../server/gate/session/identity.js';
import type { OwnDomainsParts } from '../../server/gate/customer/own-domains.js';
import { ConsoleOptions } from '../../server/gate/console/console-options.js';
import { LiveAttachments } from '../../server/gate/access/live-attachments.js';
import type { ConsoleSettings } from '../../server/gate/console/console-options.js';
import { MaintenanceWatch } from '../../server/gate/policy/maintenance-watch.js';
import type { MenuParts } from '../../server/gate/menu/menu-session.js';
import { MenuIdle } from '../../server/gate/menu/menu-idle.js';
import type { ConsoleParts } from '../../server/gate/console/console-attachment.js';
import { OwnRecordings } from '../../server/gate/customer/own-recordings.js';
import { Recordings } from '../../server/gate/recording/recordings.js';
import { CustomerRateLimit } from '../../server/gate/access/customer-rate-limit.js';
import { KeyRules } from '../../server/gate/keys/key-rules.js';
import { OwnKeys } from '../../server/gate/customer/own-keys.js';
import { OperationDispatcher } from '../../server/gate/operations/operation-dispatcher.js';
import { PolicyHolder } from '../../server/gate/policy/policy-holder.js';
import type { LoadResult } from '../../server/gate/policy/policy-holder.js';
import { Revocation } from '../../server/gate/access/revocation.js';
import { SlicedQueue } from '../../server/gate/scheduling/sliced-queue.js';
import { Slices } from '../../server/gate/scheduling/slices.js';
import { StandingCheck } from '../../server/gate/access/standing.js';
import { watchObservations } from '../../server/gate/hosts/observation-watch.js';
import { WindowWatch } from '../../server/gate/policy/window-watch.js';
import type { AuditEvent, AuditKind } from '../../server/store/audit-event.js';
import { isRefusal } from '../../policy/refusal.js';
import { Dom0StandIn } from './dom0-stand-in.js';
import { eventually } from './eventually.js';
import type { FakeTerminal } from './fake-terminal.js';
import { silentLogger } from './silent-logger.js';
import { ADMIN, customerName, domainName, fingerprint, TemporaryStore } from './temporary-store.js';

const PLACE = { file: 'test.yaml', line: 1, column: 1 };

export function rule(effect: Rule['effect'], actions: readonly Action[], more: Partial<Rule> = {}): Rule {
  return {
    id: `${effect}-${actions.join('-')}`,
    effect,
    subjects: { customers: [], groups: [], roles: [] },
    domains: { names: [], tags: [] },
    actions,
    profiles: [],
    sysrqKeys: [],
    when: null,
    reason: null,
    place: PLACE,
    ...more,
  };
}

export function limit(actions: readonly Action[], count: number, more: Partial<Limit> = {}): Limit {
  return {
    id: 'a-limit',
    subjects: { customers: [], groups: [], roles: [] },
    domains: { names: [], tags: [] },
    actions,
    per: 'domain',
    count,
    windowSeconds: 3600,
    when: null,
    reason: null,
    place: PLACE,
    ...more,
  };
}

export function policyOf(rules: readonly Rule[], limits: readonly Limit[] = []): Policy {
  return { groups: {}, tags: {}, rules, limits, sessionLimits: [], consoleTerms: [], keyRules: [] };
}

export const ALLOW_ALL = policyOf([rule('allow', ACTIONS)]);

/**
 * The gate's inside without SSH: real SQLite, real HTTP to a stand-in of dom0. alice owns horatio and ophelia, bob owns
 * yorick, and all three are known to the host.
 */
export class GateInside {
  readonly temporary = new TemporaryStore();
  readonly store = this.temporary.store;
  readonly dom0 = new Dom0StandIn(join(this.temporary.directory, 'dom0.sock'));
  readonly policy: PolicyHolder;
  readonly authorizer: Authorizer;
  readonly hosts: Hosts;
  readonly operations: OperationDispatcher;
  readonly standing: StandingCheck;
  readonly revocation: Revocation;
  readonly news = new AuditNotifier(silentLogger);
  readonly windows: WindowWatch;
  readonly liveAttachments = new LiveAttachments();
  readonly keyRules: KeyRules;
  readonly keys: OwnKeys;
  readonly recordings: Recordings;
  readonly activity: Activity;
  readonly announcements = new Announcements((fault) => {
    throw fault;
  });
  readonly maintenance: MaintenanceWatch;
  consoleSettings: ConsoleSettings = {
    idleSeconds: 0,
    watchersIdle: false,
    escape: CTRL_BRACKET,
    break: 'none',
    logOut: false,
  };
  readonly recordingSettings = {
    directory: join(this.temporary.directory, 'recordings'),
    days: 30,
    totalMiB: 16,
    perRecordingMiB: 1,
    required: false,
  };
  /** What time policy has. */
  clock = (): Date => new Date();
  /** What the next reload finds. */
  next: LoadResult = { ok: true, policy: ALLOW_ALL, digest: 'first' };
  readonly alice: Identity;
  readonly bob: Identity;

  /**
   * @param hostTimings what of the host link's patience is not as short as most tests want it
   * @param slices in which what changes is asked about; left out: all of it in the same turn
   */
  constructor(hostTimings: Partial<HostTimings> = {}, slices = new Slices({ now: () => 0 })) {
    const { store } = this;
    this.alice = this.customer('alice', 'A', ['horatio', 'ophelia']);
    this.bob = this.customer('bob', 'B', ['yorick']);
    this.policy = new PolicyHolder(
      { load: () => this.next, lastAccepted: () => null, keep: () => undefined },
      store.audit,
      silentLogger,
    );
    const timings = { retry: [10, 50] as const, silence: 5_000, answer: 1_000, ...hostTimings };
    const link = new HostLink({ name: 'one', socket: this.dom0.socket }, { log: silentLogger, timings });
    this.hosts = new Hosts([link], store.domains, store.lastObservations, silentLogger);
    this.authorizer = new Authorizer(store.authorizations, this.policy, {
      clock: () => this.clock(),
      observations: this.hosts,
      atOnce: (query) => this.liveAttachments.count(query),
    });
    const { authorizer, hosts } = this;
    this.operations = new OperationDispatcher({
      authorizer,
      hosts,
      roles: store.roles,
      parameters: store.parameters,
      audit: store.audit,
      log: silentLogger,
    });
    this.standing = new StandingCheck(store.holders, this.policy, () => this.clock());
    const { standing } = this;
    this.revocation = new Revocation({
      authorizer,
      standing,
      roles: store.roles,
      log: silentLogger,
      clock: () => this.clock().getTime(),
      slices,
    });
    this.maintenance = new MaintenanceWatch(store.maintenance, silentLogger);
    store.audit.onAppend((row) => {
      this.revocation.heard(row);
      this.maintenance.heard(row);
      this.news.heard(row);
    });
    this.policy.onChange(() => {
      this.revocation.review();
    });
    this.windows = new WindowWatch(this.policy, silentLogger, () => this.clock());
    this.windows.onChange(() => {
      this.revocation.review();
    });
    watchObservations(this.hosts, (domain) => {
      this.revocation.reviewDomain(domain);
    });
    this.keyRules = new KeyRules({
      settings: { perCustomer: 3, rsaMinimumBits: 2048 },
      policy: () => this.policy.policy,
      roles: store.roles,
    });
    this.keys = new OwnKeys({ keys: store.keys, standing: standing.refusal, rules: this.keyRules });
    this.recordings = new Recordings({
      settings: this.recordingSettings,
      audit: store.audit,
      log: silentLogger,
    });
    this.activity = new Activity(store.audit, store.roles, store.customers);
    for (const name of ['horatio', 'ophelia', 'yorick']) this.dom0.set(domainName(name), 'running');
  }

  async start(): Promise<void> {
    await this.dom0.start();
    this.hosts.start();
    await eventually('the host to be reachable', () => this.hosts.areAllReachable, { everyMs: 2 });
  }

  async stop(): Promise<void> {
    this.revocation.close();
    this.maintenance.close();
    await this.recordings.close();
    await this.hosts.close();
    this.operations.close();
    await this.dom0.stop();
    this.temporary.remove();
  }

  /** Puts a policy in force. */
  enforce(policy: Policy): void {
    this.next = { ok: true, policy, digest: `${Math.random()}` };
    this.policy.reload(ADMIN);
  }

  get ownDomains(): OwnDomainsParts {
    const { store, hosts, authorizer, policy, consoleOptions } = this;
    return { roles: store.roles, parameters: store.parameters, hosts, authorizer, policy, consoleOptions };
  }

  get consoleParts(): ConsoleParts {
    const { authorizer, hosts, operations, revocation, recordings, announcements, store } = this;
    return {
      authorizer,
      hosts,
      operations,
      revocation,
      consoleOptions: this.consoleOptions,
      recordings,
      liveAttachments: this.liveAttachments,
      announcements,
      audit: store.audit,
      log: silentLogger,
    };
  }

  get consoleOptions(): ConsoleOptions {
    const { policy, store, consoleSettings: settings } = this;
    return new ConsoleOptions({ settings, policy, roles: store.roles, preferences: store.preferences });
  }

  get ownRecordings(): OwnRecordings {
    const { authorizer, store, recordings } = this;
    return new OwnRecordings({
      recordingStore: recordings.recordingStore,
      authorizer,
      roles: store.roles,
      customers: store.customers,
      audit: store.audit,
      rateLimit: new CustomerRateLimit(),
      log: silentLogger,
    });
  }

  get menuIdle(): MenuIdle {
    return new MenuIdle({ idleSeconds: 0 }, this.policy, this.store.roles);
  }

  /** What menus hear by, and are made anew by. */
  get menuNews(): Pick<MenuParts, 'news' | 'standing' | 'refreshes'> {
    const refreshes = new SlicedQueue(new Slices(), (fault) => {
      throw fault;
    });
    return { news: this.news, standing: this.standing.refusal, refreshes };
  }

  get logParts(): MenuLogParts {
    return { access: new LogAccess(this), revocation: this.revocation, searches: new SearchQueue() };
  }

  /** A command by exec. @returns its exit status */
  exec(identity: Identity, text: string, terminal: FakeTerminal): Promise<number> {
    const command = parseCommand(text);
    if (isRefusal(command) || command.command === 'menu') throw new Error(`not a command: ${text}`);
    const { authorizer, hosts, operations, keys, activity, ownDomains } = this;
    const session = new ExecSession(
      {
        authorizer,
        hosts,
        operations,
        keys,
        activity,
        ownRecordings: this.ownRecordings,
        standing: this.standing.refusal,
        ownDomains,
        console: this.consoleParts,
      },
      identity,
      terminal,
    );
    return session.run(command);
  }

  events<K extends AuditKind>(kind: K): Extract<AuditEvent, { kind: K }>[] {
    return this.store.audit
      .tail({ limit: 10_000 })
      .flatMap(({ event }) => (event.kind === kind ? [event as Extract<AuditEvent, { kind: K }>] : []));
  }

  role(customer: CustomerName, domain: DomainName, role: Role): void {
    this.store.roles.add(customer, domain, role, ADMIN);
  }

  /** One more customer, owner of these domains. @param letter of which their key's fingerprint is made */
  customer(name: string, letter: string, domains: readonly string[]): Identity {
    const customer = customerName(name);
    const key: Fingerprint = fingerprint(letter);
    this.store.customers.add(customer, ADMIN);
    this.store.keys.add(
      { customer, fingerprint: key, type: 'ssh-ed25519', blob: Buffer.from(letter), comment: '' },
      ADMIN,
      10,
    );
    for (const domain of domains) this.role(customer, domainName(domain), 'owner');
    return Object.freeze({
      customer,
      fingerprint: key,
      source: '192.0.2.7',
      connection: `c-${name}`,
      domain: null,
    });
  }
}
