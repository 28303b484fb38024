import { mkdtempSync, rmSync } from 'node:fs';
import type { Policy } from '../../policy/policy.js';
import { RevokedKeys } from '../../server/gate/certificates/revoked-keys.js';
import { CertifiedAccounts } from '../../server/gate/ssh/certified-accounts.js';
import { RateLimitedLog } from '../../server/gate/ssh/rate-limited-log.js';
import { RuledAccounts } from '../../server/gate/ssh/ruled-accounts.js';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRefusal } from '../../policy/refusal.js';
import { fingerprintOf } from '../../server/gate/keys/public-key.js';
import { LocalFront } from '../../server/gate/ssh/front.js';
import type { HostKey } from '../../server/gate/ssh/host-key.js';
import { HostKeys } from '../../server/gate/ssh/host-keys.js';
import type { ListenAddress } from '../../server/gate/ssh/listener.js';
import { SignatureCheck } from '../../server/gate/ssh/signature-check.js';
import { SshGate, type SshGateParts } from '../../server/gate/ssh/ssh-gate.js';
import type { LoginSettings, SshSettings } from '../../server/gate/ssh/ssh-settings.js';
import type { AuditEvent } from '../../server/store/audit-event.js';
import type { Store } from '../../server/store/store.js';
import { EchoHandler } from './echo-handler.js';
import type { SshClient } from './ssh-client.js';
import { ADMIN, customerName, domainName, TemporaryStore } from './temporary-store.js';

const LOGIN: LoginSettings = {
  graceSeconds: 30,
  tries: 6,
  connectionsPerSource: 100,
  connectionsPerCustomer: 100,
  connections: 500,
  sessionsPerConnection: 4,
  penaltyAfter: 1000,
  penaltySeconds: 60,
};

export interface GateOptions {
  readonly login?: Partial<LoginSettings>;
  readonly settings?: Partial<SshSettings>;
  readonly parts?: Partial<SshGateParts>;
  readonly otherHostKeys?: readonly string[];
  readonly revokedKeysFile?: string;
  /** The one login name that is a customer's or a domain's. */
  readonly known?: string;
}

/** A gate's SSH front on a free port of 127.0.0.1, over a real store, with a handler that echoes. */
export class GateUnderTest {
  readonly handler = new EchoHandler();
  readonly check = new SignatureCheck();
  readonly accounts: RuledAccounts;
  /** Read at each login; it may be missing. */
  readonly revokedKeysFile: string | null;
  readonly logged: { level: string; fields: object; message: string }[] = [];
  readonly hostKeys: HostKeys;
  readonly front: LocalFront;
  readonly gate: SshGate;
  /** Every SQL statement that the store ran. */
  readonly statements: string[] = [];
  readonly #temporary: TemporaryStore;
  readonly #directory = mkdtempSync(join(tmpdir(), 'postern-gate-'));
  /** Read for its key rules. */
  policy: Policy | null = null;
  /** The port of the first address. */
  port = 0;
  addresses: readonly ListenAddress[] = [];

  constructor(options: GateOptions = {}) {
    const { otherHostKeys = [] } = options;
    this.hostKeys = HostKeys.open({ hostKey: join(this.#directory, 'host_key'), otherHostKeys });
    this.#temporary = new TemporaryStore({ trace: (sql) => this.statements.push(sql) });
    const { logins, holders } = this.store;
    const log =
      (level: string) =>
      (fields: object, message: string): void => {
        this.logged.push({ level, fields, message });
      };
    const logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
    this.revokedKeysFile = options.revokedKeysFile ?? null;
    const revoked = new RevokedKeys(this.revokedKeysFile, logger);
    this.accounts = new RuledAccounts({ logins, holders, policy: () => this.policy, revoked });
    const certified = { logins, holders, authorities: this.store.authorities, policy: () => this.policy };
    const settings = {
      listen: [{ host: '127.0.0.1', port: 0 }],
      banner: null,
      motd: null,
      keepAlive: { intervalSeconds: 15, countMax: 4 },
      ...options.settings,
      login: { ...LOGIN, ...options.login },
    };
    const { audit } = this.store;
    const strangers = new RateLimitedLog(logger);
    this.front = new LocalFront({
      strangers,
      settings,
      audit,
      log: logger,
      isKnown: (login) => login === options.known,
    });
    try {
      this.gate = new SshGate({
        settings,
        front: this.front,
        strangers,
        hostKeys: this.hostKeys,
        accounts: this.accounts,
        keyUse: this.store.keyUse,
        audit,
        handler: this.handler,
        certificates: {
          accounts: new CertifiedAccounts({ ...certified, revoked }),
          limits: { rsaMinimumBits: 2048 },
          revokedKeys: revoked,
        },
        log: logger,
        signatureCheck: this.check,
        ...options.parts,
      });
    } catch (error) {
      this.#remove();
      throw error;
    }
  }

  /** The Ed25519 key that is offered. */
  get hostKey(): HostKey {
    const [key] = this.hostKeys.offered;
    if (key === undefined) throw new Error('there is no host key');
    return key;
  }

  get store(): Store {
    return this.#temporary.store;
  }

  get databaseFile(): string {
    return this.#temporary.file;
  }

  /** All audit events, oldest first. */
  get events(): AuditEvent[] {
    return this.store.audit.tail({ limit: 1000 }).map(({ event }) => event);
  }

  eventsOf<K extends AuditEvent['kind']>(kind: K): Extract<AuditEvent, { kind: K }>[] {
    return this.events.filter((event): event is Extract<AuditEvent, { kind: K }> => event.kind === kind);
  }

  /** Adds a customer with these keys and domains. */
  customer(name: string, blobs: readonly Buffer[], domains: readonly string[] = []): void {
    const customer = customerName(name);
    must(this.store.customers.add(customer, ADMIN));
    for (const blob of blobs) {
      const type = blob.toString('latin1', 4, 4 + blob.readUInt32BE(0));
      must(
        this.store.keys.add(
          { customer, fingerprint: fingerprintOf(blob), type, blob, comment: '' },
          ADMIN,
          99,
        ),
      );
    }
    this.store.domains.seen(domains.map((domain) => domainName(domain)));
    for (const domain of domains) must(this.store.roles.add(customer, domainName(domain), 'owner', ADMIN));
  }

  suspend(name: string): void {
    must(this.store.customers.suspend(customerName(name), null, ADMIN));
  }

  /** Expires all keys of a customer. */
  expireKeys(name: string): void {
    const customer = customerName(name);
    for (const { fingerprint } of this.store.keys.list(customer))
      must(this.store.keys.setExpiry(customer, fingerprint, '2020-01-01T00:00:00.000Z', ADMIN));
  }

  /** Starts listening. The client knows the host from then on. */
  async listen(client?: SshClient): Promise<void> {
    const addresses = await this.gate.listen();
    this.port = addresses[0]?.port ?? 0;
    client?.trust(addresses.map(({ host, port }) => this.hostKey.knownHostsLine(host, port)).join('\n'));
    this.addresses = addresses;
  }

  async dispose(): Promise<void> {
    await this.gate.close('The test is over.');
    this.#remove();
  }

  #remove(): void {
    this.#temporary.remove();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

function must(result: unknown): void {
  if (isRefusal(result)) throw new Error(result.detail);
}
