import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CustomerName, DomainName, Fingerprint } from '../../policy/names.js';
import type { Identity } from '../../server/gate/identity.js';
import type { Session, SessionHandler } from '../../server/gate/session.js';
import type { Accounts, LoginFound } from '../../server/gate/ssh/authenticate.js';
import { HostKey } from '../../server/gate/ssh/host-key.js';
import { SignatureCheck } from '../../server/gate/ssh/signature-check.js';
import { SshGate, type SshGateParts } from '../../server/gate/ssh/ssh-gate.js';
import type { LoginSettings, SshSettings } from '../../server/gate/ssh/ssh-settings.js';
import type { AuditEvent } from '../../server/store/audit-event.js';
import type { ClientKey, SshClient } from './ssh-client.js';

/** Who may log in; a stand-in for the store, as strict. */
export class AccountList implements Accounts {
  readonly #found: { login: string; found: LoginFound }[] = [];
  /** How often it was asked. */
  reads = 0;

  add(
    login: string,
    key: ClientKey,
    more: { customer?: string; domain?: string; suspended?: boolean } = {},
  ): void {
    const customer = (more.customer ?? login) as CustomerName;
    this.#found.push({
      login,
      found: {
        customer,
        suspended: more.suspended ?? false,
        domain: (more.domain ?? null) as DomainName | null,
        key: {
          customer,
          fingerprint: key.fingerprint as Fingerprint,
          type: key.type,
          blob: key.blob,
          comment: '',
          addedAt: new Date(0).toISOString(),
          lastUsedAt: null,
        },
      },
    });
  }

  remove(login: string): void {
    const at = this.#found.findIndex((each) => each.login === login);
    if (at !== -1) this.#found.splice(at, 1);
  }

  find(login: string, fingerprint: Fingerprint): LoginFound | null {
    this.reads += 1;
    const match = this.#found.filter(
      (each) => each.login === login && each.found.key.fingerprint === fingerprint,
    );
    return match.length === 1 ? (match[0]?.found ?? null) : null;
  }
}

/** A handler that does what its command says, so that tests can look at the SSH front alone. */
export class EchoHandler implements SessionHandler {
  readonly sessions: Session[] = [];
  refusal: string | null = null;
  opened: (session: Session) => void = () => undefined;

  admit(identity: Identity): string | null {
    void identity;
    return this.refusal;
  }

  open(session: Session): void {
    this.sessions.push(session);
    const { terminal, request, identity } = session;
    if (request.kind === 'exec' && request.command === 'whoami') {
      terminal.write(`${identity.customer} ${identity.domain ?? '-'}\n`);
      terminal.exit(0);
    } else if (request.kind === 'exec' && request.command.startsWith('fail ')) {
      terminal.writeError('it failed\n');
      terminal.exit(Number(request.command.slice(5)));
    } else if (request.kind === 'exec' && request.command === 'throw') {
      throw new Error('the handler has a fault');
    } else if (request.kind === 'exec' && request.command === 'cat') {
      terminal.onInput((data) => {
        terminal.write(data);
      });
      terminal.onEnd(() => {
        terminal.exit(0);
      });
    } else if (request.kind === 'shell') {
      terminal.write(`hello ${identity.customer} ${terminal.term} ${terminal.columns}x${terminal.rows}\r\n`);
      terminal.onResize((columns, rows) => {
        terminal.write(`now ${columns}x${rows}\r\n`);
      });
      terminal.onInput((data) => {
        if (data.includes(0x04)) terminal.exit(0);
        else terminal.write(data);
      });
    }
    this.opened(session);
  }
}

const LOGIN: LoginSettings = {
  graceSeconds: 30,
  tries: 6,
  connectionsPerSource: 100,
  connections: 500,
  sessionsPerConnection: 4,
  penaltyAfter: 1000,
  penaltySeconds: 60,
};

/** A gate's SSH front on a free port of 127.0.0.1. */
export class GateUnderTest {
  readonly accounts: AccountList;
  readonly handler = new EchoHandler();
  readonly events: AuditEvent[] = [];
  readonly logged: { level: string; fields: object; message: string }[] = [];
  readonly check = new SignatureCheck();
  readonly hostKey: HostKey;
  readonly gate: SshGate;
  readonly #directory = mkdtempSync(join(tmpdir(), 'postern-gate-'));
  port = 0;

  constructor(
    options: {
      login?: Partial<LoginSettings>;
      settings?: Partial<SshSettings>;
      parts?: Partial<SshGateParts>;
    } = {},
  ) {
    this.hostKey = HostKey.open(join(this.#directory, 'host_key'));
    this.accounts = new AccountList();
    const log =
      (level: string) =>
      (fields: object, message: string): void => {
        this.logged.push({ level, fields, message });
      };
    this.gate = new SshGate({
      settings: {
        listen: [{ host: '127.0.0.1', port: 0 }],
        banner: null,
        motd: null,
        keepAlive: { intervalSeconds: 15, countMax: 4 },
        ...options.settings,
        login: { ...LOGIN, ...options.login },
      },
      hostKey: this.hostKey,
      accounts: this.accounts,
      keyUse: { touch: () => undefined },
      audit: {
        append: (event) => {
          this.events.push(event);
        },
      },
      handler: this.handler,
      log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
      signatureCheck: this.check,
      ...options.parts,
    });
  }

  async listen(client?: SshClient): Promise<void> {
    const [first] = await this.gate.listen();
    this.port = first?.port ?? 0;
    client?.trust(this.hostKey.knownHostsLine(first?.host ?? '', this.port));
  }

  /** The kinds of the audit events so far. */
  get kinds(): string[] {
    return this.events.map((event) => event.kind);
  }

  async dispose(): Promise<void> {
    await this.gate.close('The test is over.');
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
