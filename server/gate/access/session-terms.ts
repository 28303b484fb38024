import { evaluateSessions, sessionLimit } from '../../../policy/evaluate.js';
import type { CustomerName } from '../../../policy/names.js';
import type { Policy, SessionLimit } from '../../../policy/policy.js';
import type { Holders } from '../../store/holders.js';

/** The values of gate.yaml, for customers of whom the policy's `sessions:` says nothing. */
interface SessionDefaults {
  /** `login.connectionsPerCustomer`. */
  readonly connections: number;
  /** `menu.idleSeconds`; 0: never. */
  readonly menuIdleSeconds: number;
}

/**
 * How many connections and sessions a customer may have, and how long a menu may stand without a key. Ask each
 * time: then a reload of the policy counts for the next login, session and menu.
 */
export class SessionTerms {
  readonly #defaults: SessionDefaults;
  readonly #inForce: { readonly policy: Policy };
  readonly #holders: Pick<Holders, 'rolesHeld'>;

  constructor(
    defaults: SessionDefaults,
    inForce: { readonly policy: Policy },
    holders: Pick<Holders, 'rolesHeld'>,
  ) {
    this.#defaults = defaults;
    this.#inForce = inForce;
    this.#holders = holders;
  }

  /** How many connections the customer may have open at once. */
  connections(customer: CustomerName): number {
    return this.#limit(customer)?.connections ?? this.#defaults.connections;
  }

  /** Seconds after which a menu without a key is left; null: never. */
  menuIdleSeconds(customer: CustomerName): number | null {
    const idle = this.#limit(customer)?.idle ?? this.#defaults.menuIdleSeconds;
    return idle === 'never' || idle === 0 ? null : idle;
  }

  /**
   * @param open the number of sessions that the customer has already
   * @returns a sentence when there may be no other, else null
   */
  refusesSession(customer: CustomerName, open: number): string | null {
    const decision = evaluateSessions(
      this.#inForce.policy,
      customer,
      this.#holders.rolesHeld(customer),
      open,
    );
    return decision.allow ? null : decision.message;
  }

  #limit(customer: CustomerName): SessionLimit | undefined {
    return sessionLimit(this.#inForce.policy, customer, this.#holders.rolesHeld(customer));
  }
}
