import { request } from '../../wire/http.js';
import type { IncomingMessage } from 'node:http';
import type { Witness } from '../../store/audit-verifier.js';
import { readJournalPage } from '../../wire/answers.js';

const TIMEOUT_MS = 10_000;

/**
 * Reads a host's own journal, a witness for the audit log, page by page: `GET /journal` of dom0's socket.
 *
 * @throws Error with a sentence when the host does not answer, or answers something else
 */
export async function* readHostJournal(socket: string): AsyncGenerator<Witness> {
  let after: number | null = 0;
  while (after !== null) {
    const page = journalPage(await get(socket, `/journal?after=${after}`));
    yield* page.entries;
    if (page.next !== null && page.next <= after) throw new Error('the journal of the host goes backwards');
    after = page.next;
  }
}

function journalPage(answer: unknown): ReturnType<typeof readJournalPage> {
  try {
    return readJournalPage(answer);
  } catch (error) {
    throw new Error(`the host's journal cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

async function get(socket: string, path: string): Promise<unknown> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = request({ socketPath: socket, path, agent: false, timeout: TIMEOUT_MS });
    asked.once('response', resolve);
    asked.once('error', reject);
    asked.once('timeout', () => {
      asked.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`));
    });
    asked.end();
  });
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response as AsyncIterable<string>) text += chunk;
  if (response.statusCode !== 200)
    throw new Error(`the host answered with status ${response.statusCode ?? 0}`);
  return JSON.parse(text);
}
