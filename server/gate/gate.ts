import { parseCustomerName, parseDomainName } from '../../policy/names.js';
import type { AuditEvent, EventActor } from '../store/audit-event.js';
import { AuditUnavailableError } from '../store/store-error.js';
import type { Store } from '../store/store.js';
import type { Logins } from './control/control-ports.js';
import { AuditMarks } from './audit/audit-marks.js';
import { GateCore } from './gate-core.js';
import type { CoreSettings } from './gate-core.js';
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
import type { LiveSessions } from './ssh/ssh-gate.js';
import type { SshSettings } from './ssh/ssh-settings.js';
import * as words from './text/words.js';

/** The settings that the gate takes from gate.yaml. */
interface GateSettings extends CoreSettings, SshSettings {
  readonly motd: string | null;
  readonly login: SshSettings['login'];
}

interface GateParts {
  readonly settings: GateSettings;
  readonly store: Store;
  readonly policySource: PolicySource;
  readonly hostKeys: HostKeysInUse;
  readonly version: string;
  readonly log: Logger;
  /** Descriptors of sockets that already listen; they replace the addresses of the settings. */
  readonly handed?: readonly number[];
  /** For tests. */
  readonly hostTimings?: Partial<HostTimings>;
}

/** The whole gate: its core, with SSH in front. Besides the store, it writes only recordings. */
export class Gate {
  readonly core: GateCore;
  readonly #ssh: SshGate;
  readonly #front: LocalFront;
  readonly #version: string;
  readonly #log: Logger;
  readonly #marks: AuditMarks;
  readonly #stopHearing: () => void;
  #stopped = false;

  /** @throws NoPolicyError when there is no valid policy and never was one */
  constructor(parts: GateParts) {
    const { settings, store, log } = parts;
    const { audit } = store;
    this.#log = log;
    this.#version = parts.version;
    this.core = new GateCore(parts);
    const { policy, terms, revocation, maintenance, announcements, sessions, revokedKeys, gateWide } =
      this.core;
    this.#marks = new AuditMarks(audit, log);
    const strangers = new RateLimitedLog(log);
    this.#front = new LocalFront({
      strangers,
      settings,
      handed: parts.handed ?? [],
      audit,
      log,
      isKnown: (login) => isKnown(store, login),
    });
    this.#ssh = new SshGate({
      strangers,
      front: this.#front,
      connections: gateWide.connections((customer) => terms.connections(customer)),
      openings: gateWide.openings,
      // The menu shows the message of the day.
      settings: { ...settings, motd: null },
      hostKeys: parts.hostKeys,
      accounts: new RuledAccounts({
        logins: store.logins,
        holders: store.holders,
        policy: () => policy.policy,
        revoked: revokedKeys,
      }),
      certificates: {
        accounts: new CertifiedAccounts({
          logins: store.logins,
          authorities: store.authorities,
          holders: store.holders,
          policy: () => policy.policy,
          revoked: revokedKeys,
        }),
        limits: settings.keys,
        revokedKeys,
      },
      keyUse: store.keys,
      audit,
      handler: sessions,
      revocation,
      log,
    });
    this.#stopHearing = audit.onAppend(() => {
      this.#marks.heard();
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
    return {
      accounts: this.#ssh.accounts,
      certificates: this.#ssh.certificates,
      refused: this.#front.refusedConnections,
      isPenalised: (address) => this.#front.isPenalised(address),
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
    this.#record({ kind: 'gate.started', version: this.#version, revision: core.policy.revision });
    this.#marks.note();
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
    this.#record({ kind: 'gate.stopped', reason: sentence });
    this.#stopHearing();
    this.#marks.close();
  }

  /** Reads the policy again. With any problem the old policy stays in force, and no session ends. */
  reloadPolicy(actor: EventActor | null = null): Reloaded {
    return this.core.policy.reload(actor);
  }

  #record(event: AuditEvent): void {
    try {
      this.core.store.audit.append(event);
    } catch (fault) {
      if (!(fault instanceof AuditUnavailableError)) throw fault;
      this.#log.error({ kind: event.kind, err: fault }, 'THE AUDIT LOG CANNOT BE WRITTEN');
    }
  }
}

function isKnown(store: Store, login: string): boolean {
  const [customer, domain] = [parseCustomerName(login), parseDomainName(login)];
  if (customer !== undefined && store.customers.find(customer) !== undefined) return true;
  return domain !== undefined && store.roles.on(domain).length > 0;
}
