import type { CustomerName } from '../../../policy/names.js';

/** What the limit needs of a connection that has logged in. */
interface HeldConnection {
  /** Whether no session channel is open on it. */
  readonly isIdle: boolean;
  endSoon(sentence: string): void;
}

const MADE_ROOM = 'Another connection of yours needed the place: this one had no session.';

/**
 * Limits the connections of each customer: otherwise one key would be enough to take all places of the
 * service. Beyond the limit, a connection without a session makes room, so that connections left behind keep
 * nobody out.
 */
export class CustomerConnections {
  readonly #most: (customer: CustomerName) => number;
  readonly #customers = new Map<CustomerName, Set<HeldConnection>>();

  /** @param most how many a customer may have; asked at each login */
  constructor(most: (customer: CustomerName) => number) {
    this.#most = most;
  }

  /** @returns a sentence when the customer has too many, and too few of them can make room */
  join(customer: CustomerName, connection: HeldConnection): string | null {
    const own = this.#customers.get(customer) ?? new Set();
    const most = this.#most(customer);
    if (own.size >= most) {
      const idle = [...own].filter(({ isIdle }) => isIdle).slice(0, own.size - most + 1);
      // A policy that now allows fewer ends no connection that has a session.
      if (own.size - idle.length >= most) return tooMany(own.size);
      for (const each of idle) {
        own.delete(each);
        each.endSoon(MADE_ROOM);
      }
    }
    own.add(connection);
    this.#customers.set(customer, own);
    return null;
  }

  /** Twice is harmless, and so is a connection that never joined. */
  leave(customer: CustomerName, connection: HeldConnection): void {
    const own = this.#customers.get(customer);
    own?.delete(connection);
    if (own?.size === 0) this.#customers.delete(customer);
  }
}

function tooMany(open: number): string {
  return open === 1
    ? 'You have a connection open, which is the most: close it, or ask an administrator to.'
    : `You have ${open} connections open, which is the most: close one, or ask an administrator to.`;
}
