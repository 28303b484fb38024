import type { AuditEvent } from '../../store/audit-event.js';
import type { Logger } from '../../wire/logger.js';
import { Patience } from '../../wire/patience.js';
import { headerLine } from './asciicast.js';
import { CastFile } from './cast-file.js';
import { Recorder } from './recorder.js';
import { newRecordingId } from './recording-name.js';
import type { RecordingName } from './recording-name.js';
import { RecordingStore } from './recording-store.js';
import type { Recording } from './recording-store.js';
import { Retention } from './retention.js';
import type { RetentionLimits } from './retention.js';
import { RoomTaken } from './room-taken.js';
import { WriteQueue } from './write-queue.js';

/** `recordings:` of gate.yaml. */
export interface RecordingSettings extends RetentionLimits {
  readonly directory: string;
  readonly perRecordingMiB: number;
  /** Whether no attachment may be without its recording. */
  readonly required: boolean;
}

interface RecordingsParts {
  readonly settings: RecordingSettings;
  /** @throws AuditUnavailableError */
  readonly audit: { append(event: AuditEvent): unknown };
  readonly log: Logger;
  /** Set in a worker: the coordinator keeps the recordings, and is told. */
  readonly keeper?: RecordingKeeper;
  /** Set in the coordinator: has the worker whose recording this is take no more. */
  readonly fill?: (recording: string) => void;
}

/** The process that mends recordings and removes them, for the processes that write them. */
export interface RecordingKeeper {
  /** The recording begins, before its file is made, or has ended. */
  runs(recording: string, runs: boolean): void;
  /** @param bytes of the recording, with those that wait to be written */
  grew(recording: string, bytes: number): void;
}

/** What to record of an attachment, and the terminal that it is shown on. */
export interface RecordingContext extends Pick<RecordingName, 'customer' | 'domain' | 'record'> {
  readonly columns: number;
  readonly rows: number;
  readonly term: string;
}

interface RecordingCallbacks {
  /** Nothing more is recorded: the recording is as large as it may be, or there is no room for all. */
  full(): void;
  /** The recording cannot be written any more. */
  failed(error: Error): void;
}

/** A recording that runs. */
export interface Running {
  readonly id: string;
  readonly recorder: Recorder;
}

const MIB = 1024 * 1024;
const SWEEP_MS = 600_000;
/** How soon recordings are removed when there is too much. Milliseconds. */
const SOON_MS = 1_000;
/** A disk that needs longer than this to make a file is taken to be unable to. A busy one takes seconds. Milliseconds. */
const PATIENCE_MS = 10_000;
/** How long the end of the gate waits for the recordings. Milliseconds. */
const CLOSE_MS = 3_000;

/** The recordings of a running gate: those under way, and how long and how much is kept. */
export class Recordings {
  readonly recordingStore: RecordingStore;
  readonly #parts: RecordingsParts;
  readonly #retention: Retention;
  readonly #turns = new WriteQueue();
  /** By id; null while its file is being made. */
  readonly #running = new Map<string, Recorder | null>();
  readonly #ending = new Set<Promise<void>>();
  #sweeps: NodeJS.Timeout | null = null;
  #soon: NodeJS.Timeout | null = null;
  readonly #taken = new RoomTaken();
  #sweeping = false;

  constructor(parts: RecordingsParts) {
    const { settings, audit } = parts;
    this.#parts = parts;
    this.recordingStore = new RecordingStore(settings.directory);
    this.#retention = new Retention({ recordingStore: this.recordingStore, limits: settings, audit });
  }

  get isRequired(): boolean {
    return this.#parts.settings.required;
  }

  /** Mends what a killed gate left, and begins to remove what has to go. Nobody waits for it. */
  start(): void {
    if (this.#parts.keeper !== undefined) return;
    void this.#mend().then(() => this.#sweep());
    this.#sweeps = setInterval(() => {
      void this.#sweep();
    }, SWEEP_MS).unref();
  }

  /** @throws Error when the recording cannot be written */
  async begin(context: RecordingContext, callbacks: RecordingCallbacks): Promise<Running> {
    const id = newRecordingId();
    this.#running.set(id, null);
    this.#parts.keeper?.runs(id, true);
    try {
      const file = await within(PATIENCE_MS, this.#file(id, context, callbacks), (late) => {
        void late.discard();
      });
      const limit = this.#parts.settings.perRecordingMiB * MIB;
      const recorder = new Recorder(file, context.record === 'input', limit, {
        full: () => {
          callbacks.full();
        },
        grew: (bytes) => {
          this.grew(id, bytes);
        },
      });
      this.#running.set(id, recorder);
      return { id, recorder };
    } catch (error) {
      this.#over(id);
      throw error;
    }
  }

  /** Ends the recording as it is. The caller need not wait. */
  end({ id, recorder }: Running): Promise<void> {
    return this.#end(
      id,
      recorder.end().then(() => {
        this.grew(id, recorder.bytes);
      }),
    );
  }

  /** Removes the recording: the attachment never began. */
  discard({ id, recorder }: Running): Promise<void> {
    return this.#end(id, recorder.discard());
  }

  /** Waits for a while until all recordings are on the disk. */
  async close(): Promise<void> {
    if (this.#sweeps !== null) clearInterval(this.#sweeps);
    if (this.#soon !== null) clearTimeout(this.#soon);
    for (const [id, recorder] of this.#running) if (recorder !== null) void this.end({ id, recorder });
    await within(CLOSE_MS, Promise.all(this.#ending), () => undefined).catch(() => undefined);
  }

  async #file(id: string, context: RecordingContext, callbacks: RecordingCallbacks): Promise<CastFile> {
    const begunAt = new Date();
    const { customer, domain, record, columns, rows, term } = context;
    const path = await this.#turns.take(() =>
      this.recordingStore.place({ id, begunAt: begunAt.toISOString(), customer, domain, record }),
    );
    const header = headerLine({ columns, rows, begunAt, title: `${customer} on ${domain}`, term });
    return CastFile.create(path, header, this.#turns, (error) => {
      callbacks.failed(error);
    });
  }

  async #end(id: string, ended: Promise<void>): Promise<void> {
    const done = ended.then(() => {
      this.#over(id);
      this.#ending.delete(done);
    });
    this.#ending.add(done);
    await done;
  }

  #over(id: string): void {
    this.#running.delete(id);
    if (this.#parts.keeper === undefined) this.ended(id);
    else this.#parts.keeper.runs(id, false);
  }

  /**
   * A recording, of this process or another, takes more room.
   *
   * @param bytes of the recording, with those that wait to be written
   */
  grew(id: string, bytes: number): void {
    if (this.#parts.keeper !== undefined) {
      this.#parts.keeper.grew(id, bytes);
      return;
    }
    this.#taken.grew(id, bytes);
    this.#sweepSoon();
  }

  /** A recording, of this process or another, takes no more room: its file has its last size. */
  ended(id: string): void {
    this.#taken.ended(id);
    this.#sweepSoon();
  }

  /** Ends the writing of a recording of this process: there is no room. */
  fill(id: string): void {
    this.#running.get(id)?.fill();
  }

  /** Mends what a process left that was killed. Nobody waits for it. */
  mend(recordings: ReadonlySet<string>): void {
    for (const id of recordings) this.ended(id);
    void this.#mend((id) => recordings.has(id));
  }

  #sweepSoon(): void {
    if (!this.#isTooMuch) return;
    this.#soon ??= setTimeout(() => {
      this.#soon = null;
      void this.#sweep();
    }, SOON_MS).unref();
  }

  get #isTooMuch(): boolean {
    return this.#taken.bytes > this.#parts.settings.totalMiB * MIB;
  }

  async #sweep(): Promise<void> {
    if (this.#sweeping) return;
    this.#sweeping = true;
    const { log } = this.#parts;
    try {
      await this.#retention.sweep(log);
      const left = await this.#taken.measure(() => this.recordingStore.list());
      // Only running recordings are left. They stay, but the largest takes no more.
      if (this.#isTooMuch && left.every(({ endedAt }) => endedAt === null)) this.#fillLargest(left);
    } catch (fault) {
      log.error({ err: fault }, 'recordings.not-tidied');
    } finally {
      this.#sweeping = false;
      this.#sweepSoon();
    }
  }

  #fillLargest(running: readonly Recording[]): void {
    const [largest] = running.toSorted((one, other) => this.#taken.sizeOf(other) - this.#taken.sizeOf(one));
    if (largest === undefined) return;
    if (this.#parts.fill === undefined) this.fill(largest.id);
    else this.#parts.fill(largest.id);
  }

  async #mend(isTorn = (id: string): boolean => !this.#running.has(id)): Promise<void> {
    const { log } = this.#parts;
    try {
      for (const recording of await this.recordingStore.list(({ id }) => isTorn(id))) {
        if (recording.endedAt !== null) continue;
        const { cut, kept } = await this.recordingStore.mend(recording);
        log.warn({ recording: recording.id, cut, kept }, 'recording.mended');
      }
    } catch (fault) {
      log.error({ err: fault }, 'recordings.not-mended');
    }
  }
}

/**
 * @param late gets a result that comes after the time. @throws Error when the time is over, and what `work`
 *   throws
 */
async function within<T>(milliseconds: number, work: Promise<T>, late: (result: T) => void): Promise<T> {
  let patience: Patience | undefined;
  const over = new Promise<never>((_, reject) => {
    patience = new Patience(milliseconds, () => {
      reject(new Error('the disk does not answer'));
      work.then(late, () => undefined);
    });
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    patience?.stop();
  }
}
