import type { CustomerName, DomainName } from '../../../policy/names.js';
import type { Customer, RoleRow } from '../../store/records.js';
import type { Holding, OperationRight } from './operation-right.js';

interface RightParts {
  readonly roles: { find(customer: CustomerName, domain: DomainName): RoleRow | undefined };
  readonly customers: { find(name: CustomerName): Customer | undefined };
}

/** The right to an operation of which only the intent is known, as an older gate left it: the customer and the role. */
export class UngroundedRight implements OperationRight {
  readonly #parts: RightParts;
  readonly #domain: DomainName;
  readonly #seq: number;
  #customer: CustomerName;

  /** @param seq the audit row of the intent: what was given later counts for nothing */
  constructor(parts: RightParts, customer: CustomerName, domain: DomainName, seq: number) {
    this.#parts = parts;
    this.#customer = customer;
    this.#domain = domain;
    this.#seq = seq;
  }

  holds(): Holding {
    const customer = this.#parts.customers.find(this.#customer);
    const role = this.#parts.roles.find(this.#customer, this.#domain);
    if (role?.counts !== true || role.sinceSeq > this.#seq) return { lost: 'the role has gone' };
    if (customer?.suspendedAt !== null) return { lost: 'the customer is suspended' };
    return { lost: null, until: role.until === null ? null : Date.parse(role.until) };
  }

  renamed(from: CustomerName, to: CustomerName): void {
    if (this.#customer === from) this.#customer = to;
  }
}
