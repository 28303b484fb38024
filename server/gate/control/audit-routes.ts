import { setImmediate as breathe } from 'node:timers/promises';
import type { AuditRow } from '../../store/audit-event.js';
import type { TailQuery } from '../../store/audit-tail.js';
import type { Witness } from '../../store/audit-verifier.js';
import type { Store } from '../../store/store.js';
import { auditMarks, customer, domain, number, optional, time } from './argument.js';
import type { AuditReport } from './record-answers.js';
import type { HostJournal } from './control-ports.js';
import { Lines, route } from './route.js';
import type { Route } from './route.js';

const LARGEST_PAGE = 1000;

const QUERY = {
  after: optional(number),
  limit: optional(number),
  customer: optional(customer),
  domain: optional(domain),
  since: optional(time),
};

/** Reads the audit log, follows it, and checks it against the hosts' journals. */
export function auditRoutes(store: Store, hosts: readonly HostJournal[]): readonly Route[] {
  return [
    route('GET', '/audit', QUERY, (given) => ({
      rows: store.audit.tail({
        ...tailQuery(given),
        limit: Math.min(given.limit ?? LARGEST_PAGE, LARGEST_PAGE),
      }),
    })),

    route('GET', '/audit/follow', QUERY, (given, { signal }) => {
      const { limit = 10, ...query } = tailQuery(given);
      return new Lines(follow(store, query, limit, signal));
    }),

    route(
      'POST',
      '/audit/verify',
      { marks: optional(auditMarks) },
      async (given, { signal }): Promise<AuditReport> => {
        const heard: Witness[] = [];
        // All at once: a host that does not answer must not hold up the others.
        const witnesses = await Promise.all(hosts.map((host) => testimony(host, heard)));
        const verifier = store.audit.verifier(heard, given.marks ?? []);
        while (!verifier.step()) {
          await breathe();
          signal.throwIfAborted();
        }
        const { ok, rows, head, findings } = verifier.report();
        return {
          ok: ok && witnesses.every(({ problem }) => problem === null),
          rows,
          head,
          findings,
          witnesses,
        };
      },
    ),
  ];
}

function tailQuery(given: Readonly<Record<keyof typeof QUERY, unknown>>): TailQuery {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
}

async function testimony(host: HostJournal, heard: Witness[]): Promise<AuditReport['witnesses'][number]> {
  let entries = 0;
  try {
    for await (const { auditSeq, auditHash, operation } of host.journal()) {
      heard.push({ auditSeq, auditHash, operation });
      entries += 1;
    }
    return { host: host.name, entries, problem: null };
  } catch (error) {
    return { host: host.name, entries, problem: (error as Error).message };
  }
}

/** The last `limit` rows, then each one as it is written. For a slow reader the log itself is the buffer. */
async function* follow(
  store: Store,
  query: TailQuery,
  limit: number,
  signal: AbortSignal,
): AsyncGenerator<AuditRow> {
  let wake = (): void => undefined;
  const stop = store.audit.onAppend(() => {
    wake();
  });
  const gone = (): void => {
    wake();
  };
  signal.addEventListener('abort', gone);
  try {
    let { seq: after } = store.audit.head();
    let rows = store.audit.tail({ ...query, limit });
    while (!signal.aborted) {
      for (const row of rows) {
        yield row;
        after = Math.max(after, row.seq);
      }
      const written = new Promise<void>((resolve) => (wake = resolve));
      rows = store.audit.tail({ ...query, after, limit: LARGEST_PAGE });
      if (rows.length === 0) await written;
    }
  } finally {
    signal.removeEventListener('abort', gone);
    stop();
  }
}
