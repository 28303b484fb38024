import type { DomainView } from '../../wire/domain.js';
import type { Unsubscribe } from '../session/terminal.js';
import type { HostLink } from './host-link.js';
import type { HostsEvent } from './hosts.js';

interface DomainNews {
  readonly hosts: { onEvent(listener: (event: HostsEvent) => void): Unsubscribe };
  /** Whether what a domain has used is news, too. */
  readonly loads: boolean;
  /** Takes in what a host tells of a domain. @returns false: it could not be done, and is tried at the next look */
  readonly take: (host: string, view: DomainView) => boolean;
  /** A host has a domain no more. */
  readonly gone?: (host: string, name: string) => void;
}

/** Takes in each domain when its host tells of it, and again at each look while that could not be done. */
export function onDomainNews({ hosts, loads, take, gone }: DomainNews): Unsubscribe {
  const undone = new Map<HostLink, Set<DomainView['name']>>();
  const heard = (host: HostLink, name: DomainView['name']): void => {
    const view = host.domains.get(name);
    const left = undone.get(host) ?? new Set();
    if (view === undefined || take(host.name, view)) left.delete(name);
    else left.add(name);
    if (left.size === 0) undone.delete(host);
    else undone.set(host, left);
  };
  return hosts.onEvent(({ host, event }) => {
    switch (event.event) {
      case 'reachable':
        for (const name of host.domains.keys()) heard(host, name);
        return;
      case 'domain':
        heard(host, event.name);
        return;
      case 'gone':
        undone.get(host)?.delete(event.name);
        gone?.(host.name, event.name);
        return;
      case 'looked':
        if (loads) for (const name of event.loads) heard(host, name);
        for (const name of [...(undone.get(host) ?? [])]) heard(host, name);
        return;
      case 'lost':
      case 'names':
      case 'operation':
        return;
    }
  });
}
