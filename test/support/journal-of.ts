import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readLines } from './journal-lines.js';

/** What the files of a dom0 half's journal say about operations. */
export interface JournalFacts {
  /** The ids. Each must have been written once. */
  readonly requested: ReadonlySet<string>;
  /** The end of each operation; the first one counts. */
  readonly ends: ReadonlyMap<string, string>;
  /** The first contradiction; null when there is none. */
  readonly problem: string | null;
}

/** Reads the journal of a state directory, including the rotated files. */
export function journalOf(state: string): JournalFacts {
  const requested = new Set<string>();
  const ends = new Map<string, string>();
  let problem: string | null = null;
  const files = readdirSync(state).filter((name) => /^journal(-\d+)?\.jsonl$/.test(name));
  // Rotated files come first, by the number in their names.
  for (const name of files.sort((one, other) => (one < other ? -1 : 1))) {
    const read = readLines(readFileSync(join(state, name), 'utf8'));
    problem ??= read.problem;
    for (const { event } of read.records) {
      if (event.kind === 'requested') {
        if (requested.has(event.request.id)) problem ??= `${event.request.id} is requested twice`;
        requested.add(event.request.id);
      }
      if (event.kind === 'ended') {
        if (ends.has(event.operation)) problem ??= `${event.operation} ends twice`;
        ends.set(event.operation, event.phase);
      }
    }
  }
  return { requested, ends, problem };
}
