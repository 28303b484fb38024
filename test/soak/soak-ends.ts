import type { JournalFacts } from '../support/journal-of.js';

/** A row of the audit log, as far as it matters here. */
export interface IntentRow {
  readonly event: {
    readonly kind: string;
    readonly operation?: string;
    readonly domain?: string;
    readonly outcome?: string;
  };
}

/** Intents without an end. */
export function openIntents(rows: readonly IntentRow[]): readonly string[] {
  const ended = new Set(
    rows.flatMap(({ event }) => (event.kind === 'operation.ended' ? [event.operation] : [])),
  );
  return rows.flatMap(({ event }) =>
    event.kind.endsWith('.requested') && !ended.has(event.operation) ? [event.operation ?? ''] : [],
  );
}

/** @returns a sentence for each intent that has not exactly one end, or another one than in the host's journal */
export function disagreements(rows: readonly IntentRow[], journal: JournalFacts): readonly string[] {
  const ends = new Map<string, string[]>();
  for (const { event } of rows) {
    if (event.kind !== 'operation.ended' || event.operation === undefined) continue;
    ends.set(event.operation, [...(ends.get(event.operation) ?? []), event.outcome ?? '?']);
  }
  const wrong = rows.flatMap(({ event: { kind, operation = '', domain } }) => {
    if (!kind.endsWith('.requested')) return [];
    const how = `${kind} of ${domain}, ${operation}`;
    const outcomes = ends.get(operation) ?? [];
    if (outcomes.length !== 1) return [`${how}: ${outcomes.length} ends: ${outcomes.join(', ')}`];
    const inJournal = journal.ends.get(operation);
    if (!journal.requested.has(operation) || outcomes[0] === inJournal) return [];
    return [`${how}: the audit log says ${outcomes[0]}, the host's journal ${inJournal}`];
  });
  return journal.problem === null ? wrong : [journal.problem, ...wrong];
}
