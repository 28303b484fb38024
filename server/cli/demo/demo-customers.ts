import { isRefusal, type Refusal } from '../../../policy/refusal.js';
import { parseCustomerName, parseDomainName } from '../../../policy/names.js';
import type { Role } from '../../../policy/roles.js';
import { parsePublicKey } from '../../gate/keys/public-key.js';
import type { Store } from '../../store/store.js';
import { CliError } from '../command/exit-status.js';

/** A customer of the demo: login, public key line, and role on each domain. */
interface DemoCustomer {
  readonly name: string;
  readonly publicKey: string;
  readonly roles: Readonly<Record<string, Role>>;
}

const ACTOR = { admin: 'demo' };
const KEYS_MAX = 10;

/** Registers customers with their keys and roles. Customers of an earlier start stay as they are. */
export function registerDemoCustomers(store: Store, customers: readonly DemoCustomer[]): void {
  for (const { name, publicKey, roles } of customers) {
    const customer = must(parseCustomerName(name), `${name} is no customer's name`);
    if (store.customers.find(customer) !== undefined) continue;
    done(store.customers.add(customer, ACTOR));
    const { type, blob, fingerprint, comment } = done(parsePublicKey(publicKey));
    done(store.keys.add({ customer, type, blob, fingerprint, comment }, ACTOR, KEYS_MAX));
    for (const [domain, role] of Object.entries(roles)) {
      done(
        store.roles.add(
          customer,
          must(parseDomainName(domain), `${domain} is no domain's name`),
          role,
          ACTOR,
        ),
      );
    }
  }
}

function must<T>(value: T | undefined, sentence: string): T {
  if (value === undefined) throw new CliError(sentence);
  return value;
}

function done<T>(value: T | Refusal): T {
  if (isRefusal(value)) throw new CliError(value.message);
  return value;
}
