import { parseCustomerName, parseDomainName } from '../../policy/names.js';
import type { EventActor } from '../store/audit-actor.js';
import type { AuditEvent } from '../store/audit-event.js';
import { AuditUnavailableError } from '../store/store-error.js';
import type { Store } from '../store/store.js';
import type { UsageHistory } from '../store/usage-history.js';
import type { Logins } from './control/control-ports.js';
import { AuditMarks } from './audit/audit-marks.js';
import { GateCore } from './gate-core.js';
import type { CoreSettings } from './core-parts.js';
import type { HostTimings } from './hosts/host-link.js';
import type { Logger } from '../wire/logger.js';
import type { PolicySource, Reloaded } from './policy/policy-holder.js';
import type { HostKeysInUse } from './ssh/host-keys.js';
import type { ListenAddress } from './ssh/listener.js';
import { LocalFront } from './ssh/front.js';
import { CertifiedAccounts } from './ssh/certified-accounts.js';
import { RateLimitedLog } from './ssh/rate-limited-log.js';
import { RuledAccounts } from './ssh/ruled-accounts.js';
import { SshGate } from './ssh/ssh-gate.js';
import type { KeyUse, LiveSessions } from './ssh/ssh-gate.js';
import type { Accounts } from './ssh/authenticate.js';
import type { CertificateLoginParts } from './ssh/certificate-login.js';
import type { Front } from './ssh/front.js';
import type { AuditLog } from './ssh/login-record.js';
import type { GateWide } from './gate-wide.js';
import type { RecordingKeeper } from './recording/recordings.js';
import type { SshSettings } from './ssh/ssh-settings.js';
import * as words from './text/words.js';

/** The settings that the gate takes from gate.yaml. */
export interface GateSettings extends CoreSettings, SshSettings {
  readonly motd: string | null;
  readonly login: SshSettings['login'];
}

interface GateParts {
  readonly settings: GateSettings;
  readonly store: Store;
  readonly usageHistory?: UsageHistory | null;
  readonly policySource: PolicySource;
  readonly hostKeys: HostKeysInUse;
  readonly version: string;
  readonly log: Logger;
  /** Descriptors of sockets that already listen; they replace the addresses of the settings. */
  readonly handed?: readonly number[];
  /** Set in a worker of a gate of several processes. */
  readonly membership?: Membership;
  /** For tests. */
  readonly hostTimings?: Partial<HostTimings>;
}

/** What a worker has from its coordinator, in the place of what a gate of one process has itself. */
export interface Membership {
  readonly gateWide: GateWide;
  readonly front: Front;
  /** Where logins and sessions are recorded. */
  readonly audit: AuditLog;
  readonly keyUse: KeyUse;
  /** What the ids of its connections begin with. */
  readonly idPrefix: string;
  readonly recordingKeeper: RecordingKeeper;
}

/** The whole gate: its core, with SSH in front. Besides the store, it writes only recordings. */
export class Gate {
  readonly core: GateCore;
  readonly #ssh: SshGate;
  /** Null in a worker. */
  readonly #front: LocalFront | null;
  readonly #version: string;
  readonly #log: Logger;
  /** Null in a worker. */
  readonly #marks: AuditMarks | null;
  readonly #stopHearing: () => void;
  #stopped = false;

  /** @throws NoPolicyError when there is no valid policy and never was one */
  constructor(parts: GateParts) {
    const { settings, store, log, membership } = parts;
    const { audit } = store;
    this.#log = log;
    this.#version = parts.version;
    this.core = new GateCore(
      membership === undefined
        ? parts
        : { ...parts, gateWide: membership.gateWide, recordingKeeper: membership.recordingKeeper },
    );
    const { terms, revocation, maintenance, announcements, sessions, gateWide } = this.core;
    this.#marks = membership === undefined ? new AuditMarks(audit, log) : null;
    const strangers = new RateLimitedLog(log);
    this.#front =
      membership === undefined
        ? new LocalFront({
            strangers,
            settings,
            handed: parts.handed ?? [],
            audit,
            log,
            isKnown: (login) => isKnown(store, login),
          })
        : null;
    const front = membership?.front ?? this.#front;
    if (front === null) throw new Error('a gate has a front');
    this.#ssh = new SshGate({
      strangers,
      front,
      turns: this.core.turns,
      connections: gateWide.connections((customer) => terms.connections(customer)),
      openings: gateWide.openings,
      // The menu shows the message of the day.
      settings: { ...settings, motd: null },
      hostKeys: parts.hostKeys,
      ...loginParts(this.core, settings),
      keyUse: membership?.keyUse ?? store.keyUse,
      audit: membership?.audit ?? audit,
      ...(membership === undefined ? {} : { idPrefix: membership.idPrefix }),
      handler: sessions,
      revocation,
      log,
    });
    this.#stopHearing = audit.onAppend(() => {
      this.#marks?.heard();
    });
    maintenance.onChange((row) => {
      if (row !== null) void announcements.toConsoles(words.maintenance(row));
    });
  }

  /** Live sessions, for admins. */
  get sessions(): LiveSessions {
    return this.#ssh.sessions;
  }

  /** For an admin who looks for the reason of a refusal. */
  get logins(): Logins {
    const front = this.#front;
    if (front === null) throw new Error('the coordinator knows of refused logins');
    return {
      accounts: this.#ssh.accounts,
      certificates: this.#ssh.certificates,
      refused: front.refusedConnections,
      isPenalised: (address) => front.isPenalised(address),
      refusesConnection: (customer) => this.#ssh.refusesConnection(customer),
    };
  }

  /**
   * Closes what an earlier gate left open, begins to follow the hosts and lets customers in.
   *
   * @returns the addresses; where port 0 was asked for, with the port that was chosen
   * @throws ListenError
   */
  async start(): Promise<ListenAddress[]> {
    const { core } = this;
    if (this.#marks !== null) {
      this.#record({ kind: 'gate.started', version: this.#version, revision: core.policy.revision });
      this.#marks.note();
    }
    core.start();
    return this.#ssh.listen();
  }

  /**
   * Stops logins, shows each session the sentence and ends it. Operations that dom0 has begun go on. Twice is
   * harmless.
   */
  async stop(sentence: string): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    await this.#ssh.close(sentence);
    await this.core.stop();
    if (this.#marks !== null) this.#record({ kind: 'gate.stopped', reason: sentence });
    this.#stopHearing();
    this.#marks?.close();
  }

  /** Reads the policy again. With any problem the old policy stays in force, and no session ends. */
  reloadPolicy(actor: EventActor | null = null): Reloaded {
    return this.core.policy.reload(actor);
  }

  #record(event: AuditEvent): void {
    recordIfPossible(this.core.store, event, this.#log);
  }
}

/** Records that a gate has started or stopped. A log that cannot be written stops neither. */
export function recordIfPossible(store: Store, event: AuditEvent, log: Logger): void {
  try {
    store.audit.append(event);
  } catch (fault) {
    if (!(fault instanceof AuditUnavailableError)) throw fault;
    log.error({ kind: event.kind, err: fault }, 'audit.unwritable');
  }
}

/** The parts that decide about logins. */
export function loginParts(
  { store, policy, revokedKeys }: GateCore,
  settings: Pick<CoreSettings, 'keys'>,
): { readonly accounts: Accounts; readonly certificates: CertificateLoginParts } {
  const { logins, holders, authorities } = store;
  const common = { logins, holders, policy: () => policy.policy, revoked: revokedKeys };
  return {
    accounts: new RuledAccounts(common),
    certificates: {
      accounts: new CertifiedAccounts({ ...common, authorities }),
      limits: settings.keys,
      revokedKeys,
    },
  };
}

/** Whether a login name is a customer's or a domain's. */
export function isKnown(store: Store, login: string): boolean {
  const [customer, domain] = [parseCustomerName(login), parseDomainName(login)];
  if (customer !== undefined && store.customers.find(customer) !== undefined) return true;
  return domain !== undefined && store.roles.on(domain).length > 0;
}
