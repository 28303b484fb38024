import type { CustomerName } from '../../../policy/names.js';
import type { Identity } from '../session/identity.js';
import { CustomerConnections } from './customer-connections.js';
import type { ConnectionPlaces, PlacedConnection } from './customer-connections.js';

/** The connections of this process, each customer's limited. */
export class ConnectionsInProcess implements ConnectionPlaces {
  readonly #customers: CustomerConnections;

  /** @param most how many a customer may have; asked at each login */
  constructor(most: (customer: CustomerName) => number) {
    this.#customers = new CustomerConnections(most);
  }

  join({ customer }: Identity, connection: PlacedConnection): string | null {
    return this.#customers.join(customer, connection);
  }

  refuses(customer: CustomerName): string | null {
    return this.#customers.refuses(customer);
  }

  leave(customer: CustomerName, connection: PlacedConnection): void {
    this.#customers.leave(customer, connection);
  }

  /** One that makes room ends in the same turn, and opens no session. */
  use(): null {
    return null;
  }

  /** It is asked itself whether it is idle. */
  rest(): void {
    return undefined;
  }
}
