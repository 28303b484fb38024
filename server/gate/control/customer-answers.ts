import type { DomainName } from '../../../policy/names.js';
import type { Customer, RoleRow } from '../../store/records.js';
import type { KeyView } from './key-answers.js';
import type { SessionView } from './session-answers.js';

/** `POST /customers/NAME/rename`. */
export interface CustomerRenamed {
  readonly customer: Customer;
  readonly sessionsEnded: number;
  /** Where the policy names the customer's old name; null when the policy cannot be read. */
  readonly mentions: readonly string[] | null;
}

/** `DELETE /customers/NAME`. */
export interface CustomerRemoved {
  readonly customer: Customer;
  readonly sessionsEnded: number;
  readonly keys: number;
  readonly roles: readonly RoleRow[];
  /** Domains on which nobody has a role any more. */
  readonly ownerless: readonly DomainName[];
  /** Domains that have no owner any more; somebody else may have a role on them. */
  readonly unowned: readonly DomainName[];
  /** Recordings of their consoles, which stay as long as recordings do. */
  readonly recordings: number;
  /** Where the policy names the customer; null when the policy cannot be read. */
  readonly mentions: readonly string[] | null;
}

/** `GET /customers/NAME`. */
export interface CustomerView {
  readonly customer: Customer;
  readonly keys: readonly KeyView[];
  readonly roles: readonly RoleRow[];
  readonly sessions: readonly SessionView[];
}
