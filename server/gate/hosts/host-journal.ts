import { reason } from '../../wire/reason.js';
import { readJournalPage } from '../../wire/answers.js';
import type { JournalRecord } from '../../wire/answers.js';
import type { Dom0Client } from './dom0-client.js';
import { HostError } from './dom0-client.js';

/**
 * Reads a host's own journal page by page, oldest first: a witness for the audit log.
 *
 * @throws Error with a sentence when the host does not answer, or answers something else
 */
export async function* readHostJournal(host: Dom0Client): AsyncGenerator<JournalRecord> {
  for (let after: number | null = 0; after !== null;) {
    const answer = await host.ask('GET', `/journal?after=${after}`);
    if (!answer.ok) throw new HostError(`${answer.no.code}: ${answer.no.message}`);
    const page = journalPage(answer.body);
    yield* page.entries;
    if (page.next !== null && page.next <= after) throw new HostError('its journal goes backwards');
    after = page.next;
  }
}

function journalPage(answer: unknown): ReturnType<typeof readJournalPage> {
  try {
    return readJournalPage(answer);
  } catch (error) {
    throw new HostError(`its journal cannot be read: ${reason(error)}`);
  }
}
