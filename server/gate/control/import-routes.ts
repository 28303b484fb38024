import type { Role } from '../../../policy/roles.js';
import type { Policy } from '../../../policy/policy.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { ImportedCustomer, ImportResult } from '../../store/imports.js';
import type { Store } from '../../store/store.js';
import { KeyRules } from '../keys/key-rules.js';
import { parsePublicKey } from '../keys/public-key.js';
import { customer, domain, flag, listOf, optional, pasted, record, role, time } from './argument.js';
import type { ArgumentValues } from './argument.js';
import type { AdministrationSettings } from './control-ports.js';
import { readable } from './key-routes.js';
import { route } from './route.js';
import type { Route } from './route.js';

const MOST_CUSTOMERS = 10_000;
const MOST_OF_ONE = 1000;

const WANTED = {
  customer,
  keys: listOf(record({ key: pasted, expires: optional(time) }), MOST_OF_ONE),
  roles: listOf(record({ domain, role }), MOST_OF_ONE),
  same: flag,
};

type Wanted = ArgumentValues<typeof WANTED>;

/** Imports customers with keys and roles, all or none; without `apply` nothing is written. */
export function importRoutes(
  store: Store,
  settings: AdministrationSettings,
  policy: () => Policy | Refusal,
): readonly Route[] {
  return [
    route(
      'POST',
      '/import',
      { customers: listOf(record(WANTED), MOST_CUSTOMERS), apply: flag },
      (given, { actor }): ImportResult => {
        const rules = rulesFor(given.customers, store, settings, readable(policy));
        const wanted: ImportedCustomer[] = [];
        const refused: ImportResult['refused'][number][] = [];
        for (const one of given.customers) {
          const read = readKeys(one, store, settings, rules);
          if (isRefusal(read))
            refused.push({ customer: one.customer, sentence: `${one.customer}: ${read.message}` });
          else wanted.push(read);
        }
        const apply = given.apply && refused.length === 0;
        const result = store.imports.run(wanted, actor, { apply, maxKeys: (name) => rules.most(name) });
        return { ...result, refused: [...refused, ...result.refused] };
      },
    ),
  ];
}

/** The rules for keys as they will be when the customers have the roles of the import. */
function rulesFor(
  customers: readonly Wanted[],
  store: Store,
  settings: AdministrationSettings,
  policy: Policy | null,
): KeyRules {
  const planned = new Map<string, readonly { readonly role: Role }[]>(
    customers.map((one) => [one.customer, one.roles]),
  );
  const rolesHeld = (name: string): readonly Role[] => [
    ...store.holders.rolesHeld(name),
    ...(planned.get(name) ?? []).map(({ role }) => role),
  ];
  return new KeyRules({ settings: settings.keys, policy: () => policy, holders: { rolesHeld } });
}

/** A key that the customer has already stays, whatever the rules say of it now. */
function readKeys(
  one: Wanted,
  store: Store,
  settings: AdministrationSettings,
  rules: KeyRules,
): ImportedCustomer | Refusal {
  const held = new Set(store.keys.list(one.customer).map(({ fingerprint }) => fingerprint));
  const keys: ImportedCustomer['keys'][number][] = [];
  for (const { key: text, expires: expiresAt } of one.keys) {
    const parsed = parsePublicKey(text, settings.keys);
    const known = !isRefusal(parsed) && held.has(parsed.fingerprint);
    const key = known ? parsed : rules.read(one.customer, text);
    if (isRefusal(key)) return key;
    const { fingerprint, type, blob, comment } = key;
    keys.push({ fingerprint, type, blob, comment, expiresAt });
  }
  return { ...one, keys };
}
