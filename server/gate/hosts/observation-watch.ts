import type { DomainName } from '../../../policy/names.js';
import type { HostsEvent } from './hosts.js';
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
    const names =
      event.event === 'domain'
        ? [event.name]
        : event.event === 'reachable'
          ? [...host.domains.keys()]
          : // A domain that runs unmanaged on one host is off on another.
            event.event === 'names'
            ? [...told.keys()]
            : [];
    for (const name of names) {
      const { state, booted } = hosts.observation(name);
      const seen = `${state ?? ''} ${booted ?? ''}`;
      if (state === null || told.get(name) === seen) continue;
      told.set(name, seen);
      changed(name);
    }
  });
}
