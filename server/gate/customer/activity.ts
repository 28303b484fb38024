import type { Action } from '../../../policy/actions.js';
import type { CustomerName, DomainName } from '../../../policy/names.js';
import type { EventActor } from '../../store/audit-actor.js';
import type { AuditEvent, AuditRow } from '../../store/audit-event.js';
import type { RoleRow } from '../../store/records.js';
import type { Identity } from '../session/identity.js';
import { printable } from '../../../policy/printable.js';

/** One thing that happened, in words that the customer may read. */
interface ActivityLine {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly domain: DomainName | null;
  readonly text: string;
}

interface AuditTail {
  tail(query: {
    readonly customer?: CustomerName;
    readonly domain?: DomainName;
    readonly fromSeq?: number;
    readonly limit?: number;
  }): readonly AuditRow[];
}

interface RolesOf {
  of(customer: CustomerName): readonly RoleRow[];
}

interface Named {
  find(customer: CustomerName): { readonly namedSeq: number } | undefined;
}

/**
 * The part of the audit log that a customer may read: what they did, and what was done on the domains that
 * they have a role on, since they have it. Of other customers it shows the name only, never the source; of
 * admins only that it was one.
 */
export class Activity {
  readonly #audit: AuditTail;
  readonly #roles: RolesOf;
  readonly #customers: Named;

  constructor(audit: AuditTail, roles: RolesOf, customers: Named) {
    this.#audit = audit;
    this.#roles = roles;
    this.#customers = customers;
  }

  /** @returns oldest first, at most `limit` */
  of(identity: Pick<Identity, 'customer' | 'certificate'>, limit = 200): readonly ActivityLine[] {
    const { customer, certificate } = identity;
    const only = certificate?.confinedTo ?? null;
    const since = new Map(
      this.#roles
        .of(customer)
        .filter((row) => row.counts && (only === null || row.domain === only))
        .map((row) => [row.domain, row.sinceSeq]),
    );
    const rows = new Map<number, AuditRow>();
    const take = (row: AuditRow): unknown => rows.set(row.seq, row);
    // An earlier customer of this name is somebody else.
    const named = this.#customers.find(customer)?.namedSeq ?? Infinity;
    this.#audit.tail({ customer, fromSeq: named, limit: 2 * limit }).forEach(take);
    for (const [domain, seq] of since)
      this.#audit.tail({ domain, fromSeq: seq, limit: 2 * limit }).forEach(take);
    const requests = requestsIn(rows.values());
    return [...rows.values()]
      .sort((one, other) => one.seq - other.seq)
      .flatMap((row) => {
        const { at, seq, event } = row;
        const domain = domainOf(event);
        // Of the rest of the account, a certificate for one domain is told nothing.
        if (only !== null && domain === null) return [];
        // Without a role, or from before it, nothing shows: the name may have been another domain's then.
        if (domain !== null && seq < (since.get(domain) ?? Infinity)) return [];
        const text = sentence(event, customer, requests);
        return text === null ? [] : [{ at, domain, text }];
      })
      .slice(-limit);
  }
}

interface Asked {
  readonly action: Action;
  readonly by: CustomerName;
}

function requestsIn(rows: Iterable<AuditRow>): ReadonlyMap<string, Asked> {
  const requests = new Map<string, Asked>();
  for (const { event } of rows) {
    const action = requestedAction(event);
    if (action !== null && 'operation' in event && 'actor' in event) {
      requests.set(event.operation, { action, by: event.actor.customer });
    }
  }
  return requests;
}

function requestedAction(event: AuditEvent): Action | null {
  return (/^domain\.([a-z-]+)\.requested$/.exec(event.kind)?.[1] as Action | undefined) ?? null;
}

function domainOf(event: AuditEvent): DomainName | null {
  // A denial names what the customer typed, which need not be a domain. It is the customer's own and has no
  // past.
  return 'domain' in event && event.kind !== 'domain.denied' ? event.domain : null;
}

const ASKED: Readonly<Record<Action, (domain: string) => string>> = {
  status: (domain) => `looked at ${domain}`,
  console: (domain) => `opened the console of ${domain}`,
  watch: (domain) => `watched the console of ${domain}`,
  takeover: (domain) => `took over the keyboard of ${domain}`,
  sysrq: (domain) => `sent a SysRq key to ${domain}`,
  log: (domain) => `read the console log of ${domain}`,
  'log-switch': (domain) => `switched the console log of ${domain}`,
  start: (domain) => `started ${domain}`,
  shutdown: (domain) => `shut down ${domain}`,
  poweroff: (domain) => `powered off ${domain}`,
  reboot: (domain) => `rebooted ${domain}`,
  rescue: (domain) => `booted ${domain} into rescue`,
  extend: (domain) => `gave the rescue of ${domain} more time`,
  normal: (domain) => `booted ${domain} back to normal`,
  reinstall: (domain) => `reinstalled ${domain}`,
  notify: (domain) => `asked for notices of ${domain}`,
};

const OUTCOMES = {
  done: 'done',
  failed: 'failed',
  superseded: 'overtaken by a power-off',
  refused: 'not possible',
  lost: 'the outcome is not known',
} as const;

function loginKey({ actor, certificate }: Extract<AuditEvent, { kind: 'login.accepted' }>): string {
  if (certificate === undefined) return actor.fingerprint;
  const { keyId, authorityName } = certificate;
  return `${actor.fingerprint}, by a certificate of ${authorityName}${keyId === '' ? '' : ` (${keyId})`}`;
}

function sentence(
  event: AuditEvent,
  customer: CustomerName,
  requests: ReadonlyMap<string, Asked>,
): string | null {
  switch (event.kind) {
    case 'login.accepted':
      return event.actor.customer === customer
        ? `you logged in from ${event.actor.source} with ${loginKey(event)}`
        : null;
    case 'domain.denied':
      return event.actor.customer === customer
        ? `you were refused: ${event.action} of ${event.domain}`
        : null;
    case 'operation.ended': {
      const asked = requests.get(event.operation);
      // A console that was opened and left again is one line, not two.
      if (asked === undefined || (LOOKED.includes(asked.action) && event.outcome === 'done')) return null;
      return `${ASKED[asked.action](event.domain)}: ${OUTCOMES[event.outcome]}`;
    }
    case 'rescue.ended':
      return `the time of the rescue of ${event.domain} was over: ${OUTCOMES[event.outcome]}`;
    case 'customer.suspended':
      return `your account was suspended by ${who(event.actor, customer)}`;
    case 'customer.resumed':
      return `your account was opened again by ${who(event.actor, customer)}`;
    case 'key.added':
      return event.customer === customer
        ? `${who(event.actor, customer)} added the key ${event.fingerprint}`
        : null;
    case 'key.removed':
      return event.customer === customer
        ? `${who(event.actor, customer)} removed the key ${event.fingerprint}`
        : null;
    case 'key.expiry.set': {
      if (event.customer !== customer) return null;
      const when = event.expiresAt === null ? 'not to expire' : `to expire at ${event.expiresAt}`;
      return `${who(event.actor, customer)} set the key ${event.fingerprint} ${when}`;
    }
    case 'key.counter.regressed':
      return event.customer === customer
        ? `a login from ${event.source} was refused: the security key ${event.fingerprint} may have a copy, because its counter went back`
        : null;
    case 'domain.crashed':
      return `${event.domain} crashed`;
    case 'domain.looping':
      return `${event.domain} booted ${event.boots} times in a short time, and nobody asked for it here`;
    case 'notice.address.asked':
      return `${who(event.actor, customer)} asked for notices at ${event.address}`;
    case 'notice.address.set':
      return `${who(event.actor, customer)} had notices sent to ${event.address}`;
    case 'notice.address.removed':
      return `${who(event.actor, customer)} had the address ${event.address} for notices forgotten`;
    case 'notice.switched':
      return `${who(event.actor, customer)} switched notices ${event.on ? 'on' : 'off'}`;
    case 'role.added':
      return `${who(event.actor, customer)} made ${event.customer === customer ? 'you' : event.customer} ${event.role} of ${event.domain}${event.until === undefined ? '' : ` until ${event.until}`}`;
    case 'role.removed':
      if (event.actor === null)
        return `the time of ${event.customer === customer ? 'your role' : `the role of ${event.customer}`} on ${event.domain} is over`;
      return `${who(event.actor, customer)} ended the role of ${event.customer === customer ? 'you' : event.customer} on ${event.domain}`;
    default: {
      const action = requestedAction(event);
      if (action === null || !('operation' in event) || !('actor' in event)) return null;
      const intent = event as Extract<AuditEvent, { kind: 'domain.start.requested' }>;
      const profile = intent.profile === null ? '' : ` with ${printable(intent.profile, 40)}`;
      const keep = intent.keep === undefined ? '' : intent.keep ? ' on' : ' off';
      return `${who(intent.actor, customer)}: ${ASKED[action](intent.domain)}${profile}${keep}`;
    }
  }
}

const LOOKED: readonly Action[] = ['console', 'watch', 'takeover', 'log'];

function who(actor: EventActor, customer: CustomerName): string {
  if (!('customer' in actor)) return 'an administrator';
  return actor.customer === customer ? 'you' : actor.customer;
}
