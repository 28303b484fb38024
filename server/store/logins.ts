import type { CustomerName, DomainName, Fingerprint } from '../../policy/names.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import { KEY_COLUMNS, keyOf } from './key-row.js';
import type { KeyRow } from './key-row.js';
import type { Key } from './records.js';
import { COUNTS } from './roles.js';

type Match = KeyRow & { readonly suspended_at: string | null };

const BY_CUSTOMER = new Sql<Match>(
  `SELECT ${KEY_COLUMNS}, customer.suspended_at FROM customer JOIN key ON key.customer = customer.id
   WHERE customer.name = ? AND key.fingerprint = ?`,
);
const BY_DOMAIN = new Sql<Match & { readonly domain: DomainName }>(
  `SELECT ${KEY_COLUMNS}, customer.suspended_at, role.domain
   FROM role JOIN customer ON customer.id = role.customer JOIN key ON key.customer = customer.id
   LEFT JOIN domain ON domain.name = role.domain
   WHERE role.domain = ? AND key.fingerprint = ? AND ${COUNTS} LIMIT 2`,
);

const NAMED = new Sql<Candidate>(
  `SELECT name AS customer, suspended_at, named_seq, NULL AS domain FROM customer WHERE name = ?`,
);
const WITH_ROLE = new Sql<Candidate>(
  `SELECT customer.name AS customer, customer.suspended_at, customer.named_seq, role.domain
   FROM role JOIN customer ON customer.id = role.customer LEFT JOIN domain ON domain.name = role.domain
   WHERE role.domain = ? AND ${COUNTS} ORDER BY customer.name`,
);

interface Candidate {
  readonly customer: CustomerName;
  readonly suspended_at: string | null;
  readonly named_seq: number;
  readonly domain: DomainName | null;
}

/** A customer whom a login name may mean, whoever logs in. */
export interface LoginCandidate {
  readonly customer: CustomerName;
  readonly suspended: boolean;
  /** The audit row that gave the customer the name. */
  readonly customerSeq: number;
  /** Set when the login name was a domain's. */
  readonly domain: DomainName | null;
}

/**
 * The customer that a login name and a key mean together. Only the signature proves
 * that the peer holds the key.
 */
export interface LoginFound {
  readonly customer: CustomerName;
  readonly suspended: boolean;
  /** An expired key is found too. */
  readonly key: Key;
  /** Set when the login name was a domain's. */
  readonly domain: DomainName | null;
}

/** Looks up login names. */
export class Logins {
  readonly #database: Database;
  readonly #clock: () => Date;

  constructor(database: Database, clock: () => Date) {
    this.#database = database;
    this.#clock = clock;
  }

  /**
   * Finds a customer by name and one of their keys; or by a domain's name and a key, when exactly one
   * customer with a counting role on the domain holds that key. It always makes two reads, so their number
   * tells a stranger nothing.
   *
   * @param login as the client sent it
   */
  find(login: string, fingerprint: Fingerprint): LoginFound | null {
    const byCustomer = this.#database.get(BY_CUSTOMER, login, fingerprint);
    const byDomain = this.#database.all(BY_DOMAIN, login, fingerprint, this.#now());
    if (byCustomer !== undefined) return found(byCustomer, null);
    const [one, another] = byDomain;
    if (one === undefined || another !== undefined) return null;
    return found(one, one.domain);
  }

  /**
   * The customer of this name; or those with a counting role on the domain of this name. It always makes two
   * reads.
   *
   * @param login as the client sent it
   */
  candidates(login: string): readonly LoginCandidate[] {
    const named = this.#database.all(NAMED, login);
    const onDomain = this.#database.all(WITH_ROLE, login, this.#now());
    return (named.length > 0 ? named : onDomain).map((one) => ({
      customer: one.customer,
      suspended: one.suspended_at !== null,
      customerSeq: one.named_seq,
      domain: one.domain,
    }));
  }

  #now(): string {
    return this.#clock().toISOString();
  }
}

function found(match: Match, domain: DomainName | null): LoginFound {
  return { customer: match.customer, suspended: match.suspended_at !== null, key: keyOf(match), domain };
}
