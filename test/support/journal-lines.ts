import { JournalLines } from '../../server/dom0/operations/journal-record.js';
import type { JournalRecord } from '../../server/dom0/operations/journal-record.js';

/** The records up to the first broken line, and the first place where the hash chain breaks. */
export function readLines(text: string): {
  readonly records: readonly JournalRecord[];
  /** Bytes up to the end of the last whole line. */
  readonly whole: number;
  readonly problem: string | null;
} {
  const lines = new JournalLines();
  const end = text.lastIndexOf('\n') + 1;
  const records = text
    .slice(0, end)
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => lines.take(line) ?? []);
  return { records, whole: lines.whole, problem: lines.problem };
}
