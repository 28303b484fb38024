import type { DomainLog } from '../../../server/dom0/console-log/domain-log.js';
import type { LogQuery } from '../../../server/dom0/console-log/log-query.js';

export const ALL: LogQuery = {
  since: null,
  lines: null,
  boot: null,
  follow: false,
  from: null,
  before: null,
  bytes: null,
};

/** The whole answer of a log. */
export async function said(log: DomainLog, query: Partial<LogQuery> = {}): Promise<string> {
  const { bytes } = await log.answer({ ...ALL, ...query });
  const chunks: Buffer[] = [];
  for await (const chunk of bytes(new AbortController().signal)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

/** Numbered lines. */
export function numbered(from: number, to: number): string {
  return Array.from(
    { length: to - from + 1 },
    (_, at) => `line ${String(from + at).padStart(8, '0')}\r\n`,
  ).join('');
}
