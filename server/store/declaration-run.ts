import type { EventActor } from './audit-actor.js';
import type { Database } from './database.js';
import type { ApplyOptions, DeclarationContext } from './declaration-context.js';
import { DeclarationOutcome } from './declaration-outcome.js';
import type { RunResult } from './declaration-outcome.js';
import type { DeclarationParts } from './declaration-parts.js';
import { subjectText } from './declaration-words.js';
import type { Declaration } from './declaration.js';
import { applyAuthority } from './declared-authorities.js';
import { applyCustomer } from './declared-customers.js';
import { applyParameter } from './declared-parameters.js';
import { HandRemovals } from './hand-removals.js';
import { RowOwnership } from './row-ownership.js';
import { StaleRows } from './stale-rows.js';

/** The gate serves nobody during an apply, and systemd kills a gate that does not answer for a minute. */
const MOST_CHANGES = 100_000;

/** One application of a declaration, inside a transaction. */
export class DeclarationRun {
  readonly #wanted: Declaration;
  readonly #context: DeclarationContext;
  #isTooMuch = false;

  constructor(
    database: Database,
    parts: DeclarationParts,
    wanted: Declaration,
    actor: EventActor,
    options: ApplyOptions,
    now: Date,
  ) {
    const outcome = new DeclarationOutcome();
    this.#wanted = wanted;
    this.#context = {
      parts,
      actor,
      options,
      now: now.toISOString(),
      removals: new HandRemovals(database),
      ownership: new RowOwnership(database, options, outcome),
      outcome,
    };
  }

  /** Does it. Call it once. */
  result(): RunResult {
    const { customers, parameters, authorities } = this.#wanted;
    // Before the rest, because a key or a name may have moved.
    this.#stales();
    for (const each of customers) if (this.#goesOn(each)) applyCustomer(this.#context, each);
    for (const each of parameters) if (this.#goesOn(each)) applyParameter(this.#context, each);
    for (const each of authorities) if (this.#goesOn(each)) applyAuthority(this.#context, each);
    return this.#context.outcome;
  }

  /** Objects to the first one that would be too much. */
  #goesOn({ at }: { readonly at: number }): boolean {
    const { outcome, options } = this.#context;
    const most = options.mostChanges ?? MOST_CHANGES;
    if (outcome.changes.length < most) return true;
    if (!this.#isTooMuch)
      outcome.object(at, `up to here there are ${most} changes, the most at once: apply the rest after them`);
    this.#isTooMuch = true;
    return false;
  }

  /** Rows of the scope that no file declares any more. */
  #stales(): void {
    const { parts, actor, options, ownership, outcome } = this.#context;
    const { scope, prune, many } = options;
    const stale = new StaleRows(parts, this.#wanted, scope, actor);
    if (!prune) {
      outcome.stale.push(...stale.rows.map(({ subject }) => subjectText(subject)));
      return;
    }
    outcome.excess = many ? null : stale.excess;
    for (const { subject, before, remove } of stale.rows)
      if (remove === null) ownership.release(subject, before);
      else outcome.did('remove', subject, before, null, null, remove());
  }
}
