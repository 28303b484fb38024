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

/** Whether the news may say where a domain is. Hosts tell of each domain every few seconds. */
export function mayMove(event: LinkEvent, domain: DomainName): boolean {
  return event.event !== 'operation' && (!('name' in event) || event.name === domain);
}
