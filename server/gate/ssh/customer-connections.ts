import type { CustomerName } from '../../../policy/names.js';
import type { Identity } from '../session/identity.js';

/** What the limit needs of a connection that has logged in. */
interface HeldConnection {
  /** Whether no session channel is open on it. */
  readonly isIdle: boolean;
  endSoon(sentence: string): void;
}

/** A connection that has logged in, or is about to. */
export interface PlacedConnection extends HeldConnection {
  readonly id: string;
  readonly openedAt: Date;
}

/** The limit of connections for each customer. */
export interface ConnectionPlaces {
  /** @returns a sentence when the customer has too many, and too few of them can make room */
  join(identity: Identity, connection: PlacedConnection): string | null;
  /** As `join`, and changes nothing. */
  refuses(customer: CustomerName): string | null;
  /** Twice is harmless, and so is a connection that never joined. */
  leave(customer: CustomerName, connection: PlacedConnection): void;
  /** Call it before a session is opened. @returns a sentence when the connection has lost its place meanwhile */
  use(connection: PlacedConnection): string | null;
  /** Call it when the last session has gone. */
  rest(connection: PlacedConnection): void;
}

export const MADE_ROOM = 'Another connection of yours needed the place: this one had no session.';

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

  join(customer: CustomerName, connection: HeldConnection): string | null {
    const no = this.refuses(customer);
    if (no !== null) return no;
    const own = this.#customers.get(customer) ?? new Set();
    for (const each of this.#room(own, this.#most(customer))) {
      own.delete(each);
      each.endSoon(MADE_ROOM);
    }
    own.add(connection);
    this.#customers.set(customer, own);
    return null;
  }

  refuses(customer: CustomerName): string | null {
    const own = this.#customers.get(customer) ?? new Set();
    const most = this.#most(customer);
    // A policy that now allows fewer ends no connection that has a session.
    return own.size - this.#room(own, most).length >= most ? tooMany(own.size) : null;
  }

  /** The connections that would make room for one more. */
  #room(own: ReadonlySet<HeldConnection>, most: number): readonly HeldConnection[] {
    return [...own].filter(({ isIdle }) => isIdle).slice(0, Math.max(0, own.size - most + 1));
  }

  leave(customer: CustomerName, connection: HeldConnection): void {
    const own = this.#customers.get(customer);
    own?.delete(connection);
    if (own?.size === 0) this.#customers.delete(customer);
  }
}

export function tooMany(open: number): string {
  return open === 1
    ? 'You have a connection open, which is the most: close it, or ask an administrator to.'
    : `You have ${open} connections open, which is the most: close one, or ask an administrator to.`;
}
