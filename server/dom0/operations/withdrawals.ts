import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Logger } from '../../wire/logger.js';
import type { Verb } from '../../wire/contract.js';
import type { OperationView } from '../../wire/operation.js';
import type { Operation } from './operation.js';
import { knownOperation } from './known-operation.js';
import type { KnownOperations } from './known-operation.js';
import { unread } from './unwritable.js';

/** These let keys in or erase a disk. Nothing is gained by taking back another one. */
const WITHDRAWN: readonly Verb[] = ['reinstall', 'rescue'];

interface WithdrawalsParts extends KnownOperations {
  readonly logger: Logger;
}

/** Takes operations back, because the right to them has gone. */
export class Withdrawals {
  readonly #parts: WithdrawalsParts;
  readonly #halt: (operation: Operation) => void;

  /** @param halt ends an operation that has not begun, also where no work on it runs yet */
  constructor(parts: WithdrawalsParts, halt: (operation: Operation) => void) {
    this.#parts = parts;
    this.#halt = halt;
  }

  /** See `Operations.withdraw`. */
  async withdraw(id: string): Promise<OperationView | Refusal> {
    const operation = knownOperation(this.#parts, id);
    if (isRefusal(operation)) return operation;
    if (!operation.isOpen) return operation.view();
    if (!WITHDRAWN.includes(operation.request.verb)) return begun(operation);
    if (operation.halt?.signal.aborted !== true) {
      if (operation.hasBegun) {
        operation.isWithdrawn = true;
        // Whether anything came of what an earlier dom0 began is seen when it is resumed.
        return operation.halt === null ? unread() : begun(operation);
      }
      const { domain } = operation.request;
      this.#parts.logger.info({ operation: id, domain }, 'operation.withdrawn');
      this.#halt(operation);
    }
    await operation.work;
    const view = operation.view();
    // Without an end it was interrupted by a restart of this half: the next one decides.
    return view.endedAt === null ? unread() : view;
  }
}

function begun({ step }: Operation): Refusal {
  return refusal('busy', 'It has begun, so it goes on.', step);
}
