import type { CustomerName, DomainName, Fingerprint, ParameterName } from '../../policy/names.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import { formerNames, RENAMED } from './imports.js';
import type { Customer } from './records.js';

/** The last time that a row was removed. */
interface Removal {
  readonly at: string;
  /** Set when a file's declaration did it. */
  readonly file: string | null;
  /** Null for one by itself, when its time was over. */
  readonly actor: string | null;
}

/** The last time that a customer gave a name up. */
export interface NameRemoval extends Removal {
  /** The new name, for a customer who was renamed. */
  readonly to: CustomerName | null;
}

interface LastEvent extends Removal {
  readonly kind: string;
}

const EVENT = `kind, at, record ->> '$.event.file' AS file, record ->> '$.event.actor' AS actor`;
const NAME = new Sql<NameRemoval>(
  `SELECT ${EVENT}, record ->> '$.event.to' AS "to" FROM audit
   WHERE customer = ? AND kind IN ('customer.removed', 'customer.renamed') ORDER BY seq DESC LIMIT 1`,
);
const KEY = new Sql<LastEvent>(
  `SELECT ${EVENT} FROM audit WHERE customer = ? AND record ->> '$.event.fingerprint' = ?
   AND kind IN ('key.added', 'key.removed') AND seq > ? ORDER BY seq DESC LIMIT 1`,
);
const ROLE = new Sql<LastEvent>(
  `SELECT ${EVENT} FROM audit WHERE customer = ? AND domain = ? AND kind = 'role.removed' AND seq > ?
   ORDER BY seq DESC LIMIT 1`,
);
const AUTHORITY = new Sql<LastEvent>(
  `SELECT ${EVENT} FROM audit WHERE record ->> '$.event.authority' = ?
   AND kind IN ('authority.added', 'authority.removed') ORDER BY seq DESC LIMIT 1`,
);
const PARAMETER = new Sql<LastEvent>(
  `SELECT ${EVENT} FROM audit WHERE domain = ? AND record ->> '$.event.parameter' = ?
   AND kind IN ('domain.parameter.set', 'domain.parameter.unset') ORDER BY seq DESC LIMIT 1`,
);

/**
 * Finds rows that are not there because a hand removed them: an admin, or the customer. A file does not give them
 * again by itself.
 */
export class HandRemovals {
  readonly #database: Database;
  readonly #renamed: readonly { readonly name: CustomerName; readonly to: CustomerName }[];

  constructor(database: Database) {
    this.#database = database;
    this.#renamed = database.all(RENAMED);
  }

  /** Of the customer of this name, or the one who had it last. */
  ofCustomer(name: CustomerName): NameRemoval | null {
    const row = this.#database.get(NAME, name);
    return row === undefined || row.file !== null ? null : row;
  }

  /**
   * Of the customer who had the name before the present one: somebody else, whom a file of that name may mean. Null
   * also when the present one came back to the name.
   */
  ofFormer({ name }: Pick<Customer, 'name'>): NameRemoval | null {
    const gone = this.ofCustomer(name);
    if (gone?.to == null) return gone;
    const names = formerNames(this.#renamed, name);
    const left = names.indexOf(name);
    return left > 0 && names[left - 1] === gone.to ? null : gone;
  }

  ofKey({ name, namedSeq }: Pick<Customer, 'name' | 'namedSeq'>, fingerprint: Fingerprint): Removal | null {
    return this.#ofOne(name, (of) => this.#database.get(KEY, of, fingerprint, of === name ? namedSeq : 0));
  }

  ofRole({ name, namedSeq }: Pick<Customer, 'name' | 'namedSeq'>, domain: DomainName): Removal | null {
    return this.#ofOne(name, (of) => this.#database.get(ROLE, of, domain, of === name ? namedSeq : 0));
  }

  ofAuthority(fingerprint: Fingerprint): Removal | null {
    return byHand(this.#database.get(AUTHORITY, fingerprint));
  }

  ofParameter(domain: DomainName, name: ParameterName): Removal | null {
    return byHand(this.#database.get(PARAMETER, domain, name));
  }

  /** Looks under the customer's name, and under the names that they had before. */
  #ofOne(name: CustomerName, last: (of: CustomerName) => LastEvent | undefined): Removal | null {
    const own = last(name);
    if (own !== undefined) return byHand(own);
    for (const former of formerNames(this.#renamed, name)) {
      const found = byHand(last(former));
      if (found !== null) return found;
    }
    return null;
  }
}

function byHand(event: LastEvent | undefined): Removal | null {
  const isRemoval = event !== undefined && /removed$|unset$/.test(event.kind);
  return isRemoval && event.file === null && event.actor !== null ? event : null;
}
