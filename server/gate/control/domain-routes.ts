import type { ParameterValues } from '../../../policy/boot-parameter.js';
import { UNKNOWN_PROFILE } from '../../../policy/names.js';
import type { DomainName } from '../../../policy/names.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { DomainRecord } from '../../store/records.js';
import type { Store } from '../../store/store.js';
import type { MissingDomain } from '../../wire/domain.js';
import { partOf } from '../../wire/guest-name.js';
import { domain, flag, listOf, parameterNames, parameters } from './argument.js';
import type {
  AskedParameter,
  DomainDetail,
  DomainEntry,
  DomainsDecided,
  ParametersSet,
} from './domain-answers.js';
import type { Host } from './control-ports.js';
import { route } from './route.js';
import type { Route } from './route.js';

/**
 * The names of domains, as the store remembers them and the hosts show them, and the parameters that are set
 * for them.
 */
export function domainRoutes(store: Store, hosts: readonly Host[]): readonly Route[] {
  const entry = (record: DomainRecord): DomainEntry => {
    const on = hosts.flatMap(({ name, reachable, domains }) => {
      const view = domains.get(record.name);
      if (view === undefined) return [];
      const { state, profile } = view.observation;
      const type = view.type ?? null;
      return [{ host: name, state, profile, type, reachable, managed: true }];
    });
    const strays = hosts.flatMap(({ name, reachable, names }) =>
      (names?.others ?? []).flatMap((guest) => {
        const part = partOf(record.name, guest);
        const state = part === 'runs' ? 'running' : part;
        return state === null
          ? []
          : [{ host: name, state, profile: UNKNOWN_PROFILE, type: null, reachable, managed: false }];
      }),
    );
    const missing = hosts.flatMap(({ name, names }) =>
      (names?.missing ?? []).flatMap((one) =>
        one.name === record.name ? [{ host: name, why: one.why, ...noted(one) }] : [],
      ),
    );
    return { ...record, roles: store.roles.on(record.name), on: [...on, ...strays], missing };
  };

  return [
    route('GET', '/domains', {}, () => ({ domains: store.domains.list().map(entry) })),

    route('GET', '/domains/:domain', { domain }, (given): DomainDetail | Refusal => {
      const { domain: name } = given;
      const record = store.domains.find(name);
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
      { domain, parameters, take: flag },
      (given, { actor }): ParametersSet | Refusal => {
        const set = store.parameters.set(given.domain, given.parameters, actor, { take: given.take });
        return isRefusal(set)
          ? set
          : { parameters: set, notes: notes(hosts, given.domain, given.parameters) };
      },
    ),

    route(
      'DELETE',
      '/domains/:domain/parameters',
      { domain, names: parameterNames, take: flag },
      (given, { actor }) => {
        const left = store.parameters.unset(given.domain, given.names, actor, { take: given.take });
        return isRefusal(left) ? left : { parameters: left };
      },
    ),

    route('POST', '/domains/retire', which, (given, { actor }) =>
      decided(store, chosen(store, given), (names) => store.domains.retire(names, actor)),
    ),

    route('POST', '/domains/keep', which, (given, { actor }) =>
      decided(store, chosen(store, given), (names) => store.domains.keep(names, actor)),
    ),

    route('POST', '/domains/:domain/adopt', { domain }, (given, { actor }) => {
      const adopted = store.domains.adopt(given.domain, actor);
      return 'refused' in adopted ? adopted : { domain: adopted, roles: store.roles.on(given.domain) };
    }),
  ];
}

/** Names of domains, or all that wait for an admin. */
const which = { domains: listOf(domain, 10_000), waiting: flag };

function chosen(
  store: Store,
  { domains, waiting }: { readonly domains: readonly DomainName[]; readonly waiting: boolean },
): readonly DomainName[] | Refusal {
  if (waiting && domains.length > 0) return refusal('usage', 'give names or --waiting, not both');
  const names = waiting
    ? store.domains.list().flatMap(({ name, waiting: waits }) => (waits ? [name] : []))
    : domains;
  if (names.length > 0) return names;
  return refusal(
    'usage',
    waiting ? 'no domain waits for an admin' : 'give the names of domains, or --waiting',
  );
}

function decided(
  store: Store,
  names: readonly DomainName[] | Refusal,
  act: (names: readonly DomainName[]) => readonly DomainRecord[] | Refusal,
): DomainsDecided | Refusal {
  if (isRefusal(names)) return names;
  const domains = act(names);
  if (isRefusal(domains)) return domains;
  return { domains, roles: domains.flatMap(({ name }) => store.roles.on(name)) };
}

function asked({ name: host, contract }: Host): readonly AskedParameter[] {
  return (contract?.profiles ?? []).flatMap(({ name: profile, parameters: offers }) =>
    offers.map((offer) => ({ ...offer, host, profile })),
  );
}

/**
 * Remarks, which refuse nothing: the domain may be meant for a host that is not there yet, and each host has
 * the last word.
 */
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

function noted({ note }: MissingDomain): { readonly note?: string } {
  return note === undefined ? {} : { note };
}
