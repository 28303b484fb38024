import type { Logger } from '../../wire/logger.js';
import { SerialQueue } from '../../wire/serial-queue.js';
import { SYSTEM_HOST_CLOCK } from '../scheduling/host-clock.js';
import type { HostClock } from '../scheduling/host-clock.js';
import { LocalStateDisk } from '../state/local-state-disk.js';
import type { StateDisk } from '../state/state-disk.js';
import { JournalFiles } from './journal-files.js';
import type { Condense } from './journal-files.js';
import type { JournalEvent, JournalRecord } from './journal-record.js';
import { TroubleWatch } from './journal-trouble.js';
import type { JournalTrouble } from './journal-trouble.js';
import { JournalWriter } from './journal-writer.js';

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
  readonly #writer: JournalWriter;
  readonly #watch: TroubleWatch;
  readonly #logger: Logger;
  readonly #readLate: ((records: readonly JournalRecord[]) => void) | null;
  readonly #turns = new SerialQueue();

  /** Use `open`, which also reads the files. */
  constructor(directory: string, condense: Condense, options: JournalOptions) {
    const disk = options.disk ?? new LocalStateDisk();
    const clock = options.clock ?? Date.now;
    this.#files = new JournalFiles(directory, disk, condense);
    this.#writer = new JournalWriter({ ...options, files: this.#files, condense, disk, clock });
    this.#logger = options.logger;
    this.#readLate = options.readLate ?? null;
    this.#watch = new TroubleWatch({
      probe: () => this.#turns.run(() => this.#probe()),
      clock,
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
    const writer = journal.#writer;
    let records: readonly JournalRecord[] = [];
    try {
      records = await writer.load();
    } catch (error) {
      if (journal.#readLate === null) throw error;
      writer.loadLater();
    }
    await journal.#turns.run(() => journal.#attempt(() => writer.ready()));
    if (!journal.isUnread) await journal.#turns.run(() => journal.#attempt(() => journal.#probe()));
    // In the queue, because the probe may already run: it would give the file its name back in mid-rotation.
    await journal.#turns.run(() => journal.#attempt(() => writer.rotateIfDue()));
    if (writer.generation > 0) records = await writer.records();
    return { journal, records };
  }

  /** Whether its contents are unknown because the disk could not be read yet. Nothing is written then. */
  get isUnread(): boolean {
    return this.#writer.isUnread;
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
    return this.#turns.run(async () => {
      // An event that is no JSON is the caller's fault, not the disk's: it throws here.
      JSON.stringify(event);
      try {
        const record = await this.#writer.append(event);
        this.#watch.passed();
        return record;
      } catch (error) {
        this.#watch.failed(error);
        const { isInDoubt } = this.#writer;
        throw new JournalUnwritableError('the journal cannot be written', { cause: error }, isInDoubt);
      }
    });
  }

  /**
   * The requests after a sequence number, archives included, oldest first. The cost depends on what it
   * returns, not on the journal's size.
   */
  async requests(after: number, limit: number): Promise<readonly JournalRecord[]> {
    const found: JournalRecord[] = [];
    for (;;) {
      await this.#turns.idle();
      const { generation, current } = this.#writer;
      const isValid = (): boolean => generation === this.#writer.generation;
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

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#logger.error({ err: error }, 'journal.unwritable');
      this.#watch.failed(error);
    }
  }

  async #probe(): Promise<void> {
    if (this.isUnread) this.#readLate?.(await this.#writer.load());
    await this.#writer.probe();
  }
}
