import type { CustomerName } from '../../../policy/names.js';
import type { Policy } from '../../../policy/policy.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { noSuchCustomer } from '../../store/customers.js';
import type { RoleRow } from '../../store/records.js';
import type { Store } from '../../store/store.js';
import { RecordingStore } from '../recording/recording-store.js';
import { customer, domain, flag, optional, reason, role, timeOrNever } from './argument.js';
import { keyView } from './key-answers.js';
import type { CustomerRemoved, CustomerRenamed, CustomerView } from './customer-answers.js';
import type { AdministrationSettings, LiveSession, LiveSessions } from './control-ports.js';
import { policyMentions } from './policy-mentions.js';
import { route } from './route.js';
import type { Route } from './route.js';
import { allOf, sessionView } from './session-routes.js';

const SUSPENDED = 'Your access has been suspended by the administrators.';
const REMOVED = 'Your access has been removed by the administrators.';

/** Customers and their roles. `sessions` is null when the gate is not running: then there are none to end. */
export function customerRoutes(
  store: Store,
  settings: AdministrationSettings,
  sessions: LiveSessions | null,
  policy: () => Policy | Refusal,
): readonly Route[] {
  const ended = (sentence: string, predicate: (session: LiveSession) => boolean): number =>
    sessions?.endWhere(predicate, sentence) ?? 0;
  const of = (name: CustomerName) => (session: LiveSession) => session.identity.customer === name;
  const unknown = (name: CustomerName): Refusal | null =>
    store.customers.find(name) === undefined ? noSuchCustomer(name) : null;

  const recordingStore = new RecordingStore(settings.recordings.directory);
  /** The count is only for the admin to read: recordings that cannot be listed count as none. */
  const recordingsOf = async (name: CustomerName): Promise<number> => {
    const found = await recordingStore.list((one) => one.customer === name).catch(() => []);
    return found.length;
  };

  /** Whether this role, which was changed or removed, was the last owner's. */
  const isUnowned = ({ role: was, domain: on }: RoleRow): boolean =>
    was === 'owner' && !store.roles.on(on).some((row) => row.role === 'owner');
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
        sessions: (sessions === null ? [] : allOf(sessions)).filter(of(given.customer)).map(sessionView),
      };
    }),

    route(
      'DELETE',
      '/customers/:customer',
      { customer, take: flag },
      async ({ customer: name, take }, { actor }): Promise<CustomerRemoved | Refusal> => {
        const keys = store.keys.list(name).length;
        const roles = store.roles.of(name);
        const removed = store.customers.remove(name, actor, { take });
        if (isRefusal(removed)) return removed;
        return {
          customer: removed,
          sessionsEnded: ended(REMOVED, of(name)),
          keys,
          roles,
          ownerless: roles.flatMap((row) => (store.roles.on(row.domain).length === 0 ? [row.domain] : [])),
          unowned: roles.flatMap((row) => (isUnowned(row) ? [row.domain] : [])),
          recordings: await recordingsOf(name),
          mentions: policyMentions(policy, name),
        };
      },
    ),

    route(
      'POST',
      '/customers/:customer/rename',
      { customer, to: customer, take: flag },
      ({ customer: name, to, take }, { actor }): CustomerRenamed | Refusal => {
        const renamed = store.customers.rename(name, to, actor, { take });
        if (isRefusal(renamed)) return renamed;
        const sentence = `Your login name is ${to} from now on. Log in again with it.`;
        return {
          customer: renamed,
          sessionsEnded: ended(sentence, of(name)),
          mentions: policyMentions(policy, name, to),
        };
      },
    ),

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

    route('POST', '/customers/:customer/resume', { customer, take: flag }, (given, { actor }) =>
      store.customers.resume(given.customer, actor, { take: given.take }),
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

    // A role that is given without `until` ends when it did before.
    route(
      'PUT',
      '/roles',
      { customer, domain, role, until: optional(timeOrNever), take: flag },
      ({ customer: name, domain: on, role: given, until, take }, { actor }) => {
        const before = store.roles.find(name, on);
        const end = until === null ? undefined : until === 'never' ? null : until;
        const added = store.roles.add(name, on, given, actor, end, { take });
        if (isRefusal(added)) return added;
        const unowned = before !== undefined && isUnowned(before);
        return { role: added, unowned, seen: store.domains.find(on) !== undefined };
      },
    ),

    // The gate hears of this from the audit log, and ends those who are at a console by this role.
    route('DELETE', '/roles', { customer, domain, take: flag }, (given, { actor }) => {
      const removed = store.roles.remove(given.customer, given.domain, actor, { take: given.take });
      return isRefusal(removed) ? removed : { ...removed, unowned: isUnowned(removed) };
    }),
  ];
}
