import type { CustomersFile, KeyEntry, RoleEntry } from '../../../config/customers-schema.js';
import { customersText } from '../../../config/customers-text.js';
import type { CustomerName } from '../../../policy/names.js';
import type { AuthorityView } from '../../gate/control/authority-answers.js';
import type { Declared } from '../../gate/control/declaration-answers.js';
import type { KeyView } from '../../gate/control/key-answers.js';
import type { RoleRow } from '../../store/records.js';

type Entry = NonNullable<CustomersFile['customers'][string]>;

/** All in one text. */
export function exportText(declared: Declared): string {
  const customers = Object.fromEntries(entriesOf(declared));
  return customersText({ customers, domains: domainsOf(declared), cas: casOf(declared) });
}

/** By the name of the file: one for each customer, one for domains and one for CAs. */
export function exportFiles(declared: Declared): ReadonlyMap<string, string> {
  const customers = [...entriesOf(declared)].map(
    ([name, entry]) => [`customer-${name}.yaml`, customersText({ customers: { [name]: entry } })] as const,
  );
  const domains = customersText({ domains: domainsOf(declared) });
  const cas = customersText({ cas: casOf(declared) });
  return new Map([
    ...customers,
    ...(domains === '' ? [] : [['domains.yaml', domains] as const]),
    ...(cas === '' ? [] : [['cas.yaml', cas] as const]),
  ]);
}

/** What does not count and is therefore left out: to declare it would make it count. */
export function leftOut({ roles, parameters, authorities }: Declared): readonly string[] {
  return [
    ...authorities.flatMap((one) =>
      speaks(one) ? [] : [`the CA ${one.name} speaks for nobody, and is left out`],
    ),
    ...roles
      .filter(({ counts }) => !counts)
      .map(({ customer, domain }) => `the role of ${customer} on ${domain} does not count, and is left out`),
    ...parameters.flatMap(({ domain, parameters: rows }) =>
      rows
        .filter(({ counts }) => !counts)
        .map(({ name }) => `${name} of ${domain} does not count, and is left out`),
    ),
  ];
}

function entriesOf({ customers, keys, roles }: Declared): ReadonlyMap<CustomerName, Entry> {
  const entries = new Map<
    CustomerName,
    { suspended: boolean; keys: KeyEntry[]; roles: [string, RoleEntry][] }
  >();
  for (const { name, suspendedAt } of customers)
    entries.set(name, { suspended: suspendedAt !== null, keys: [], roles: [] });
  // Their times may be the same: two exports of one store are the same text.
  const inOrder = keys.toSorted((one, other) => (one.fingerprint < other.fingerprint ? -1 : 1));
  for (const key of inOrder) entries.get(key.customer)?.keys.push(keyEntry(key));
  for (const role of roles)
    if (role.counts) entries.get(role.customer)?.roles.push([role.domain, roleEntry(role)]);
  return new Map(
    [...entries].map(([name, entry]) => [name, { ...entry, roles: Object.fromEntries(entry.roles) }]),
  );
}

function keyEntry({ publicKey, comment, expiresAt: expires, own, declared }: KeyView): KeyEntry {
  const key = comment === '' ? publicKey : `${publicKey} ${comment}`;
  return { key, expires, own: own && declared === null };
}

function roleEntry({ role, until }: RoleRow): RoleEntry {
  return { role, until };
}

function domainsOf({ parameters }: Declared): CustomersFile['domains'] {
  const counting = parameters.map(
    ({ domain, parameters: rows }) =>
      [
        domain,
        {
          parameters: Object.fromEntries(
            rows.filter(({ counts }) => counts).map(({ name, value }) => [name, value]),
          ),
        },
      ] as const,
  );
  return Object.fromEntries(counting.filter(([, { parameters: values }]) => Object.keys(values).length > 0));
}

function casOf({ authorities }: Declared): CustomersFile['cas'] {
  return Object.fromEntries(
    authorities
      .filter(speaks)
      .map(({ name, publicKey: key, everybody, customers, groups }) => [
        name,
        { key, everybody, customers, groups },
      ]),
  );
}

/** Whether the CA speaks for anybody: its customers may be gone. */
function speaks({ everybody, customers, groups }: AuthorityView): boolean {
  return everybody || customers.length > 0 || groups.length > 0;
}
