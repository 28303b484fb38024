import { JOURNAL_PAGE } from '../../wire/journal.js';
import type { JournalPage } from '../../wire/journal.js';
import type { Journal } from '../operations/journal.js';

/** The page of `GET /journal` after a sequence number. */
export async function journalPage(journal: Journal, after: number): Promise<JournalPage> {
  const records = await journal.requests(after, JOURNAL_PAGE);
  const entries = records.flatMap(({ seq, at, event }) => {
    // What this half asked for by itself claims nothing of the gate's audit log.
    if (event.kind !== 'requested' || event.ending !== undefined) return [];
    const { id, domain, verb, actor } = event.request;
    const { customer, auditSeq, auditHash } = actor;
    return [{ seq, at, operation: id, domain, verb, customer, auditSeq, auditHash }];
  });
  return { entries, next: records.length < JOURNAL_PAGE ? null : (records.at(-1)?.seq ?? null) };
}
