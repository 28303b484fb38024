import type { CustomerName, DomainName } from '../../policy/names.js';
import type { EventActor } from './audit-actor.js';
import type { DeclarationOutcome } from './declaration-outcome.js';
import type { DeclarationParts } from './declaration-parts.js';
import type { DeclarationScope } from './declaration-scope.js';
import type { HandRemovals } from './hand-removals.js';
import type { RowOwnership } from './row-ownership.js';

export interface ApplyOptions {
  /** For the audit log. */
  readonly source: string;
  readonly scope: DeclarationScope;
  /** False: do it and roll it back, to see the result. */
  readonly write: boolean;
  /** Remove rows of the scope that no file declares any more. */
  readonly prune: boolean;
  /** Prune more than a tenth of a kind too. */
  readonly many: boolean;
  /** Change rows that hands or other files have, and give again what hands removed. */
  readonly take: boolean;
  /** How many keys a customer may have. */
  readonly maxKeys: (customer: CustomerName) => number;
  /** For tests: how many changes there may be before another customer, parameter or CA. */
  readonly mostChanges?: number;
}

/** What every step of one application has. */
export interface DeclarationContext {
  readonly parts: DeclarationParts;
  readonly actor: EventActor;
  readonly options: ApplyOptions;
  /** ISO 8601. */
  readonly now: string;
  readonly removals: HandRemovals;
  readonly ownership: RowOwnership;
  readonly outcome: DeclarationOutcome;
}

/** A sentence about a row that does not count. */
export function retired(what: string, domain: DomainName): string {
  return `${what} on ${domain} is from before the name was given up, and does not count (postern domain adopt ${domain})`;
}
