import { join } from 'node:path';
import { fileLines, seekLine } from '../state/file-lines.js';
import type { StateDisk } from '../state/state-disk.js';
import { JournalLines } from './journal-record.js';
import type { JournalRecord } from './journal-record.js';

/** Picks the records that the next journal file must begin with. */
export type Condense = (records: readonly JournalRecord[]) => readonly JournalRecord[];

/** The contents of a journal file that was read. */
export interface JournalContents {
  /** Not all: of the earlier records of a large file only those that still matter. */
  readonly records: readonly JournalRecord[];
  readonly first: JournalRecord | null;
  readonly last: JournalRecord | null;
  /** Bytes up to the end of the last whole record. */
  readonly whole: number;
  /** Bytes of the checkpoint at its beginning. */
  readonly checkpoint: number;
  readonly problem: string | null;
}

export interface Archive {
  readonly path: string;
  readonly lastSeq: number;
  readonly size: number;
}

const FILE = 'journal.jsonl';
const NEXT = 'journal.jsonl.new';
const ARCHIVE = /^journal-(\d{12})\.jsonl$/;
/** When the records in memory reach this many bytes, they are reduced to those that still matter. */
const HELD_BYTES = 8 * 1024 * 1024;
/** The beginning of a line, with the keys in the order in which we write them. */
const HEAD = /^\{"seq":(\d{1,15}),"at":"[^"]{1,40}","event":\{"kind":"([a-z]+)"/;
const HEAD_BYTES = 160;

/** The files of a journal: the current one, the next one while it is made, and the archives. */
export class JournalFiles {
  readonly folder: string;
  readonly current: string;
  readonly next: string;
  readonly #disk: StateDisk;
  readonly #condense: Condense;

  constructor(folder: string, disk: StateDisk, condense: Condense) {
    this.folder = folder;
    this.current = join(folder, FILE);
    this.next = join(folder, NEXT);
    this.#disk = disk;
    this.#condense = condense;
  }

  archive(lastSeq: number): string {
    return join(this.folder, `journal-${String(lastSeq).padStart(12, '0')}.jsonl`);
  }

  /** Oldest first. */
  async archives(): Promise<readonly Archive[]> {
    const files = await this.#disk.list(this.folder);
    return files
      .flatMap(({ name, size }) => {
        const match = ARCHIVE.exec(name);
        return match === null ? [] : [{ path: join(this.folder, name), lastSeq: Number(match[1]), size }];
      })
      .sort((a, b) => a.lastSeq - b.lastSeq);
  }

  /** @returns null when there is no such file */
  async size(path: string): Promise<number | null> {
    const files = await this.#disk.list(this.folder);
    return files.find(({ name }) => join(this.folder, name) === path)?.size ?? null;
  }

  /** Reads a file piece by piece. A missing file has no records. */
  async read(path: string, size?: number): Promise<JournalContents> {
    const lines = new JournalLines();
    let records: JournalRecord[] = [];
    let held = 0;
    let first: JournalRecord | null = null;
    let last: JournalRecord | null = null;
    let checkpoint = 0;
    for await (const { bytes } of fileLines(this.#disk, path, 0, size ?? (await this.size(path)) ?? 0)) {
      const record = lines.take(bytes.toString('utf8'));
      if (record === null) continue;
      if (first === null && record.event.kind === 'checkpoint') checkpoint = bytes.length + 1;
      first ??= record;
      last = record;
      records.push(record);
      held += bytes.length;
      if (held < HELD_BYTES) continue;
      records = [...this.#condense(records)];
      held = 0;
    }
    return { records, first, last, whole: lines.whole, checkpoint, problem: lines.problem };
  }

  /**
   * The requests of one file after a sequence number, oldest first. Does not read the file before that
   * number.
   *
   * @param isValid asked at each line; when it says no, another file has this place by now, and reading ends
   */
  async *requests(
    path: string,
    size: number,
    after: number,
    isValid: () => boolean,
  ): AsyncGenerator<JournalRecord> {
    const from = await seekLine(this.#disk, path, size, (line) => {
      const seq = head(line)?.seq;
      return seq === undefined ? undefined : seq <= after;
    });
    for await (const { bytes } of fileLines(this.#disk, path, from, size)) {
      if (!isValid()) return;
      const known = head(bytes);
      if (known !== null && (known.seq <= after || known.kind !== 'requested')) continue;
      const record = new JournalLines().take(bytes.toString('utf8'));
      if (record !== null && record.seq > after && record.event.kind === 'requested') yield record;
    }
  }
}

function head(line: Buffer): { readonly seq: number; readonly kind: string } | null {
  const match = HEAD.exec(line.toString('latin1', 0, HEAD_BYTES));
  return match === null ? null : { seq: Number(match[1]), kind: match[2] ?? '' };
}
