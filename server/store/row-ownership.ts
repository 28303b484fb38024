import type { Database } from './database.js';
import { Sql } from './database.js';
import type { DeclarationOutcome } from './declaration-outcome.js';
import { isInScope } from './declaration-scope.js';
import type { DeclarationScope } from './declaration-scope.js';
import { subjectText } from './declaration-words.js';
import type { Subject } from './declaration.js';

const OF_CUSTOMER = '(SELECT id FROM customer WHERE name = ?)';
const DECLARE = {
  customer: new Sql('UPDATE customer SET declared = ? WHERE name = ?'),
  key: new Sql(`UPDATE key SET declared = ? WHERE fingerprint = ? AND customer = ${OF_CUSTOMER}`),
  role: new Sql(`UPDATE role SET declared = ? WHERE domain = ? AND customer = ${OF_CUSTOMER}`),
  parameter: new Sql('UPDATE parameter SET declared = ? WHERE domain = ? AND name = ?'),
  authority: new Sql('UPDATE authority SET declared = ? WHERE name = ?'),
};

/** Which file declares a row, and whether the files that are applied may change it. */
export class RowOwnership {
  readonly #database: Database;
  readonly #options: { readonly scope: DeclarationScope; readonly take: boolean };
  readonly #outcome: DeclarationOutcome;

  constructor(
    database: Database,
    options: { readonly scope: DeclarationScope; readonly take: boolean },
    outcome: DeclarationOutcome,
  ) {
    this.#database = database;
    this.#options = options;
    this.#outcome = outcome;
  }

  /** Makes a row the file's that is as the file says, unless it is another file's. */
  claim(subject: Subject, declared: string | null, file: string): void {
    if (declared === file || this.other(subject, declared) !== null) return;
    this.#label(subject, file);
    const text = subjectText(subject);
    this.#outcome.changes.push({ verb: 'declare', subject, before: text, after: text });
  }

  /** Makes a row nobody's that stays as it is. */
  release(subject: Subject, before: string): void {
    this.#label(subject, null);
    this.#outcome.changes.push({ verb: 'release', subject, before, after: before });
  }

  /** Whether a row that is otherwise than the file says may be changed; notes why not. */
  mayChange(subject: Subject, declared: string | null, before: string, at: number): boolean {
    if (this.#options.take) return true;
    if (declared === null) {
      this.#outcome.note(at, `${subjectText(subject)} is by hand: ${before}, and stays so`, true);
      return false;
    }
    const owner = this.other(subject, declared);
    if (owner !== null) this.objectTo(subject, owner, at);
    return owner === null;
  }

  /** A file outside of the scope that declares the row; null: there is none, or it does not matter. */
  other(subject: Subject, declared: string | null): string | null {
    const isOthers = declared !== null && !isInScope(this.#options.scope, declared, subject);
    return isOthers && !this.#options.take ? declared : null;
  }

  objectTo(subject: Subject, owner: string, at: number): void {
    this.#outcome.object(
      at,
      `${subjectText(subject)} is declared by ${owner}: change it there, or say --take`,
    );
  }

  #label(subject: Subject, file: string | null): void {
    const database = this.#database;
    switch (subject.of) {
      case 'customer':
        database.run(DECLARE.customer, file, subject.customer);
        return;
      case 'key':
        database.run(DECLARE.key, file, subject.fingerprint, subject.customer);
        return;
      case 'role':
        database.run(DECLARE.role, file, subject.domain, subject.customer);
        return;
      case 'parameter':
        database.run(DECLARE.parameter, file, subject.domain, subject.name);
        return;
      case 'authority':
        database.run(DECLARE.authority, file, subject.name);
        return;
    }
  }
}
