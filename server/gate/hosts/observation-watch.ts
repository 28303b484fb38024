import type { DomainName } from '../../../policy/names.js';
import type { HostsEvent } from './hosts.js';
import type { DomainObservations } from '../access/domain-observations.js';
import type { Unsubscribe } from '../session/terminal.js';

interface ObservedHosts extends DomainObservations {
  onEvent(listener: (event: HostsEvent) => void): Unsubscribe;
}

/**
 * Tells when a domain does something else than when it was last told: who uses it under a condition must be asked about again.
 * That it is not known what it does is told nobody: a host that is lost for a while puts nobody out.
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
          : // What runs unmanaged on one host is off on another.
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
