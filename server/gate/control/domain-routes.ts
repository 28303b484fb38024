import type { Store } from '../../store/store.js';
import { domain } from './argument.js';
import type { DomainEntry } from './control-answers.js';
import type { Host } from './control-ports.js';
import { route } from './route.js';
import type { Route } from './route.js';

/** The names of domains, as the store remembers them and the hosts show them. */
export function domainRoutes(store: Store, hosts: readonly Host[]): readonly Route[] {
  return [
    route('GET', '/domains', {}, () => ({
      domains: store.domains.list().map((record): DomainEntry => {
        const on = hosts.flatMap(({ name, reachable, domains }) => {
          const view = domains.get(record.name);
          if (view === undefined) return [];
          const { state, profile } = view.observation;
          return [{ host: name, state, profile, reachable }];
        });
        return { ...record, roles: store.roles.on(record.name), on };
      }),
    })),

    route('POST', '/domains/:domain/adopt', { domain }, (given, { actor }) => {
      const adopted = store.domains.adopt(given.domain, actor);
      return 'refused' in adopted ? adopted : { domain: adopted, roles: store.roles.on(given.domain) };
    }),
  ];
}
