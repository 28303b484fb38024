import type { CustomerName } from '../../../policy/names.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { noSuchCustomer } from '../../store/customers.js';
import type { Store } from '../../store/store.js';
import { parsePublicKey } from '../public-key.js';
import { customer, domain, fingerprint, flag, optional, pasted, reason, role } from './argument.js';
import { keyView } from './control-answers.js';
import type { CustomerView } from './control-answers.js';
import type { AdministrationSettings, LiveSession, LiveSessions } from './control-ports.js';
import { route } from './route.js';
import type { Route } from './route.js';
import { sessionView } from './session-routes.js';

const SUSPENDED = 'Your access has been suspended by the administrators.';
const REMOVED = 'Your access has been removed by the administrators.';
const KEY_REMOVED = 'The key of this session has been removed by the administrators.';

/** Customers, their keys and their roles. `sessions` is null when the gate is not running: there are none to end. */
export function customerRoutes(
  store: Store,
  settings: AdministrationSettings,
  sessions: LiveSessions | null,
): readonly Route[] {
  const ended = (sentence: string, predicate: (session: LiveSession) => boolean): number =>
    sessions?.endWhere(predicate, sentence) ?? 0;
  const of = (name: CustomerName) => (session: LiveSession) => session.identity.customer === name;
  const unknown = (name: CustomerName): Refusal | null =>
    store.customers.find(name) === undefined ? noSuchCustomer(name) : null;

  return [
    route('GET', '/customers', {}, () => ({ customers: store.customers.list() })),

    route('POST', '/customers', { customer }, (given, { actor }) =>
      store.customers.add(given.customer, actor),
    ),

    route('GET', '/customers/:customer', { customer }, (given): CustomerView | Refusal => {
      const found = store.customers.find(given.customer);
      if (found === undefined) return noSuchCustomer(given.customer);
      return {
        customer: found,
        keys: store.keys.list(given.customer).map(keyView),
        roles: store.roles.of(given.customer),
        sessions: (sessions?.list() ?? []).filter(of(given.customer)).map(sessionView),
      };
    }),

    route('DELETE', '/customers/:customer', { customer }, (given, { actor }) => {
      const removed = store.customers.remove(given.customer, actor);
      if (isRefusal(removed)) return removed;
      return { customer: removed, sessionsEnded: ended(REMOVED, of(given.customer)) };
    }),

    route(
      'POST',
      '/customers/:customer/suspend',
      { customer, reason: optional(reason) },
      (given, { actor }) => {
        const suspended = store.customers.suspend(given.customer, given.reason, actor);
        if (isRefusal(suspended)) return suspended;
        return { customer: suspended, sessionsEnded: ended(SUSPENDED, of(given.customer)) };
      },
    ),

    route('POST', '/customers/:customer/resume', { customer }, (given, { actor }) =>
      store.customers.resume(given.customer, actor),
    ),

    route('GET', '/customers/:customer/keys', { customer }, (given) => {
      return unknown(given.customer) ?? { keys: store.keys.list(given.customer).map(keyView) };
    }),

    route('POST', '/customers/:customer/keys', { customer, key: pasted }, (given, { actor }) => {
      const key = parsePublicKey(given.key, settings.keys);
      if (isRefusal(key)) return key;
      const { type, blob, comment } = key;
      const row = { customer: given.customer, fingerprint: key.fingerprint, type, blob, comment };
      const added = store.keys.add(row, actor, settings.keys.perCustomer);
      return isRefusal(added) ? added : keyView(added);
    }),

    route(
      'DELETE',
      '/customers/:customer/keys/:fingerprint',
      { customer, fingerprint, allowLast: flag },
      (given, { actor }) => {
        const { allowLast } = given;
        const removed = store.keys.remove(given.customer, given.fingerprint, actor, { allowLast });
        if (isRefusal(removed)) return removed;
        const holds = ({ identity }: LiveSession): boolean =>
          identity.customer === given.customer && identity.fingerprint === given.fingerprint;
        return { key: keyView(removed), sessionsEnded: ended(KEY_REMOVED, holds) };
      },
    ),

    route('GET', '/roles', { customer: optional(customer), domain: optional(domain) }, (given) => {
      const no = given.customer === null ? null : unknown(given.customer);
      if (no !== null) return no;
      const rows =
        given.customer !== null
          ? store.roles.of(given.customer)
          : given.domain !== null
            ? store.roles.on(given.domain)
            : store.customers.list().flatMap(({ name }) => store.roles.of(name));
      return { roles: rows.filter((row) => given.domain === null || row.domain === given.domain) };
    }),

    route('PUT', '/roles', { customer, domain, role }, (given, { actor }) => {
      const added = store.roles.add(given.customer, given.domain, given.role, actor);
      if (isRefusal(added)) return added;
      return { role: added, seen: store.domains.list().some(({ name }) => name === given.domain) };
    }),

    // Who sits at a console by this role is ended by the gate, which hears of it from the audit log.
    route('DELETE', '/roles', { customer, domain }, (given, { actor }) =>
      store.roles.remove(given.customer, given.domain, actor),
    ),
  ];
}
