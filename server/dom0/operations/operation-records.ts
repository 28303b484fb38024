import type { OperationStep, WritingProgress } from '../../wire/operation.js';
import type { Logger } from '../../wire/logger.js';
import type { HostClock } from '../scheduling/host-clock.js';
import type { Incarnation } from '../toolstack/incarnation.js';
import type { Transcripts } from '../toolstack/transcripts.js';
import type { Journal } from './journal.js';
import type { OperationEvent } from './journal-record.js';
import type { Operation } from './operation.js';
import type { OperationRegistry } from './operation-registry.js';
import { PendingRecords } from './pending-records.js';

/** The facts in a step's record besides the step. */
interface StepFacts {
  readonly uuid?: string | null;
  readonly subject?: Incarnation;
}

interface OperationRecordsParts {
  readonly journal: Pick<Journal, 'append'>;
  readonly registry: Pick<OperationRegistry, 'find' | 'take'>;
  readonly transcripts: Pick<Transcripts, 'clear' | 'prepare'>;
  readonly host: Pick<HostClock, 'after' | 'uptime'>;
  /** The time of day, milliseconds since the epoch. */
  readonly clock: () => number;
  readonly logger: Logger;
  /** Called after every change of an operation. */
  readonly changed: (operation: Operation) => void;
}

/** Writes what happens to operations to the journal, enters it in the registry, then publishes it. */
export class OperationRecords {
  readonly #parts: OperationRecordsParts;
  readonly #late: PendingRecords;

  constructor(parts: OperationRecordsParts) {
    this.#parts = parts;
    this.#late = new PendingRecords({
      note: (event) => this.note(event),
      written: (event) => {
        if (event.kind === 'ended') this.#clear(event.operation);
      },
      host: parts.host,
      logger: parts.logger,
    });
  }

  /** The number of records of past events that could not be written yet. */
  get pending(): number {
    return this.#late.count;
  }

  /** @throws JournalUnwritableError */
  async note(event: OperationEvent): Promise<void> {
    const { journal, registry, changed } = this.#parts;
    const record = await journal.append(event);
    registry.take(record);
    const operation = registry.find(event.kind === 'requested' ? event.request.id : event.operation);
    if (operation !== undefined) changed(operation);
  }

  /** Writes a past event, now or as soon as possible. @returns whether it is written now */
  noteLate(event: OperationEvent): Promise<boolean> {
    return this.#late.write(event);
  }

  /**
   * Writes the next step.
   *
   * @param seconds how long the step may take; 0: it has no deadline of its own
   * @returns the step's deadline, by the host's uptime in milliseconds; never after the operation's term
   * @throws JournalUnwritableError
   */
  async step(
    operation: Operation,
    step: OperationStep,
    seconds: number,
    more: StepFacts = {},
  ): Promise<number> {
    const { clock, host, transcripts, logger } = this.#parts;
    const deadlineAt = seconds === 0 ? null : new Date(clock() + seconds * 1000).toISOString();
    const deadline = Math.min(host.uptime() + seconds * 1000, operation.term?.until ?? 0);
    await transcripts.prepare().catch((error: unknown) => {
      logger.warn({ err: error, operation: operation.id }, 'transcripts.not-prepared');
    });
    await this.note({ kind: 'step', operation: operation.id, step, deadlineAt, ...more });
    return deadline;
  }

  /** The same for steps that finish what was begun: they are done even if they cannot be written. */
  async lastSteps(operation: Operation, step: OperationStep, seconds: number): Promise<number> {
    const { host, logger, changed } = this.#parts;
    try {
      return await this.step(operation, step, seconds);
    } catch (error) {
      logger.error({ err: error, operation: operation.id }, 'journal.unwritable');
      operation.step = step;
      changed(operation);
      return host.uptime() + seconds * 1000;
    }
  }

  /** Publishes an operation's place in the queue. It is not written: a restart begins a new queue. */
  moved(operation: Operation, place: number): void {
    operation.place = place;
    this.#parts.changed(operation);
  }

  /** Publishes how far a disk is written. It is not recorded. */
  progressed(operation: Operation, progress: WritingProgress | null): void {
    operation.progress = progress;
    this.#parts.changed(operation);
  }

  /** Tries to write all past events now. */
  flush(): Promise<void> {
    return this.#late.flush();
  }

  /** Stops retrying. */
  stop(): void {
    this.#late.stop();
  }

  /**
   * Removes an operation's files, only after its end is in the journal: until then a restart would need them.
   */
  #clear(operation: string): void {
    const { transcripts, logger } = this.#parts;
    transcripts.clear(operation).catch((error: unknown) => {
      logger.warn({ err: error, operation }, 'transcripts.not-removed');
    });
  }
}
