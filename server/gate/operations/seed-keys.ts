import type { Action } from '../../../policy/actions.js';
import type { CustomerName, DomainName } from '../../../policy/names.js';
import type { Key, RoleRow } from '../../store/records.js';
import type { Contract } from '../../wire/contract.js';
import { MOST_SEED_KEY_CHARACTERS, MOST_SEED_KEYS, parseSeedKey } from '../../wire/seed-key.js';
import type { SeedKeys as SeedOwners } from '../../wire/seed-key.js';
import type { DemandedPermit } from '../access/authorize.js';
import { earlier } from '../access/standing.js';
import type { StandingCheck } from '../access/standing.js';

export interface SeedKeysParts {
  readonly keys: { list(customer: CustomerName): readonly Key[] };
  readonly roles: { on(domain: DomainName): readonly RoleRow[] };
  readonly standing: Pick<StandingCheck, 'of'>;
}

interface UsableKey {
  /** `TYPE BASE64 CUSTOMER` */
  readonly line: string;
  /** Milliseconds since 1970. */
  readonly until: number | null;
}

/** `until`: when the role ends, in milliseconds since 1970; null: never. */
interface Owner {
  readonly customer: CustomerName;
  readonly until: number | null;
}

/** The public keys that go with a request onto the seed disk of a boot. */
export class SeedKeys {
  readonly #parts: SeedKeysParts;

  constructor(parts: SeedKeysParts) {
    this.#parts = parts;
  }

  /**
   * The keys as they are at this moment, read from the store: those that could log in now, of customers whose
   * account is open. Each is followed by its customer's name instead of its comment. A certificate is no key.
   * The keys of the one who asks come first; beyond what an operation may carry, keys are left out.
   *
   * @param contract of the host that the request goes to
   * @returns null where the boot has no seed disk on this host: then nothing may be sent
   */
  of(
    { action, domain, identity, profile }: Pick<DemandedPermit, 'action' | 'domain' | 'identity' | 'profile'>,
    contract: Pick<Contract, 'profiles' | 'images'> | null,
  ): readonly string[] | null {
    const seed = seedOf(action, profile, contract);
    if (seed === null) return null;
    const lines = this.#usable(seed, domain, identity.customer).map(({ line }) => line);
    let size = 0;
    return lines.slice(0, MOST_SEED_KEYS).filter((line) => {
      size += line.length;
      return size <= MOST_SEED_KEY_CHARACTERS;
    });
  }

  /**
   * All keys that may go onto such a seed disk at this moment, however many they are, each as `TYPE BASE64`, with
   * the time until which it may. Milliseconds since 1970; null: not unless something changes.
   */
  usable(seed: SeedOwners, domain: DomainName, asker: CustomerName): ReadonlyMap<string, number | null> {
    return new Map(this.#usable(seed, domain, asker).map(({ line, until }) => [keyOfLine(line), until]));
  }

  #usable(seed: SeedOwners, domain: DomainName, asker: CustomerName): readonly UsableKey[] {
    const customers = seed === 'asker' ? [{ customer: asker, until: null }] : this.#owners(domain, asker);
    const seen = new Set<string>();
    return customers.flatMap(({ customer, until }) =>
      this.#keysOf(customer, seen).map((key) => ({ ...key, until: earlier(key.until, until) })),
    );
  }

  /** The one who asks comes first, where they are an owner. */
  #owners(domain: DomainName, asker: CustomerName): readonly Owner[] {
    const owners = this.#parts.roles
      .on(domain)
      .filter(({ role, counts }) => role === 'owner' && counts)
      .map(({ customer, until }) => ({ customer, until: until === null ? null : Date.parse(until) }));
    return [
      ...owners.filter(({ customer }) => customer === asker),
      ...owners.filter(({ customer }) => customer !== asker),
    ];
  }

  #keysOf(customer: CustomerName, seen: Set<string>): readonly UsableKey[] {
    const { keys, standing } = this.#parts;
    return keys.list(customer).flatMap(({ type, blob, fingerprint }) => {
      // Nobody logs in with it here, so whether it verifies its user is not asked.
      const held = standing.of({ customer, fingerprint, verified: null });
      if (!held.here || seen.has(fingerprint)) return [];
      seen.add(fingerprint);
      const line = `${type} ${blob.toString('base64')} ${customer}`;
      return parseSeedKey(line) === undefined ? [] : [{ line, until: held.until }];
    });
  }
}

/** A line's key without the customer's name, which may change: `TYPE BASE64`. */
export function keyOfLine(line: string): string {
  return line.split(' ', 2).join(' ');
}

/** A boot profile and an image may have the same name. */
export function seedOf(
  action: Action,
  named: DemandedPermit['profile'],
  contract: Pick<Contract, 'profiles' | 'images'> | null,
): SeedOwners | null {
  const offers = action === 'reinstall' ? contract?.images : contract?.profiles;
  return offers?.find(({ name }) => name === named)?.seed ?? null;
}
