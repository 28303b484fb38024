import type { Fingerprint } from '../../../policy/names.js';
import type { CertificateNote } from '../../store/audit-actor.js';
import type { AuditEvent } from '../../store/audit-event.js';
import type { RateLimit } from '../access/customer-rate-limit.js';
import { certificateNote } from '../certificates/login-certificate.js';
import type { Identity } from '../session/identity.js';
import type { CounterRegress, LoginRefused, RefusedBecause } from './authenticate.js';
import type { Logger } from '../../wire/logger.js';
import { printable } from '../../../policy/printable.js';
import { AuditBudget } from './audit-budget.js';
import type { RateLimitedLog } from './rate-limited-log.js';
import type { Source } from './source.js';

/** The audit log: `store.audit`. */
export interface AuditLog {
  /** @returns settles once the row is on the disk; rejects when it cannot be written */
  appendSoon(event: AuditEvent): Promise<void>;
  /** The same a little later, for rows that nobody waits for. */
  appendLater(event: AuditEvent): Promise<void>;
}

/**
 * The reasons that an audit row may give. It does not say whether the customer exists: that is for the log
 * alone, which is kept for less time and shown to fewer people. It does say what is wrong with a key, because
 * the client has proven to hold it.
 */
const RECORDED: ReadonlySet<string> = new Set<RefusedBecause>([
  'method-not-offered',
  'algorithm-not-offered',
  'browser-signature',
  'key-expired',
  'key-not-allowed',
  'user-not-present',
  'user-not-verified',
  'counter-went-back',
  'certificate-unreadable',
  'certificate-not-for-users',
  'certificate-key-not-taken',
  'certificate-algorithm-not-offered',
  'certificate-authority-unknown',
  'certificate-forged',
  'certificate-option-unknown',
  'certificate-option-unreadable',
  'certificate-not-valid-yet',
  'certificate-expired',
  'certificate-revoked',
  'certificate-not-for-source',
  'certificate-not-for-login',
  'revoked-keys-unreadable',
]);

type SessionWhat = Extract<AuditEvent, { what: string }>['what'];

/** The most characters of a login name that are written. */
const LOGIN_SHOWN = 64;

/**
 * Writes the SSH front's part of the audit log, the rows of a turn of the event loop together. A log that cannot be
 * written stops nobody here: with a full disk customers must still reach their consoles. Changes of a domain are
 * recorded elsewhere, before they are done.
 */
export class LoginRecord {
  readonly #audit: AuditLog;
  readonly #log: Logger;
  readonly #strangers: RateLimitedLog;
  readonly #budget: AuditBudget;

  /** @param openings how fast a customer may log in and open sessions */
  constructor(audit: AuditLog, log: Logger, strangers: RateLimitedLog, openings?: RateLimit) {
    this.#audit = audit;
    this.#log = log;
    this.#strangers = strangers;
    this.#budget = new AuditBudget(undefined, openings);
  }

  /** @returns a sentence when the customer has logged in or opened sessions too often to be recorded */
  refusesOpening({ customer, connection }: Identity): string | null {
    if (this.#budget.opening(customer)) return null;
    this.#log.warn({ connection, customer }, 'login.too-often');
    return 'Too many logins and sessions in a short time: wait a minute.';
  }

  accepted(actor: Identity, login: string): void {
    this.#log.info(
      { connection: actor.connection, customer: actor.customer, source: actor.source, ...noteOf(actor) },
      'login.accepted',
    );
    const note = noteOf(actor);
    // Its session waits for both rows.
    void this.#append('appendLater', {
      kind: 'login.accepted',
      actor: actorOf(actor),
      login: printable(login, LOGIN_SHOWN),
      ...(actor.verified ? { verified: true } : {}),
      ...(note === null ? {} : { certificate: note }),
    });
  }

  refused(
    source: Source,
    connection: string,
    login: string,
    { because, fingerprint, regress, certificate }: LoginRefused,
  ): void {
    if (regress !== null && fingerprint !== null) this.#counterWentBack(source, fingerprint, regress);
    const shown = printable(login, LOGIN_SHOWN);
    this.#strangers.info(
      source,
      { connection, login: shown, fingerprint, because, ...certificate },
      'login.refused',
    );
    const leftOut = this.#budget.refusedLogin(source.bucket);
    if (leftOut === null) return;
    const reason = RECORDED.has(because) ? because : 'login-or-key-refused';
    const more = leftOut === 0 ? '' : ` (and ${leftOut} more not recorded)`;
    void this.#append('appendSoon', {
      kind: 'login.refused',
      source: source.address,
      connection,
      login: shown,
      fingerprint,
      reason: `${reason}${more}`,
      ...(certificate === undefined ? {} : { certificate }),
    });
  }

  #counterWentBack(source: Source, fingerprint: Fingerprint, regress: CounterRegress): void {
    const { customer, last, counter } = regress;
    const fields = { source: source.address, customer, fingerprint, last, counter };
    this.#strangers.warn(source, fields, 'counter.went-back');
    if (!this.#budget.counterWentBack(fingerprint)) return;
    void this.#append('appendSoon', {
      kind: 'key.counter.regressed',
      customer,
      fingerprint,
      source: source.address,
      last,
      counter,
    });
  }

  penalised(source: Source, seconds: number): void {
    this.#log.warn({ source: source.bucket, seconds }, 'source.penalised');
    void this.#append('appendSoon', {
      kind: 'source.penalised',
      source: source.bucket,
      seconds,
      reason: 'too many refused logins',
    });
  }

  closed(actor: Identity, seconds: number): void {
    this.#log.info({ connection: actor.connection, seconds }, 'connection.closed');
    void this.#append('appendLater', { kind: 'connection.closed', actor: actorOf(actor), seconds });
  }

  /** @returns settles once the row is on the disk, or cannot be written; never rejects */
  session(
    kind: 'session.opened' | 'session.closed',
    actor: Identity,
    session: string,
    what: SessionWhat,
    command: string | null,
  ): Promise<void> {
    this.#log.info({ connection: actor.connection, session, what, command }, kind);
    const when = kind === 'session.opened' ? 'appendSoon' : 'appendLater';
    return this.#append(when, { kind, actor: actorOf(actor), session, what, command });
  }

  async #append(when: keyof AuditLog, event: AuditEvent): Promise<void> {
    try {
      await this.#audit[when](event);
    } catch (error) {
      this.#log.error({ err: error, kind: event.kind }, 'audit.unwritable');
    }
  }
}

function actorOf({ customer, fingerprint, source, connection }: Identity): {
  customer: Identity['customer'];
  fingerprint: Fingerprint;
  source: string;
  connection: string;
} {
  return { customer, fingerprint, source, connection };
}

function noteOf({ certificate: found }: Identity): CertificateNote | null {
  if (found === undefined) return null;
  const { certificate, authority: fingerprint, authorityName: name } = found;
  return certificateNote(certificate, { name, fingerprint });
}
