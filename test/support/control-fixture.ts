import { join } from 'node:path';
import { NORMAL, parseFingerprint } from '../../policy/names.js';
import type { DomainName } from '../../policy/names.js';
import type { Policy } from '../../policy/policy.js';
import { Administration } from '../../server/gate/control/administration.js';
import { ControlClient } from '../../server/gate/control/control-client.js';
import type {
  AdministrationSettings,
  LiveSession,
  RunningGate,
} from '../../server/gate/control/control-ports.js';
import { ControlServer } from '../../server/gate/control/control-server.js';
import type { Witness } from '../../server/store/audit-verifier.js';
import type { StoreOptions } from '../../server/store/store.js';
import { policyOfTexts } from '../../server/cli/admin/policy-files.js';
import { HostKeys } from '../../server/gate/ssh/host-keys.js';
import { RuledAccounts } from '../../server/gate/ssh/ruled-accounts.js';
import { RefusedConnections } from '../../server/gate/ssh/refused-connections.js';
import { LiveAttachments } from '../../server/gate/access/live-attachments.js';
import type { DomainObservation, DomainObservations } from '../../server/gate/access/domain-observations.js';
import type { Contract } from '../../server/wire/contract.js';
import type { DomainView, HostNames } from '../../server/wire/domain.js';
import type { HalfStatus } from '../../server/wire/half-status.js';
import { TemporaryStore, customerName } from './temporary-store.js';

/** A policy that lets owners do only one thing: reboot, twice a day. */
export const POLICY: Policy = {
  groups: {},
  tags: {},
  rules: [
    {
      id: 'owners',
      effect: 'allow',
      subjects: { customers: [], groups: [], roles: ['owner'] },
      domains: { names: [], tags: [] },
      actions: ['reboot'],
      profiles: [],
      images: [],
      sysrqKeys: [],
      when: null,
      reason: null,
      place: { file: 'policy.yaml', line: 3, column: 5 },
    },
  ],
  limits: [
    {
      id: 'calm',
      subjects: { customers: [], groups: [], roles: [] },
      domains: { names: [], tags: [] },
      actions: ['reboot'],
      per: 'customer',
      count: 2,
      windowSeconds: 86_400,
      when: null,
      reason: null,
      place: { file: 'policy.yaml', line: 9, column: 5 },
    },
  ],
  sessionLimits: [],
  consoleTerms: [],
  rescueTerms: [],
  keyRules: [],
};

/**
 * A gate as admins see it: the real control socket over a real store. The test sets the sessions, the policy
 * and the host.
 */
export class ControlFixture implements RunningGate {
  readonly version = '0.0.0-test';
  readonly startedAt = new Date();
  readonly temporary: TemporaryStore;
  readonly server: ControlServer;
  readonly socket: string;
  readonly faults: object[] = [];
  /** The sessions that were ended, with the sentence that they read. */
  readonly told: [id: string, sentence: string][] = [];
  /** The announcements to all sessions. */
  readonly announced: string[] = [];
  live: LiveSession[] = [];
  contract: Contract | null = null;
  half: HalfStatus | null = null;
  readonly domains = new Map<DomainName, DomainView>();
  names: HostNames | null = { others: [], missing: [], gone: [] };
  /** What a reload finds wrong with the policy's files. */
  policyProblems: readonly string[] = [];
  /** What was found wrong with them last. */
  problems: readonly string[] = [];
  journal: Witness[] | Error = [];
  readonly policy: Omit<RunningGate['policy'], 'policy' | 'revision'> & { policy: Policy; revision: number };
  readonly sessions: RunningGate['sessions'];
  readonly hosts: RunningGate['hosts'];
  readonly announcements: RunningGate['announcements'] = {
    make: (text) => Promise.resolve(this.announced.push(text)),
  };
  readonly observations: DomainObservations;
  readonly readPolicy = policyOfTexts;
  readonly liveAttachments = new LiveAttachments();
  readonly atOnce: RunningGate['atOnce'] = (query) => this.liveAttachments.count(query);
  readonly workers: RunningGate['workers'] = () => [];
  readonly openConsoles: RunningGate['openConsoles'] = () => this.liveAttachments.open();
  readonly attachments: RunningGate['attachments'] = () => this.liveAttachments.list();
  readonly settings: AdministrationSettings;
  readonly hostKeys: HostKeys;
  readonly refusedConnections = new RefusedConnections((login) => login === 'alice');
  readonly notices: RunningGate['notices'] = {
    status: () => ({ channels: [], messages: [] }),
    counts: () => [],
    test: () => Promise.resolve(null),
  };
  readonly logins: RunningGate['logins'] = {
    accounts: { find: (...asked) => this.#accounts().find(...asked) },
    certificates: null,
    refused: this.refusedConnections,
    isPenalised: (address) => address === '192.0.2.66',
    refusesConnection: () => null,
  };

  constructor(options: StoreOptions = {}) {
    this.temporary = new TemporaryStore(options);
    this.socket = join(this.temporary.directory, 'control.sock');
    this.hostKeys = HostKeys.open({
      hostKey: join(this.temporary.directory, 'host_key'),
      otherHostKeys: [],
    });
    const problems = (): readonly string[] => this.problems;
    this.policy = {
      policy: POLICY,
      revision: 1,
      digest: 'd'.repeat(64),
      get problems() {
        return problems();
      },
      reload: () => {
        const problems = this.policyProblems;
        if (problems.length > 0) return { ok: false, revision: this.policy.revision, problems };
        this.policy.revision += 1;
        return { ok: true, revision: this.policy.revision, changed: true };
      },
    };
    this.sessions = {
      list: () => this.live.filter(({ what }) => what !== 'connection'),
      withoutSession: () => this.live.filter(({ what }) => what === 'connection'),
      end: (id, sentence) => this.#end((one) => one.id === id, sentence) > 0,
      endWhere: (predicate, sentence) => this.#end(predicate, sentence),
    };
    const contract = (): Contract | null => this.contract;
    const names = (): HostNames | null => this.names;
    this.hosts = [
      {
        name: 'xen1',
        reachable: true,
        failure: null,
        heardAt: this.startedAt,
        lookedAt: null,
        status: () => Promise.resolve(this.half),
        get contract() {
          return contract();
        },
        domains: this.domains,
        get names() {
          return names();
        },
        journal: () => this.#journal(),
      },
    ];
    const observed = (domain: DomainName): DomainObservation => {
      const { state = 'unknown', profile = NORMAL } = this.domains.get(domain)?.observation ?? {};
      return { state: state === 'unknown' ? null : state, booted: profile };
    };
    this.observations = { observation: observed, lastObservation: observed };
    const { directory } = this.temporary;
    this.settings = {
      state: directory,
      keys: { perCustomer: 3, rsaMinimumBits: 2048 },
      certificates: { revokedKeys: null },
      recordings: { directory: join(directory, 'recordings'), days: 30, totalMiB: 16 },
    };
    this.server = new ControlServer(
      Administration.ofRunningGate(this.temporary.store, this.settings, this),
      this.socket,
      { error: (fields) => this.faults.push(fields) },
    );
  }

  get store(): TemporaryStore['store'] {
    return this.temporary.store;
  }

  client(admin = 'tester'): ControlClient {
    return new ControlClient(this.socket, admin);
  }

  addSession(
    id: string,
    customer: string,
    letter = 'a',
    what: LiveSession['what'] = 'menu',
    certificate?: LiveSession['identity']['certificate'],
  ): void {
    const fingerprint = parseFingerprint(`SHA256:${letter.repeat(43)}`);
    if (fingerprint === undefined) throw new Error('a test used a bad fingerprint');
    const identity = {
      customer: customerName(customer),
      fingerprint,
      verified: false,
      source: '192.0.2.7',
      connection: 'c1',
      domain: null,
      ...(certificate === undefined ? {} : { certificate }),
    };
    this.live.push({ id, identity, openedAt: new Date(), what, command: null });
  }

  async remove(): Promise<void> {
    await this.server.close();
    this.temporary.remove();
  }

  #accounts(): RuledAccounts {
    const { logins, holders } = this.store;
    return new RuledAccounts({ logins, holders, policy: () => this.policy.policy });
  }

  #end(predicate: (session: LiveSession) => boolean, sentence: string): number {
    const chosen = this.live.filter(predicate);
    this.live = this.live.filter((one) => !chosen.includes(one));
    for (const { id } of chosen) this.told.push([id, sentence]);
    return chosen.length;
  }

  async *#journal(): AsyncGenerator<Witness> {
    await Promise.resolve();
    if (this.journal instanceof Error) throw this.journal;
    yield* this.journal;
  }
}
