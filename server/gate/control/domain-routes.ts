import type { ParameterValues } from '../../../policy/boot-parameter.js';
import type { DomainName } from '../../../policy/names.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { DomainRecord } from '../../store/records.js';
import type { Store } from '../../store/store.js';
import { domain, parameterNames, parameters } from './argument.js';
import type { AskedParameter, DomainDetail, DomainEntry, ParametersSet } from './control-answers.js';
import type { Host } from './control-ports.js';
import { route } from './route.js';
import type { Route } from './route.js';

/** The names of domains, as the store remembers them and the hosts show them, and what is set for them. */
export function domainRoutes(store: Store, hosts: readonly Host[]): readonly Route[] {
  const entry = (record: DomainRecord): DomainEntry => {
    const on = hosts.flatMap(({ name, reachable, domains }) => {
      const view = domains.get(record.name);
      if (view === undefined) return [];
      const { state, profile } = view.observation;
      return [{ host: name, state, profile, reachable }];
    });
    return { ...record, roles: store.roles.on(record.name), on };
  };

  return [
    route('GET', '/domains', {}, () => ({ domains: store.domains.list().map(entry) })),

    route('GET', '/domains/:domain', { domain }, (given): DomainDetail | Refusal => {
      const { domain: name } = given;
      const record = store.domains.list().find((one) => one.name === name);
      const roles = store.roles.on(name);
      const set = store.parameters.of(name);
      if (record === undefined && roles.length === 0 && set.length === 0)
        return refusal(
          'no-such-domain',
          `no domain ${name} was ever seen on any host, and nothing is set for it`,
        );
      const here = hosts.filter(({ domains }) => domains.has(name));
      return {
        domain: record === undefined ? null : entry(record),
        roles,
        parameters: set,
        asked: here.flatMap(asked),
      };
    }),

    route(
      'PUT',
      '/domains/:domain/parameters',
      { domain, parameters },
      (given, { actor }): ParametersSet | Refusal => {
        const set = store.parameters.set(given.domain, given.parameters, actor);
        return isRefusal(set)
          ? set
          : { parameters: set, notes: notes(hosts, given.domain, given.parameters) };
      },
    ),

    route('DELETE', '/domains/:domain/parameters', { domain, names: parameterNames }, (given, { actor }) => {
      const left = store.parameters.unset(given.domain, given.names, actor);
      return isRefusal(left) ? left : { parameters: left };
    }),

    route('POST', '/domains/:domain/adopt', { domain }, (given, { actor }) => {
      const adopted = store.domains.adopt(given.domain, actor);
      return 'refused' in adopted ? adopted : { domain: adopted, roles: store.roles.on(given.domain) };
    }),
  ];
}

function asked({ name: host, contract }: Host): readonly AskedParameter[] {
  return (contract?.profiles ?? []).flatMap(({ name: profile, parameters: offers }) =>
    offers.map((offer) => ({ ...offer, host, profile })),
  );
}

/** The domain may be meant for a host that is not there yet, so that this refuses nothing: each host has its own last word. */
function notes(hosts: readonly Host[], name: DomainName, values: ParameterValues): readonly string[] {
  const here = hosts.filter(({ domains }) => domains.has(name));
  if (here.length === 0 || here.some(({ contract }) => contract === null)) return [];
  const known = here.flatMap(asked);
  return Object.entries(values).flatMap(([parameter, value]) => {
    const offers = known.filter((offer) => offer.name === parameter);
    if (offers.length === 0)
      return [`no boot profile on the host of ${name} has a parameter ${parameter}; is the name right?`];
    return offers
      .filter((offer) => offer.values?.includes(value) === false)
      .map(
        ({ host, profile, values: allowed }) =>
          `${profile} on ${host} does not take ${value} for ${parameter}, only ${(allowed ?? []).join(', ')}`,
      );
  });
}
