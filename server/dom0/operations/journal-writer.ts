import type { Logger } from '../../wire/logger.js';
import { writeAll } from '../state/state-disk.js';
import type { StateDisk } from '../state/state-disk.js';
import type { Condense, JournalFiles } from './journal-files.js';
import { openingOf } from './journal-opening.js';
import type { Need } from './journal-opening.js';
import { FIRST_PREV, recordHash } from './journal-record.js';
import type { JournalEvent, JournalRecord } from './journal-record.js';

/** A file that has grown by this much since its checkpoint is archived. */
const ROTATE_BYTES = 8 * 1024 * 1024;
/** After a failed rotation the file grows by this fraction of the rotation size before the next try. */
const RETRY_PART = 8;
const PROBE = Buffer.alloc(64 * 1024);

interface JournalWriterParts {
  readonly files: JournalFiles;
  readonly condense: Condense;
  readonly disk: StateDisk;
  readonly logger: Logger;
  /** The time of day, milliseconds since the epoch. */
  readonly clock: () => number;
  readonly rotateBytes?: number;
}

/**
 * Writes the current file of a journal, and rotates it. One call at a time: the journal queues them. After a
 * failed call the next one first repairs what it left.
 */
export class JournalWriter {
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
  #generation = 0;
  /** Whether the line of the last append was in the file as a whole. */
  #isWhole = false;

  constructor({ files, condense, disk, logger, clock, rotateBytes = ROTATE_BYTES }: JournalWriterParts) {
    this.#files = files;
    this.#condense = condense;
    this.#disk = disk;
    this.#logger = logger;
    this.#clock = clock;
    this.#path = files.current;
    this.#rotateBytes = rotateBytes;
    this.#rotateAt = rotateBytes;
  }

  /** Whether the files could not be read yet. Nothing is written then. */
  get isUnread(): boolean {
    return this.#need.kind === 'read';
  }

  /**
   * After a failed append: the record could not be taken back either. This process treats it as absent, but
   * the next one may find it.
   */
  get isInDoubt(): boolean {
    return this.#isWhole && this.#need.kind !== 'nothing';
  }

  /** Counts how often a file has taken another's place. */
  get generation(): number {
    return this.#generation;
  }

  /** The file that is written now, and the bytes of its whole records. */
  get current(): { readonly path: string; readonly size: number } {
    return { path: this.#path, size: this.#size };
  }

  /** Reads the files. @returns the records that still matter @throws when the disk cannot be read */
  async load(): Promise<readonly JournalRecord[]> {
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

  /** The files cannot be read now: `load` will be called again. */
  loadLater(): void {
    this.#need = { kind: 'read' };
  }

  /** Reads the records of the current file again. */
  async records(): Promise<readonly JournalRecord[]> {
    return (await this.#files.read(this.#path, this.#size)).records;
  }

  /** The record is on the disk when it resolves. @throws the disk's error */
  async append(event: JournalEvent): Promise<JournalRecord> {
    this.#isWhole = false;
    await this.ready();
    if (this.#size >= this.#rotateAt && this.#path === this.#files.current) await this.#rotate();
    await this.ready();
    const record = this.#record(event);
    await this.#write(record);
    return record;
  }

  /** Archives a file that is too large, unless something else must be done first. */
  async rotateIfDue(): Promise<void> {
    if (this.#need.kind === 'nothing' && this.#size >= this.#rotateAt) await this.#rotate();
  }

  /** Tries whether the disk accepts a write. */
  async probe(): Promise<void> {
    const { next } = this.#files;
    await this.ready();
    await writeAll(this.#disk, next, 0, PROBE);
    await this.#disk.sync(next);
    await this.#disk.remove(next);
  }

  #record(event: JournalEvent): JournalRecord {
    const at = new Date(this.#clock()).toISOString();
    const unsigned = { seq: this.#head.seq + 1, at, event, prev: this.#head.hash };
    return { ...unsigned, hash: recordHash(unsigned) };
  }

  async #write(record: JournalRecord): Promise<void> {
    const line = Buffer.from(`${JSON.stringify(record)}\n`);
    try {
      await writeAll(this.#disk, this.#path, this.#size, line);
      this.#isWhole = true;
      await this.#disk.sync(this.#path);
    } catch (error) {
      this.#need = { kind: 'torn' };
      await this.ready().catch(() => undefined);
      throw error;
    }
    this.#size += line.length;
    this.#head = { seq: record.seq, hash: record.hash };
  }

  /** Makes the file ready for a record. An interruption loses nothing. */
  async ready(): Promise<void> {
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
    await this.ready();
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
}

interface Checkpoint {
  readonly record: JournalRecord;
  readonly size: number;
}
