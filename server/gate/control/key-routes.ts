import type { CustomerName } from '../../../policy/names.js';
import type { Policy } from '../../../policy/policy.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { noSuchCustomer } from '../../store/customers.js';
import { KEYS_AT_ONCE } from '../../store/old-keys.js';
import type { Key } from '../../store/records.js';
import { AuditUnavailableError } from '../../store/store-error.js';
import type { Store } from '../../store/store.js';
import { KeyRules } from '../keys/key-rules.js';
import { Slices } from '../scheduling/slices.js';
import { customer, fingerprint, flag, group, optional, pasted, time } from './argument.js';
import { keyView } from './key-answers.js';
import type { KeysExpiring, KeyView } from './key-answers.js';
import type { AdministrationSettings, LiveSession, LiveSessions } from './control-ports.js';
import { route } from './route.js';
import type { Route } from './route.js';

const KEY_REMOVED = 'The key of this session has been removed by the administrators.';

/**
 * The keys of one customer, and of many at once. When a key expires, the gate ends the sessions that came
 * with it.
 */
export function keyRoutes(
  store: Store,
  settings: AdministrationSettings,
  sessions: LiveSessions | null,
  policy: () => Policy | Refusal,
): readonly Route[] {
  const slices = new Slices({ milliseconds: 0 });
  const rules = new KeyRules({
    settings: settings.keys,
    policy: () => readable(policy),
    holders: store.holders,
  });
  const endOf = (key: Key): string | null => rules.endOf(key);
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
    if (!Object.hasOwn(found.groups, ofGroup))
      return refusal('no-such-group', `the policy has no group ${ofGroup}`);
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
      { customer, key: pasted, expires: optional(time), take: flag },
      (given, { actor }) => {
        const key = rules.read(given.customer, given.key);
        if (isRefusal(key)) return key;
        const { type, blob, comment } = key;
        const { customer: name, expires: expiresAt } = given;
        const row = { customer: name, fingerprint: key.fingerprint, type, blob, comment, expiresAt };
        const added = store.keys.add(row, actor, rules.most(name), { take: given.take });
        return isRefusal(added) ? added : keyView(added);
      },
    ),

    route(
      'DELETE',
      '/customers/:customer/keys/:fingerprint',
      { customer, fingerprint, allowLast: flag, take: flag },
      (given, { actor }) => {
        const { allowLast, take } = given;
        const options = { allowLast, endOf };
        const removed = store.keys.remove(given.customer, given.fingerprint, actor, options, { take });
        if (isRefusal(removed)) return removed;
        const holds = ({ identity }: LiveSession): boolean =>
          identity.customer === given.customer && identity.fingerprint === given.fingerprint;
        return { key: keyView(removed), sessionsEnded: sessions?.endWhere(holds, KEY_REMOVED) ?? 0 };
      },
    ),

    route(
      'PUT',
      '/customers/:customer/keys/:fingerprint/expiry',
      { customer, fingerprint, at: optional(time), take: flag },
      (given, { actor }) => {
        const { customer: name, fingerprint: key, at, take } = given;
        const set = store.keys.setExpiry(name, key, at, actor, { take });
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
      async (given, { actor }): Promise<KeysExpiring | Refusal> => {
        const customers = whom(given.customer, given.group);
        if (isRefusal(customers)) return customers;
        const { addedBefore, at, allowLast } = given;
        const keys: KeyView[] = [];
        const left: CustomerName[] = [];
        let after: CustomerName | null = null;
        const no = await inParts(slices, keys, 'have got their end', () => {
          const part = { allowLast, endOf, after, most: KEYS_AT_ONCE };
          const done = store.oldKeys.expire({ customers, addedBefore }, at, actor, part);
          keys.push(...done.expiring.map(keyView));
          left.push(...done.left);
          after = done.next;
          return after !== null;
        });
        return no ?? { keys, left };
      },
    ),

    route('POST', '/keys/prune', {}, async (_given, { actor }) => {
      const keys: KeyView[] = [];
      const no = await inParts(slices, keys, 'have been removed', () => {
        const removed = store.oldKeys.removeExpired(actor, KEYS_AT_ONCE);
        keys.push(...removed.map(keyView));
        return removed.length === KEYS_AT_ONCE;
      });
      return no ?? { keys };
    }),
  ];
}

/**
 * Does one transaction a turn, so that the gate serves others in between.
 *
 * @param done what has been changed so far
 * @returns null, or when the rest cannot be written a refusal that says how far it came
 */
async function inParts(
  slices: Slices,
  done: readonly unknown[],
  what: string,
  part: () => boolean,
): Promise<Refusal | null> {
  try {
    await slices.run(part);
    return null;
  } catch (error) {
    if (!(error instanceof AuditUnavailableError) || done.length === 0) throw error;
    return refusal(
      'audit-unavailable',
      `${done.length} keys ${what}, and then ${error.message}; make room, and say the same again for the rest`,
    );
  }
}

/**
 * Null for a policy that cannot be read. That keeps nobody from adding a key: each login asks whether the key
 * may be used.
 */
export function readable(policy: () => Policy | Refusal): Policy | null {
  try {
    const found = policy();
    return isRefusal(found) ? null : found;
  } catch {
    return null;
  }
}
