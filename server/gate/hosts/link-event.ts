import { domainOnTheWay } from '../../wire/guest-name.js';
import type { DomainName } from '../../../policy/names.js';
import type { OperationView } from '../../wire/operation.js';

/** What is heard from a host. */
export type LinkEvent =
  /** The whole list of its domains is known now. */
  | { readonly event: 'reachable' }
  | { readonly event: 'lost' }
  | { readonly event: 'domain'; readonly name: DomainName }
  | { readonly event: 'gone'; readonly name: DomainName }
  /** It has looked at all domains. Those of `loads` have used more; nothing else has changed. */
  | { readonly event: 'looked'; readonly loads: readonly DomainName[] }
  /** What it says of names that are gone, missing or unmanaged. */
  | { readonly event: 'names' }
  | { readonly event: 'operation'; readonly operation: OperationView };

/** The domains that news of this name are about: its own, and one that is on its way under it. */
export function domainsOf(name: DomainName): readonly DomainName[] {
  const moving = domainOnTheWay(name);
  return moving === null ? [name] : [name, moving];
}

/** Whether the news may say where a domain is. Each look may: some wait until a domain was nowhere for a while. */
export function mayMove(event: LinkEvent, domain: DomainName): boolean {
  return event.event !== 'operation' && (!('name' in event) || event.name === domain);
}
