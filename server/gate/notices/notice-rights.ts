import { evaluate } from '../../../policy/evaluate.js';
import type { CustomerName, DomainName } from '../../../policy/names.js';
import type { Policy } from '../../../policy/policy.js';
import type { RoleRow } from '../../store/records.js';
import type { DomainObservations } from '../access/domain-observations.js';

interface NoticeRightsParts {
  readonly policy: () => Policy;
  readonly roles: {
    of(customer: CustomerName): readonly RoleRow[];
    on(domain: DomainName): readonly RoleRow[];
  };
  readonly customers: {
    find(name: CustomerName): { readonly suspendedAt: string | null; readonly namedSeq: number } | undefined;
  };
  readonly observations: Pick<DomainObservations, 'lastObservation'>;
  readonly clock: () => Date;
}

/**
 * Who may be told of which domain now: they have a role that counts, and the policy lets them see it and `notify`
 * them. Nobody has logged in, so a rule that asks where they come from lets nobody.
 */
export class NoticeRights {
  readonly #parts: NoticeRightsParts;

  constructor(parts: NoticeRightsParts) {
    this.#parts = parts;
  }

  /** Those who may be told of what row `seq` of the audit log says of the domain: nothing from before their role. */
  of(domain: DomainName, seq: number): readonly CustomerName[] {
    return this.#parts.roles
      .on(domain)
      .filter((row) => row.sinceSeq <= seq && this.#mayHear(row))
      .map(({ customer }) => customer);
  }

  /** Whether the customer may be told of any domain, and so of the account. */
  mayHearOfAny(customer: CustomerName): boolean {
    return this.#parts.roles.of(customer).some((row) => this.#mayHear(row));
  }

  /** Whether the account is open, and row `seq` is of the customer who has the name now. */
  isOpen(customer: CustomerName, seq = Infinity): boolean {
    const found = this.#parts.customers.find(customer);
    return found?.suspendedAt === null && found.namedSeq <= seq;
  }

  #mayHear({ customer, domain, role, counts }: RoleRow): boolean {
    if (!counts || !this.isOpen(customer)) return false;
    const { policy, observations, clock } = this.#parts;
    const around = { ...observations.lastObservation(domain), source: null };
    return (['status', 'notify'] as const).every(
      (action) =>
        evaluate(
          policy(),
          { customer, role, domain, action, profile: null, key: null, ...around },
          () => 0,
          clock(),
        ).allow,
    );
  }
}
