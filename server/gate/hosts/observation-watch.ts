import type { DomainName } from '../../../policy/names.js';
import type { HostLink } from './host-link.js';
import type { HostsEvent } from './hosts.js';
import { domainsOf } from './link-event.js';
import type { LinkEvent } from './link-event.js';
import type { DomainObservations } from '../access/domain-observations.js';
import type { Unsubscribe } from '../session/terminal.js';

interface ObservedHosts extends DomainObservations {
  onEvent(listener: (event: HostsEvent) => void): Unsubscribe;
}

/**
 * Tells when a domain's state or boot has changed since it was last told: rights under a condition must then
 * be checked again. Changes to unknown are ignored, so that a host that is lost for a while puts nobody out.
 */
export function watchObservations(hosts: ObservedHosts, changed: (domain: DomainName) => void): Unsubscribe {
  const told = new Map<DomainName, string>();
  return hosts.onEvent(({ host, event }) => {
    if (event.event === 'gone') told.delete(event.name);
    for (const name of concerned(host, event)) {
      const { state, booted } = hosts.observation(name);
      const seen = `${state ?? ''} ${booted ?? ''}`;
      if (state === null || told.get(name) === seen) continue;
      told.set(name, seen);
      changed(name);
    }
  });

  /** The names of which something else may be known now. */
  function concerned(host: HostLink, event: LinkEvent): Iterable<DomainName> {
    switch (event.event) {
      case 'domain':
      case 'gone':
        return domainsOf(event.name);
      case 'reachable':
      case 'lost':
        return [...host.domains.keys()];
      // A domain that runs unmanaged on one host is off on another.
      case 'names':
        return [...told.keys()];
      case 'looked':
      case 'operation':
        return [];
    }
  }
}
