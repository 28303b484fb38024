import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Journal } from './journal.js';
import type { Operation } from './operation.js';
import type { OperationRegistry } from './operation-registry.js';
import { unread } from './unwritable.js';

export interface KnownOperations {
  readonly registry: Pick<OperationRegistry, 'find'>;
  readonly journal: Pick<Journal, 'isUnread'>;
}

/** The operation of an id. @returns a refusal where there is none, or where the journal is unread */
export function knownOperation({ registry, journal }: KnownOperations, id: string): Operation | Refusal {
  return registry.find(id) ?? (journal.isUnread ? unread() : noSuchOperation());
}

function noSuchOperation(): Refusal {
  return refusal('usage', 'There is no operation with this id.');
}
