import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Logger } from '../../wire/logger.js';
import { wireRefusal } from '../toolstack/wire-refusal.js';
import { HaltedError } from './halt.js';
import { JournalUnwritableError } from './journal.js';
import type { OperationEnd } from './journal-record.js';
import type { Operation } from './operation.js';
import type { OperationRecords } from './operation-records.js';
import type { OperationRegistry } from './operation-registry.js';
import { unwritable } from './unwritable.js';

export interface OperationRunsParts {
  readonly records: Pick<OperationRecords, 'noteLate'>;
  readonly registry: Pick<OperationRegistry, 'endUnwritten'>;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Called after every change of an operation. */
  readonly changed: (operation: Operation) => void;
}

/** Runs the work on operations, and records how each ends, whatever ends it. */
export class OperationRuns {
  readonly #parts: OperationRunsParts;

  constructor(parts: OperationRunsParts) {
    this.#parts = parts;
  }

  /** Begins the work on it. Its `halt` interrupts the work, with a HaltedError that says why. */
  launch(operation: Operation, work: (signal: AbortSignal) => Promise<Refusal | null>): void {
    const halt = new AbortController();
    operation.halt = halt;
    operation.work = work(halt.signal)
      .then(
        (refused) => this.#end(operation, refused === null ? 'done' : 'failed', refused),
        (error: unknown) => this.#broken(operation, error),
      )
      .catch((error: unknown) => {
        this.#parts.logger.error({ err: error, operation: operation.id }, 'operation.fault');
      })
      .finally(() => {
        operation.halt = null;
      });
  }

  async #broken(operation: Operation, error: unknown): Promise<void> {
    if (error instanceof HaltedError) {
      if (error.why === 'stopping') return;
      if (error.why === 'withdrawn') {
        await this.#end(operation, 'failed', withdrawn());
        return;
      }
      await this.#end(operation, 'superseded', refusal('undone', 'A power-off overtook it.'));
      return;
    }
    if (error instanceof JournalUnwritableError) {
      this.#parts.logger.error({ err: error, operation: operation.id }, 'journal.unwritable');
      await this.#end(operation, 'failed', unwritable());
      return;
    }
    this.#parts.logger.error({ err: error, operation: operation.id }, 'operation.fault');
    await this.#end(
      operation,
      'failed',
      refusal('internal', "Something went wrong on the host. Ask the host's operators.", String(error)),
    );
  }

  async #end(operation: Operation, phase: OperationEnd, refused: Refusal | null): Promise<void> {
    const failure = refused === null ? null : wireRefusal(refused);
    const { logger, registry, changed, clock } = this.#parts;
    const at = new Date(clock()).toISOString();
    const isWritten = await this.#parts.records.noteLate({
      kind: 'ended',
      operation: operation.id,
      phase,
      failure,
    });
    if (!isWritten) {
      registry.endUnwritten(operation, phase, at, failure);
      changed(operation);
    }
    const { domain, verb } = operation.request;
    logger.info({ operation: operation.id, domain, verb, phase, refused, isWritten }, 'operation.ended');
  }
}

function withdrawn(): Refusal {
  return refusal(
    'undone',
    'The right to it was taken away before it began. Its disk is as it was; see whether it is off.',
    'withdrawn by the gate',
  );
}
