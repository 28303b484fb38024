import type { EventActor } from './audit-actor.js';
import type { AuditLog } from './audit-log.js';
import type { Database } from './database.js';
import type { ApplyOptions } from './declaration-context.js';
import type { RunResult } from './declaration-outcome.js';
import { DeclarationRun } from './declaration-run.js';
import type { DeclarationParts } from './declaration-parts.js';
import type { Declaration } from './declaration.js';

export interface Applied extends RunResult {
  /** Whether it was written. */
  readonly applied: boolean;
}

/** Brings customers, keys, roles, parameters and CAs to what files declare. */
export class Declarations {
  readonly #database: Database;
  readonly #log: AuditLog;
  readonly #parts: DeclarationParts;
  readonly #clock: () => Date;

  constructor(database: Database, log: AuditLog, parts: DeclarationParts, clock: () => Date) {
    this.#database = database;
    this.#log = log;
    this.#parts = parts;
    this.#clock = clock;
  }

  /**
   * One transaction: after a single objection nothing is written, and when nothing changes neither. Rows that hands
   * made are changed only with `take`, and rows that hands removed are given again only with it.
   *
   * @throws AuditUnavailableError when it cannot be written; nothing has happened then
   */
  apply(declaration: Declaration, actor: EventActor, options: ApplyOptions): Applied {
    return this.#log.together(
      () => {
        const run = new DeclarationRun(
          this.#database,
          this.#parts,
          declaration,
          actor,
          options,
          this.#clock(),
        );
        const result = run.result();
        const { changes, objections, excess } = result;
        const isSound = objections.length === 0 && excess === null;
        if (isSound && changes.length > 0) {
          const count = (verb: string): number => changes.filter((change) => change.verb === verb).length;
          const declared = count('declare');
          const released = count('release');
          this.#log.append({
            kind: 'declarations.applied',
            actor,
            source: options.source,
            changes: changes.length - declared - released,
            declared,
            released,
          });
        }
        return { ...result, applied: options.write && isSound && changes.length > 0 };
      },
      ({ applied }) => applied,
    );
  }
}
