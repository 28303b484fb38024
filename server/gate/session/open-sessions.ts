import type { CustomerName } from '../../../policy/names.js';
import type { SessionInfo } from './session-info.js';

/** The open sessions of each customer, for the limit of the policy. */
export interface OpenSessions {
  count(customer: CustomerName): number;
  /** Takes a place, unless `refuses` has a sentence for the number that is open already. @returns that sentence */
  enter(session: SessionInfo, refuses: (open: number) => string | null): string | null;
  /** Twice is harmless, and so is a session that never entered. */
  leave(session: Pick<SessionInfo, 'id' | 'identity'>): void;
}

/** The open sessions of this process. */
export class SessionsInProcess implements OpenSessions {
  readonly #customers = new Map<CustomerName, Set<string>>();

  count(customer: CustomerName): number {
    return this.#customers.get(customer)?.size ?? 0;
  }

  enter(
    { id, identity: { customer } }: SessionInfo,
    refuses: (open: number) => string | null,
  ): string | null {
    const no = refuses(this.count(customer));
    if (no !== null) return no;
    const own = this.#customers.get(customer) ?? new Set();
    own.add(id);
    this.#customers.set(customer, own);
    return null;
  }

  leave({ id, identity: { customer } }: Pick<SessionInfo, 'id' | 'identity'>): void {
    const own = this.#customers.get(customer);
    own?.delete(id);
    if (own?.size === 0) this.#customers.delete(customer);
  }
}
