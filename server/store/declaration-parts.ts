import type { Authorities } from './authorities.js';
import type { Customers } from './customers.js';
import type { Keys } from './keys.js';
import type { Parameters } from './parameters.js';
import type { Roles } from './roles.js';

/** The parts of the store that declarations change. */
export interface DeclarationParts {
  readonly customers: Customers;
  readonly keys: Keys;
  readonly roles: Roles;
  readonly parameters: Parameters;
  readonly authorities: Authorities;
}
