import { constants } from 'node:fs';
import { open, readFile, readdir, rename } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../logger.js';
import { FIRST_PREV, recordHash } from './journal-record.js';
import type { JournalEvent, JournalRecord } from './journal-record.js';

const FILE = 'journal.jsonl';
const ARCHIVE = /^journal-(\d{12})\.jsonl$/;
/** A file larger than this is set aside at the next start. */
const ROTATE_BYTES = 8 * 1024 * 1024;

/** The journal cannot be written; `cause` says why. Nothing of the record is in it. */
export class JournalUnwritableError extends Error {}

/**
 * dom0's own record of every operation: JSON lines in the state directory, each on the disk before what it announces is done, each
 * with the hash of the one before. Nothing is rewritten. A file that has grown large is set aside at start, whole, as
 * `journal-SEQ.jsonl`, and what of it still matters begins the next one.
 */
export class Journal {
  readonly #directory: string;
  readonly #file: FileHandle;
  readonly #clock: () => number;
  #head: { seq: number; hash: string };
  #size: number;
  #tail: Promise<unknown> = Promise.resolve();

  /** Made by `open`, which has read the file. */
  constructor(
    directory: string,
    file: FileHandle,
    size: number,
    head: { seq: number; hash: string },
    clock: () => number,
  ) {
    this.#directory = directory;
    this.#file = file;
    this.#size = size;
    this.#head = head;
    this.#clock = clock;
  }

  /**
   * Opens the journal, ends a torn last line, and reads it.
   *
   * @param condense what of the records a new file must begin with, when the present one is set aside
   * @returns the journal and the records of its present file
   */
  static async open(
    directory: string,
    condense: (records: readonly JournalRecord[]) => readonly JournalRecord[],
    options: { readonly logger: Logger; readonly clock?: () => number; readonly rotateBytes?: number },
  ): Promise<{ journal: Journal; records: readonly JournalRecord[] }> {
    const clock = options.clock ?? Date.now;
    const path = join(directory, FILE);
    const flags = constants.O_CREAT | constants.O_RDWR | constants.O_NOFOLLOW;
    const file = await open(path, flags, 0o600);
    const { records, whole, problem } = readLines(await file.readFile('utf8'));
    if (problem !== null) options.logger.error({ file: path, problem }, 'journal.contradicts-itself');
    if (whole < (await file.stat()).size) {
      options.logger.warn({ file: path, keptBytes: whole }, 'journal.torn-line-ended');
      await file.truncate(whole);
      await file.sync();
    }
    const last = records.at(-1);
    const head = last === undefined ? { seq: 0, hash: FIRST_PREV } : { seq: last.seq, hash: last.hash };
    if (last === undefined || whole < (options.rotateBytes ?? ROTATE_BYTES)) {
      await syncDirectory(directory);
      return { journal: new Journal(directory, file, whole, head, clock), records };
    }
    await file.close();
    await rename(path, join(directory, `journal-${String(last.seq).padStart(12, '0')}.jsonl`));
    const fresh = await open(path, flags | constants.O_EXCL, 0o600);
    await syncDirectory(directory);
    const journal = new Journal(directory, fresh, 0, head, clock);
    const checkpoint = await journal.append({ kind: 'checkpoint', records: condense(records) });
    return { journal, records: [checkpoint] };
  }

  /**
   * On the disk when it resolves. Appends happen in the order of the calls.
   *
   * @throws JournalUnwritableError
   */
  append(event: JournalEvent): Promise<JournalRecord> {
    const appended = this.#tail.then(() => this.#write(event));
    this.#tail = appended.catch(() => undefined);
    return appended;
  }

  async #write(event: JournalEvent): Promise<JournalRecord> {
    const at = new Date(this.#clock()).toISOString();
    const unsigned = { seq: this.#head.seq + 1, at, event, prev: this.#head.hash };
    const record: JournalRecord = { ...unsigned, hash: recordHash(unsigned) };
    const line = Buffer.from(`${JSON.stringify(record)}\n`);
    try {
      for (let done = 0; done < line.length;) {
        const { bytesWritten } = await this.#file.write(line, done, line.length - done, this.#size + done);
        done += bytesWritten;
      }
      await this.#file.datasync();
    } catch (error) {
      await this.#file.truncate(this.#size).catch(() => undefined);
      throw new JournalUnwritableError('the journal cannot be written', { cause: error });
    }
    this.#size += line.length;
    this.#head = { seq: record.seq, hash: record.hash };
    return record;
  }

  /** The requests after a sequence number, the set-aside files included, oldest first. */
  async requests(after: number, limit: number): Promise<readonly JournalRecord[]> {
    await this.#tail;
    const found: JournalRecord[] = [];
    for (const { name, lastSeq } of await this.#archives()) {
      if (lastSeq <= after) continue;
      found.push(...pick(await this.#read(name), after));
      if (found.length >= limit) return found.slice(0, limit);
    }
    found.push(...pick(await this.#read(FILE), after));
    return found.slice(0, limit);
  }

  async #read(name: string): Promise<readonly JournalRecord[]> {
    return readLines(await readFile(join(this.#directory, name), 'utf8')).records;
  }

  async #archives(): Promise<{ name: string; lastSeq: number }[]> {
    const names = await readdir(this.#directory);
    return names
      .flatMap((name) => {
        const match = ARCHIVE.exec(name);
        return match === null ? [] : [{ name, lastSeq: Number(match[1]) }];
      })
      .sort((a, b) => a.lastSeq - b.lastSeq);
  }

  /** Waits for what is being written. Twice is harmless. */
  async close(): Promise<void> {
    await this.#tail;
    await this.#file.close().catch(() => undefined);
  }
}

function pick(records: readonly JournalRecord[], after: number): JournalRecord[] {
  return records.filter((record) => record.seq > after && record.event.kind === 'requested');
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The records up to the first line that is none; and the first place where the chain of hashes breaks. */
export function readLines(text: string): {
  readonly records: readonly JournalRecord[];
  /** Bytes up to the end of the last whole line. */
  readonly whole: number;
  readonly problem: string | null;
} {
  const end = text.lastIndexOf('\n') + 1;
  const records: JournalRecord[] = [];
  let problem: string | null = null;
  let whole = 0;
  const lines = text.slice(0, end).split('\n').slice(0, -1);
  for (const [index, line] of lines.entries()) {
    const record = parseRecord(line);
    if (record === undefined) {
      if (index < lines.length - 1) problem ??= `line ${index + 1} is no record`;
      else break;
    } else {
      const before = records.at(-1);
      if (before !== undefined && (record.prev !== before.hash || record.seq !== before.seq + 1)) {
        problem ??= `line ${index + 1} does not follow the line before`;
      }
      if (recordHash(record) !== record.hash) problem ??= `line ${index + 1} was changed`;
      records.push(record);
    }
    whole += Buffer.byteLength(line) + 1;
  }
  return { records, whole, problem };
}

function parseRecord(line: string): JournalRecord | undefined {
  try {
    const value = JSON.parse(line) as Partial<JournalRecord> | null;
    const good =
      typeof value?.seq === 'number' &&
      typeof value.hash === 'string' &&
      typeof value.event?.kind === 'string';
    return good ? (value as JournalRecord) : undefined;
  } catch {
    return undefined;
  }
}
