import { SYSTEM_HOST_CLOCK } from '../scheduling/host-clock.js';
import type { HostClock } from '../scheduling/host-clock.js';
import type { Logger } from '../../wire/logger.js';
import { SerialQueue } from '../../wire/serial-queue.js';
import { LocalStateDisk } from '../state/local-state-disk.js';
import { writeAll } from '../state/state-disk.js';
import type { StateDisk } from '../state/state-disk.js';
import { JournalFiles } from './journal-files.js';
import type { Condense } from './journal-files.js';
import { openingOf } from './journal-opening.js';
import type { Need } from './journal-opening.js';
import { TroubleWatch } from './journal-trouble.js';
import type { JournalTrouble } from './journal-trouble.js';
import { FIRST_PREV, recordHash } from './journal-record.js';
import type { JournalEvent, JournalRecord } from './journal-record.js';

/** A file that has grown by this much since its checkpoint is archived. */
const ROTATE_BYTES = 8 * 1024 * 1024;
/** After a failed rotation the file grows by this fraction of the rotation size before the next try. */
const RETRY_PART = 8;
const PROBE_BYTES = 64 * 1024;

/** The journal cannot be written; `cause` says why. */
export class JournalUnwritableError extends Error {
  /**
   * The record could not be taken back either: this process treats it as absent, but the next one may find
   * it.
   */
  readonly isInDoubt: boolean;

  constructor(message: string, options: ErrorOptions, isInDoubt = false) {
    super(message, options);
    this.isInDoubt = isInDoubt;
  }
}

export interface JournalOptions {
  readonly logger: Logger;
  /** The time of day, milliseconds since the epoch. */
  readonly clock?: () => number;
  readonly host?: Pick<HostClock, 'after'>;
  readonly disk?: StateDisk;
  readonly rotateBytes?: number;
  /**
   * Called with the records when the disk could be read only after `open`. Without it, `open` fails instead.
   */
  readonly readLate?: (records: readonly JournalRecord[]) => void;
}

/**
 * dom0's own record of every operation, as JSON lines in the state directory. Each line is on the disk before
 * the act that it announces, and holds the hash of the line before. Nothing is rewritten.
 *
 * A large file is archived whole as `journal-SEQ.jsonl`. The first record of the next file is what still
 * matters of it. The next file is written beside, and takes the name when it is on the disk: whenever the
 * power fails, one of the two is whole.
 *
 * A disk that refuses writes stops nobody: appends fail, and we retry until they succeed.
 */
export class Journal {
  readonly #files: JournalFiles;
  readonly #condense: Condense;
  readonly #disk: StateDisk;
  readonly #logger: Logger;
  readonly #clock: () => number;
  readonly #rotateBytes: number;
  /** The current file. It has an archive's name when a rotation could be neither finished nor undone. */
  #path: string;
  #head: { seq: number; hash: string } = { seq: 0, hash: FIRST_PREV };
  /** Bytes of whole records. What follows was torn. */
  #size = 0;
  #rotateAt: number;
  /** To be done before the next record can be written. */
  #need: Need = { kind: 'nothing' };
  /** Records from before the current file, when it does not begin with them. */
  #before: readonly JournalRecord[] = [];
  /** Counts how often a file has taken another's place. */
  #generation = 0;
  readonly #watch: TroubleWatch;
  readonly #readLate: ((records: readonly JournalRecord[]) => void) | null;
  readonly #turns = new SerialQueue();

  /** Use `open`, which also reads the files. */
  constructor(directory: string, condense: Condense, options: JournalOptions) {
    this.#disk = options.disk ?? new LocalStateDisk();
    this.#condense = condense;
    this.#files = new JournalFiles(directory, this.#disk, condense);
    this.#path = this.#files.current;
    this.#logger = options.logger;
    this.#clock = options.clock ?? Date.now;
    this.#rotateBytes = options.rotateBytes ?? ROTATE_BYTES;
    this.#rotateAt = this.#rotateBytes;
    this.#readLate = options.readLate ?? null;
    this.#watch = new TroubleWatch({
      probe: () => this.#turns.run(() => this.#probe()),
      clock: this.#clock,
      host: options.host ?? SYSTEM_HOST_CLOCK,
      logger: options.logger,
    });
  }

  /**
   * Reads the journal, and makes it writable where the disk allows it. A current file that is missing or
   * holds no record, beside archives, is made anew from the last archive with records.
   *
   * @param condense picks the records that a new file begins with when the present one is archived
   * @returns the journal and the records of its present file; of a large file those that still matter
   * @throws when the disk cannot be read and `options.readLate` is missing
   */
  static async open(
    directory: string,
    condense: Condense,
    options: JournalOptions,
  ): Promise<{ journal: Journal; records: readonly JournalRecord[] }> {
    const journal = new Journal(directory, condense, options);
    let records: readonly JournalRecord[] = [];
    try {
      records = await journal.#load();
    } catch (error) {
      if (journal.#readLate === null) throw error;
      journal.#need = { kind: 'read' };
    }
    await journal.#turns.run(() => journal.#attempt(() => journal.#ready()));
    if (!journal.isUnread) await journal.#turns.run(() => journal.#attempt(() => journal.#probe()));
    // In the queue, because the probe may already run: it would give the file its name back in mid-rotation.
    await journal.#turns.run(async () => {
      if (journal.#need.kind === 'nothing' && journal.#size >= journal.#rotateAt) {
        await journal.#attempt(() => journal.#rotate());
      }
    });
    if (journal.#generation > 0) records = (await journal.#files.read(journal.#path, journal.#size)).records;
    return { journal, records };
  }

  /** Whether its contents are unknown because the disk could not be read yet. Nothing is written then. */
  get isUnread(): boolean {
    return this.#need.kind === 'read';
  }

  /** Since when writes fail, and why; null when they succeed. */
  get trouble(): JournalTrouble | null {
    return this.#watch.trouble;
  }

  /**
   * The record is on the disk when it resolves. Appends keep the order of the calls.
   *
   * @throws JournalUnwritableError
   */
  append(event: JournalEvent): Promise<JournalRecord> {
    return this.#turns.run(() => this.#append(event));
  }

  /**
   * The requests after a sequence number, archives included, oldest first. The cost depends on what it
   * returns, not on the journal's size.
   */
  async requests(after: number, limit: number): Promise<readonly JournalRecord[]> {
    const found: JournalRecord[] = [];
    for (;;) {
      await this.#turns.idle();
      const generation = this.#generation;
      const isValid = (): boolean => generation === this.#generation;
      const current = { path: this.#path, size: this.#size };
      const archives = (await this.#files.archives()).filter(({ path }) => path !== current.path);
      const known = (): number => found.at(-1)?.seq ?? after;
      for (const { path, size, lastSeq } of [...archives, { ...current, lastSeq: Infinity }]) {
        if (lastSeq <= known()) continue;
        for await (const record of this.#files.requests(path, size, known(), isValid)) {
          if (!isValid()) break;
          found.push(record);
          if (found.length >= limit) return found;
        }
        if (!isValid()) break;
      }
      if (isValid()) return found;
    }
  }

  /** Waits for the write under way. Calling it twice is harmless. */
  async close(): Promise<void> {
    this.#watch.close();
    await this.#turns.idle();
  }

  async #load(): Promise<readonly JournalRecord[]> {
    const { records, head, size, checkpoint, need, before } = await openingOf(
      this.#files,
      this.#condense,
      this.#logger,
    );
    this.#head = { seq: head.seq, hash: head.hash };
    this.#size = size;
    this.#rotateAt = before.length > 0 ? 0 : checkpoint + this.#rotateBytes;
    this.#need = need;
    this.#before = before;
    return records;
  }

  async #append(event: JournalEvent): Promise<JournalRecord> {
    // An event that is no JSON is the caller's fault, not the disk's: it throws here.
    JSON.stringify(event);
    const written = { isWhole: false };
    try {
      await this.#ready();
      if (this.#size >= this.#rotateAt && this.#path === this.#files.current) await this.#rotate();
      await this.#ready();
      const record = this.#record(event);
      await this.#write(record, () => {
        written.isWhole = true;
      });
      this.#watch.passed();
      return record;
    } catch (error) {
      this.#watch.failed(error);
      const isInDoubt = written.isWhole && this.#need.kind !== 'nothing';
      throw new JournalUnwritableError('the journal cannot be written', { cause: error }, isInDoubt);
    }
  }

  #record(event: JournalEvent): JournalRecord {
    const at = new Date(this.#clock()).toISOString();
    const unsigned = { seq: this.#head.seq + 1, at, event, prev: this.#head.hash };
    return { ...unsigned, hash: recordHash(unsigned) };
  }

  /**
   * @param whole called when the whole line is in the file, maybe not on the disk yet: from then on a later
   * dom0 could find it
   */
  async #write(record: JournalRecord, whole: () => void): Promise<void> {
    const line = Buffer.from(`${JSON.stringify(record)}\n`);
    try {
      await writeAll(this.#disk, this.#path, this.#size, line);
      whole();
      await this.#disk.sync(this.#path);
    } catch (error) {
      this.#need = { kind: 'torn' };
      await this.#ready().catch(() => undefined);
      throw error;
    }
    this.#size += line.length;
    this.#head = { seq: record.seq, hash: record.hash };
  }

  /** Makes the file ready for a record. An interruption loses nothing. */
  async #ready(): Promise<void> {
    const { folder, current, next } = this.#files;
    if (this.#path !== current) await this.#nameAgain();
    const need = this.#need;
    switch (need.kind) {
      case 'nothing':
        return;
      case 'read':
        throw new Error('it cannot be read');
      case 'begin':
        await this.#disk.makeFolder(folder);
        await this.#disk.write(current, 0, Buffer.alloc(0));
        await this.#disk.sync(current);
        await this.#disk.sync(folder);
        break;
      case 'torn':
        await this.#disk.truncate(this.#path, this.#size);
        await this.#disk.sync(this.#path);
        await this.#disk.sync(folder);
        break;
      case 'named':
        // A dom0 that was killed may have written records without syncing them.
        await this.#disk.sync(current);
        await this.#disk.sync(folder);
        await this.#disk.remove(next);
        break;
      case 'name':
        await this.#disk.truncate(next, need.size);
        await this.#disk.sync(next);
        await this.#disk.rename(next, current);
        this.#need = { kind: 'named' };
        await this.#disk.sync(folder);
        break;
      case 'checkpoint': {
        if (need.misnamed !== null)
          await this.#disk.rename(need.misnamed, this.#files.archive(this.#head.seq));
        const checkpoint = await this.#writeBeside(need.records);
        await this.#disk.rename(next, current);
        this.#begin(checkpoint);
        this.#need = { kind: 'named' };
        await this.#disk.sync(folder);
        break;
      }
    }
    this.#need = { kind: 'nothing' };
  }

  /**
   * Archives the file and begins the next. The checkpoint is on the disk before the file is touched; if that
   * fails, the old file stays in force. A sync between the two renames keeps their order.
   */
  async #rotate(): Promise<void> {
    const { folder, current, next } = this.#files;
    const archive = this.#files.archive(this.#head.seq);
    let checkpoint: Checkpoint;
    try {
      const { records } = await this.#files.read(this.#path, this.#size);
      checkpoint = await this.#writeBeside(this.#condense([...this.#before, ...records]));
      this.#generation += 1;
      await this.#disk.rename(current, archive);
    } catch (error) {
      await this.#disk.remove(next).catch(() => undefined);
      this.#notRotated(error);
      return;
    }
    this.#path = archive;
    try {
      await this.#disk.sync(folder);
      await this.#disk.rename(next, current);
    } catch (error) {
      await this.#disk.remove(next).catch(() => undefined);
      await this.#nameAgain();
      this.#notRotated(error);
      return;
    }
    this.#path = current;
    this.#before = [];
    this.#begin(checkpoint);
    this.#need = { kind: 'named' };
    await this.#ready();
    this.#logger.info({ file: archive }, 'journal.rotated');
  }

  #notRotated(error: unknown): void {
    this.#rotateAt = this.#size + Math.ceil(this.#rotateBytes / RETRY_PART);
    this.#logger.error({ err: error, file: this.#path }, 'journal.not-rotated');
  }

  /** The file has an archive's name, and no other file has the current name: we still write to it. */
  async #nameAgain(): Promise<void> {
    try {
      await this.#disk.rename(this.#path, this.#files.current);
      this.#path = this.#files.current;
      this.#generation += 1;
      await this.#disk.sync(this.#files.folder);
    } catch (error) {
      this.#logger.error({ err: error, file: this.#path }, 'journal.name-not-restored');
    }
  }

  async #writeBeside(records: readonly JournalRecord[]): Promise<Checkpoint> {
    const { next, folder } = this.#files;
    const record = this.#record({ kind: 'checkpoint', records });
    const line = Buffer.from(`${JSON.stringify(record)}\n`);
    await this.#disk.makeFolder(folder);
    await this.#disk.remove(next);
    await writeAll(this.#disk, next, 0, line);
    await this.#disk.sync(next);
    return { record, size: line.length };
  }

  #begin({ record, size }: Checkpoint): void {
    this.#head = { seq: record.seq, hash: record.hash };
    this.#size = size;
    this.#rotateAt = size + this.#rotateBytes;
    this.#generation += 1;
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#logger.error({ err: error }, 'journal.unwritable');
      this.#watch.failed(error);
    }
  }

  /** Tries whether the disk accepts a write. */
  async #probe(): Promise<void> {
    if (this.#need.kind === 'read') this.#readLate?.(await this.#load());
    const { next } = this.#files;
    await this.#ready();
    await writeAll(this.#disk, next, 0, Buffer.alloc(PROBE_BYTES));
    await this.#disk.sync(next);
    await this.#disk.remove(next);
  }
}

interface Checkpoint {
  readonly record: JournalRecord;
  readonly size: number;
}
