import type { Refusal } from '../../../policy/refusal.js';
import { SerialQueue } from '../../wire/serial-queue.js';
import type { OperationEvent } from './journal-record.js';
import type { OperationRecords } from './operation-records.js';

/**
 * Writes what was asked for to the journal, one request of all domains at a time. Ids and the host's limits belong to
 * all domains, and only what is written counts for them. So they are looked at when it is this request's turn.
 */
export class Acceptance {
  readonly #records: Pick<OperationRecords, 'flush' | 'note'>;
  readonly #turns = new SerialQueue();

  constructor(records: Pick<OperationRecords, 'flush' | 'note'>) {
    this.#records = records;
  }

  /**
   * @param wrong looks at ids and limits. @param event called right before the writing
   * @returns the refusal of `wrong`, or null when it is written @throws JournalUnwritableError
   */
  write(wrong: () => Refusal | null, event: () => OperationEvent): Promise<Refusal | null> {
    return this.#turns.run(async () => {
      await this.#records.flush();
      const refused = wrong();
      if (refused === null) await this.#records.note(event());
      return refused;
    });
  }
}
