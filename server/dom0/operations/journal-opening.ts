import type { Logger } from '../../wire/logger.js';
import type { Archive, Condense, JournalContents, JournalFiles } from './journal-files.js';
import { FIRST_PREV } from './journal-record.js';
import type { JournalRecord } from './journal-record.js';

/** What must be done before the next record can be written. */
export type Need =
  /**
   * `read`: the files are unread. `begin`: there is no file. `torn`: the file ends in the middle of a record.
   * `named`: its name may not be on the disk yet.
   */
  | { readonly kind: 'nothing' | 'read' | 'begin' | 'torn' | 'named' }
  /** The next file is whole and still has to get the current name. */
  | { readonly kind: 'name'; readonly size: number }
  /** There is no current file; the new one begins with these records. */
  | {
      readonly kind: 'checkpoint';
      readonly records: readonly JournalRecord[];
      /** An archive that was written on because it could not get its own name back. */
      readonly misnamed: string | null;
    };

/** How a journal was found at start. */
interface Opening {
  readonly records: readonly JournalRecord[];
  readonly head: { readonly seq: number; readonly hash: string };
  /** Bytes of whole records in the current file. */
  readonly size: number;
  /** Bytes of the checkpoint at its beginning. */
  readonly checkpoint: number;
  readonly need: Need;
  /**
   * Records from before the current file, which does not begin with them. They are to be archived at once.
   */
  readonly before: readonly JournalRecord[];
}

/** Reads the files, and says what must be repaired. Changes nothing. @throws when the disk cannot be read */
export async function openingOf(files: JournalFiles, condense: Condense, logger: Logger): Promise<Opening> {
  const { current } = files;
  const report = (problem: string | null): void => {
    if (problem !== null) logger.error({ file: current, problem }, 'journal.contradicts-itself');
  };
  const size = await files.size(current);
  const archives = await files.archives();
  const found = await files.read(current, size ?? 0);
  const newest = archives.at(-1);
  if (found.last === null && newest !== undefined) {
    report('it has no record; it is made from what was set aside');
    return mended(files, archives, condense);
  }
  if (found.last === null) {
    const need: Need = size === null ? { kind: 'begin' } : { kind: size > 0 ? 'torn' : 'named' };
    return { records: [], head: NO_RECORD, size: 0, checkpoint: 0, need, before: [] };
  }
  const isTorn = (size ?? 0) > found.whole;
  if (isTorn) logger.warn({ file: current, keptBytes: found.whole }, 'journal.torn-line-ended');
  const opening = followed(found, { kind: isTorn ? 'torn' : 'named' });
  if (found.first?.event.kind === 'checkpoint' || newest === undefined) {
    report(found.problem);
    return opening;
  }
  // An earlier version began an empty file when it could not write a checkpoint.
  report(found.problem ?? 'it does not begin with what was before it');
  const before = condense((await files.read(newest.path, newest.size)).records);
  const head = { ...opening.head, seq: Math.max(opening.head.seq, newest.lastSeq) };
  return { ...opening, head, before, records: [...before, ...found.records] };
}

/** There are archives, and the file after them has no record. */
async function mended(
  files: JournalFiles,
  archives: readonly Archive[],
  condense: Condense,
): Promise<Opening> {
  let before: JournalContents | null = null;
  let misnamed: string | null = null;
  for (const { path, size, lastSeq } of archives.toReversed()) {
    before = await files.read(path, size);
    if (before.last === null) continue;
    if (before.last.seq !== lastSeq) misnamed = path;
    break;
  }
  const next = await files.read(files.next);
  if (next.first?.event.kind === 'checkpoint' && next.first.prev === before?.last?.hash) {
    return followed(next, { kind: 'name', size: next.whole });
  }
  const records = condense(before?.records ?? []);
  const head = before?.last ?? NO_RECORD;
  return {
    records,
    head,
    size: 0,
    checkpoint: 0,
    need: { kind: 'checkpoint', records, misnamed },
    before: [],
  };
}

function followed({ records, last, whole, checkpoint }: JournalContents, need: Need): Opening {
  return { records, head: last ?? NO_RECORD, size: whole, checkpoint, need, before: [] };
}

const NO_RECORD = { seq: 0, hash: FIRST_PREV };
