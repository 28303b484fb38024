import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { ImportedCustomer, ImportResult } from '../../store/imports.js';
import type { Store } from '../../store/store.js';
import { parsePublicKey } from '../public-key.js';
import { customer, domain, flag, listOf, optional, pasted, record, role, time } from './argument.js';
import type { ArgumentValues } from './argument.js';
import type { AdministrationSettings } from './control-ports.js';
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

/** Customers from elsewhere, with keys and roles, all or none; without `apply` nothing is written. */
export function importRoutes(store: Store, settings: AdministrationSettings): readonly Route[] {
  return [
    route(
      'POST',
      '/import',
      { customers: listOf(record(WANTED), MOST_CUSTOMERS), apply: flag },
      (given, { actor }): ImportResult => {
        const wanted: ImportedCustomer[] = [];
        const refused: ImportResult['refused'][number][] = [];
        for (const one of given.customers) {
          const read = readKeys(one, settings);
          if (isRefusal(read))
            refused.push({ customer: one.customer, sentence: `${one.customer}: ${read.message}` });
          else wanted.push(read);
        }
        const apply = given.apply && refused.length === 0;
        const result = store.imports.run(wanted, actor, { apply, maxKeys: () => settings.keys.perCustomer });
        return { ...result, refused: [...refused, ...result.refused] };
      },
    ),
  ];
}

function readKeys(
  one: ArgumentValues<typeof WANTED>,
  settings: AdministrationSettings,
): ImportedCustomer | Refusal {
  const keys: ImportedCustomer['keys'][number][] = [];
  for (const { key: text, expires: expiresAt } of one.keys) {
    const key = parsePublicKey(text, settings.keys);
    if (isRefusal(key)) return key;
    const { fingerprint, type, blob, comment } = key;
    keys.push({ fingerprint, type, blob, comment, expiresAt });
  }
  return { ...one, keys };
}
