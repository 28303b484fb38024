import { isRefusal } from '../../policy/refusal.js';
import type { Refusal } from '../../policy/refusal.js';
import type { Change, Note, Objection, Subject, Verb } from './declaration.js';

/** What came of applying a declaration. */
export interface RunResult {
  readonly changes: readonly Change[];
  readonly notes: readonly Note[];
  readonly objections: readonly Objection[];
  /** Rows that no file declares any more and that were not pruned. */
  readonly stale: readonly string[];
  /** Set when too much would be pruned: a sentence. */
  readonly excess: string | null;
}

/** Collects what comes of it. */
export class DeclarationOutcome implements RunResult {
  readonly changes: Change[] = [];
  readonly notes: Note[] = [];
  readonly objections: Objection[] = [];
  readonly stale: string[] = [];
  excess: string | null = null;

  /**
   * Records a change, or why it was refused.
   *
   * @returns whether it was done
   */
  did(
    verb: Verb,
    subject: Subject,
    before: string | null,
    after: string | null,
    at: number | null,
    answer: object | Refusal,
  ): boolean {
    if (isRefusal(answer)) {
      this.object(at, answer.message);
      return false;
    }
    this.changes.push({ verb, subject, before, after });
    return true;
  }

  object(at: number | null, sentence: string): void {
    this.objections.push({ at, sentence });
  }

  /** @param isUpToTake whether `--take` does it nevertheless */
  note(at: number, sentence: string, isUpToTake = false): void {
    this.notes.push({ at, sentence: isUpToTake ? `${sentence} (--take does it)` : sentence });
  }
}
