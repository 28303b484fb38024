import { sessionLimit } from '../../../policy/evaluate.js';
import type { CustomerName } from '../../../policy/names.js';
import type { Policy } from '../../../policy/policy.js';
import type { RoleRow } from '../../store/records.js';

/** How many connections a customer may have open at once: by policy first, then by `login.connectionsPerCustomer` of gate.yaml. */
export class ConnectionLimit {
  readonly #usual: number;
  readonly #inForce: { readonly policy: Policy };
  readonly #roles: { of(customer: CustomerName): readonly RoleRow[] };

  constructor(
    usual: number,
    inForce: { readonly policy: Policy },
    roles: { of(customer: CustomerName): readonly RoleRow[] },
  ) {
    this.#usual = usual;
    this.#inForce = inForce;
    this.#roles = roles;
  }

  /** Asked at each login, so that a reload counts for the next one. */
  of(customer: CustomerName): number {
    const held = this.#roles.of(customer).flatMap((row) => (row.counts ? [row.role] : []));
    return sessionLimit(this.#inForce.policy, customer, held)?.connections ?? this.#usual;
  }
}
