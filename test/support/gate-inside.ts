import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Action } from '../../policy/actions.js';
import { ACTIONS } from '../../policy/actions.js';
import { CTRL_BRACKET } from '../../policy/escape-key.js';
import type { CustomerName, DomainName, Fingerprint } from '../../policy/names.js';
import type { Limit, Policy, Rule } from '../../policy/policy.js';
import { isRefusal } from '../../policy/refusal.js';
import type { Role } from '../../policy/roles.js';
import { ExecSession } from '../../server/gate/exec/exec-session.js';
import { parseCommand } from '../../server/gate/exec/grammar.js';
import { GateCore } from '../../server/gate/gate-core.js';
import type { HostSettings, HostTimings } from '../../server/gate/hosts/host-link.js';
import type { NoticeSettings } from '../../server/gate/notices/notice-settings.js';
import { MenuSession } from '../../server/gate/menu/menu-session.js';
import { Slices } from '../../server/gate/scheduling/slices.js';
import type { LoadResult } from '../../server/gate/policy/policy-holder.js';
import type { Identity } from '../../server/gate/session/identity.js';
import type { AuditEvent, AuditKind } from '../../server/store/audit-event.js';
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
    images: [],
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
  return {
    groups: {},
    tags: {},
    rules,
    limits,
    sessionLimits: [],
    consoleTerms: [],
    rescueTerms: [],
    keyRules: [],
  };
}

export const ALLOW_ALL = policyOf([rule('allow', ACTIONS)]);

/** The settings of a gate that tells nobody anything. */
export const NO_NOTICES: NoticeSettings = {
  customers: false,
  channels: [],
  mail: { sendmail: ['/usr/sbin/sendmail'], from: null, perHour: 10 },
};

/** Log messages of our own faults, which the product survives and a test must not. */
const BROKEN = ['session.not-told', 'menu.not-refreshed'];

/**
 * The gate's core without SSH, built as the product does it: real SQLite, and real HTTP to a stand-in for
 * dom0. alice owns horatio and ophelia, bob owns yorick, and the host knows all three.
 */
export class GateInside {
  readonly temporary = new TemporaryStore();
  readonly store = this.temporary.store;
  readonly dom0 = new Dom0StandIn(join(this.temporary.directory, 'dom0.sock'));
  readonly core: GateCore;
  readonly consoleSettings = {
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
  readonly notices: NoticeSettings;
  /** The list of revoked keys; empty at first. */
  readonly revokedKeysFile = join(this.temporary.directory, 'revoked');
  /** The clock for policy and keys. */
  clock = (): Date => new Date();
  /** The result of the next reload. */
  next: LoadResult = { ok: true, policy: ALLOW_ALL, digest: 'first' };
  readonly alice: Identity;
  readonly bob: Identity;

  /**
   * @param hostTimings replaces some of the host link's short test timings
   * @param slices for questions after a change; by default all are asked in the same turn
   * @param moreHosts further hosts of the settings
   * @param notices to whom the gate sends which; by default to nobody
   */
  constructor(
    hostTimings: Partial<HostTimings> = {},
    slices = new Slices({ now: () => 0 }),
    moreHosts: readonly HostSettings[] = [],
    notices: NoticeSettings = NO_NOTICES,
  ) {
    this.notices = notices;
    writeFileSync(this.revokedKeysFile, '');
    this.alice = this.customer('alice', 'A', ['horatio', 'ophelia']);
    this.bob = this.customer('bob', 'B', ['yorick']);
    this.core = new GateCore({
      settings: {
        site: 'The Site',
        motd: null,
        hosts: [{ name: 'one', socket: this.dom0.socket }, ...moreHosts],
        certificates: { revokedKeys: this.revokedKeysFile },
        keys: { perCustomer: 3, rsaMinimumBits: 2048 },
        console: this.consoleSettings,
        recordings: this.recordingSettings,
        login: { connectionsPerCustomer: 20 },
        menu: { idleSeconds: 0 },
        domains: { graceSeconds: 600 },
        notices: this.notices,
      },
      store: this.store,
      policySource: { load: () => this.next, lastAccepted: () => null, keep: () => undefined },
      log: {
        ...silentLogger,
        error: ({ err }: { err?: unknown }, said: string) => {
          if (BROKEN.includes(said)) throw err as Error;
        },
      },
      hostTimings: { retry: [10, 50], silence: 5_000, answer: 1_000, ...hostTimings },
      clock: () => this.clock(),
      slices,
    });
    for (const name of ['horatio', 'ophelia', 'yorick']) this.dom0.set(domainName(name), 'running');
  }

  async start(): Promise<void> {
    await this.dom0.start();
    this.core.start();
    await eventually('the host to be reachable', () => this.core.hosts.areAllReachable, { everyMs: 2 });
  }

  async stop(): Promise<void> {
    await this.core.stop();
    await this.dom0.stop();
    this.temporary.remove();
  }

  /** Puts a policy in force. */
  enforce(policy: Policy): void {
    this.next = { ok: true, policy, digest: `${Math.random()}` };
    this.core.policy.reload(ADMIN);
  }

  /** Opens a real menu. */
  menu(identity: Identity, terminal: FakeTerminal): MenuSession {
    return new MenuSession(this.core.menu, identity, terminal);
  }

  /** Runs an exec command. @returns its exit status */
  exec(identity: Identity, text: string, terminal: FakeTerminal): Promise<number> {
    const command = parseCommand(text);
    if (isRefusal(command) || command.command === 'menu') throw new Error(`not a command: ${text}`);
    return new ExecSession(this.core.exec, identity, terminal).run(command);
  }

  events<K extends AuditKind>(kind: K): Extract<AuditEvent, { kind: K }>[] {
    return this.store.audit
      .tail({ limit: 10_000 })
      .flatMap(({ event }) => (event.kind === kind ? [event as Extract<AuditEvent, { kind: K }>] : []));
  }

  role(customer: CustomerName, domain: DomainName, role: Role): void {
    this.store.roles.add(customer, domain, role, ADMIN);
  }

  /** Adds a customer who owns these domains. @param letter makes the fingerprint of the customer's key */
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
      verified: false,
      source: '192.0.2.7',
      connection: `c-${name}`,
      domain: null,
    });
  }
}
