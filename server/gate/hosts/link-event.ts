import type { DomainName } from '../../../policy/names.js';
import type { OperationView } from '../../wire/operation.js';

/** What is heard from a host. */
export type LinkEvent =
  /** The whole list of its domains is known now. */
  | { readonly event: 'reachable' }
  | { readonly event: 'lost' }
  | { readonly event: 'domain'; readonly name: DomainName }
  | { readonly event: 'gone'; readonly name: DomainName }
  /** What it says of names that are gone, missing or unmanaged. */
  | { readonly event: 'names' }
  | { readonly event: 'operation'; readonly operation: OperationView };
