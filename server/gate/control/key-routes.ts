import type { CustomerName } from '../../../policy/names.js';
import type { Policy } from '../../../policy/policy.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { noSuchCustomer } from '../../store/customers.js';
import type { Key } from '../../store/records.js';
import type { Store } from '../../store/store.js';
import { KeyRules } from '../key-rules.js';
import { customer, fingerprint, flag, group, optional, pasted, time } from './argument.js';
import { keyView } from './control-answers.js';
import type { KeysExpiring, KeyView } from './control-answers.js';
import type { AdministrationSettings, LiveSession, LiveSessions } from './control-ports.js';
import { route } from './route.js';
import type { Route } from './route.js';

const KEY_REMOVED = 'The key of this session has been removed by the administrators.';

/** The keys of one customer, and of many at once. Sessions that came with one that expires are ended by the gate when it does. */
export function keyRoutes(
  store: Store,
  settings: AdministrationSettings,
  sessions: LiveSessions | null,
  policy: () => Policy | Refusal,
): readonly Route[] {
  const rules = new KeyRules({ settings: settings.keys, policy: () => readable(policy), roles: store.roles });
  /** @returns null for all customers */
  const whom = (
    name: CustomerName | null,
    ofGroup: string | null,
  ): readonly CustomerName[] | null | Refusal => {
    if (name !== null)
      return store.customers.find(name) === undefined ? noSuchCustomer(name) : ([name] as const);
    if (ofGroup === null) return null;
    const found = policy();
    if (isRefusal(found)) return found;
    if (!Object.hasOwn(found.groups, ofGroup)) return refusal('usage', `the policy has no group ${ofGroup}`);
    return found.groups[ofGroup] ?? [];
  };

  return [
    route('GET', '/customers/:customer/keys', { customer }, (given) =>
      store.customers.find(given.customer) === undefined
        ? noSuchCustomer(given.customer)
        : { keys: store.keys.list(given.customer).map(keyView) },
    ),

    route(
      'POST',
      '/customers/:customer/keys',
      { customer, key: pasted, expires: optional(time) },
      (given, { actor }) => {
        const key = rules.read(given.customer, given.key);
        if (isRefusal(key)) return key;
        const { type, blob, comment } = key;
        const { customer: name, expires: expiresAt } = given;
        const row = { customer: name, fingerprint: key.fingerprint, type, blob, comment, expiresAt };
        const added = store.keys.add(row, actor, rules.most(name));
        return isRefusal(added) ? added : keyView(added);
      },
    ),

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
        return { key: keyView(removed), sessionsEnded: sessions?.endWhere(holds, KEY_REMOVED) ?? 0 };
      },
    ),

    route(
      'PUT',
      '/customers/:customer/keys/:fingerprint/expiry',
      { customer, fingerprint, at: optional(time) },
      (given, { actor }) => {
        const set = store.keys.setExpiry(given.customer, given.fingerprint, given.at, actor);
        return isRefusal(set) ? set : keyView(set);
      },
    ),

    route(
      'GET',
      '/keys',
      {
        customer: optional(customer),
        group: optional(group),
        addedBefore: optional(time),
        usedSince: optional(time),
        unusedSince: optional(time),
      },
      (given): { readonly keys: readonly KeyView[] } | Refusal => {
        const customers = whom(given.customer, given.group);
        if (isRefusal(customers)) return customers;
        const { addedBefore, usedSince, unusedSince } = given;
        const used = ({ lastUsedAt }: Key, since: string): boolean =>
          lastUsedAt !== null && lastUsedAt >= since;
        const keys = store.keys
          .all()
          .filter((key) => customers?.includes(key.customer) !== false)
          .filter((key) => addedBefore === null || key.addedAt < addedBefore)
          .filter((key) => usedSince === null || used(key, usedSince))
          .filter((key) => unusedSince === null || !used(key, unusedSince));
        return { keys: keys.map(keyView) };
      },
    ),

    route(
      'POST',
      '/keys/expire',
      { customer: optional(customer), group: optional(group), addedBefore: time, at: time, allowLast: flag },
      (given, { actor }): KeysExpiring | Refusal => {
        const customers = whom(given.customer, given.group);
        if (isRefusal(customers)) return customers;
        const { addedBefore, at, allowLast } = given;
        const old = { customers, addedBefore };
        const { expiring, left } = store.keys.expireOld(old, at, actor, { allowLast });
        return { keys: expiring.map(keyView), left };
      },
    ),

    route('POST', '/keys/prune', {}, (_given, { actor }) => ({
      keys: store.keys.removeExpired(actor).map(keyView),
    })),
  ];
}

/** A policy that cannot be read keeps nobody from adding a key: whether it may be used is asked at each login. */
export function readable(policy: () => Policy | Refusal): Policy | null {
  try {
    const found = policy();
    return isRefusal(found) ? null : found;
  } catch {
    return null;
  }
}
