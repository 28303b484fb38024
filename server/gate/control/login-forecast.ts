import { keyFaultMessage, keyRule } from '../../../policy/key-rule.js';
import type { KeyFault } from '../../../policy/key-rule.js';
import { parseCustomerName, parseDomainName } from '../../../policy/names.js';
import type { CustomerName, DomainName, Fingerprint } from '../../../policy/names.js';
import type { Policy } from '../../../policy/policy.js';
import type { Customer, Key, RoleRow } from '../../store/records.js';
import type { Store } from '../../store/store.js';
import { standing } from '../access/standing.js';
import { factsOf } from '../keys/key-rules.js';
import { AssumedSignature, assumedSignature } from '../ssh/assumed-signature.js';
import { Authenticator, type Accounts } from '../ssh/authenticate.js';
import { RuledAccounts } from '../ssh/ruled-accounts.js';

/** A key that somebody would log in with; `blob` is null when only its fingerprint is known. */
export interface AskedKey {
  readonly fingerprint: Fingerprint;
  readonly blob: Buffer | null;
  readonly type: string | null;
}

/** What would become of a login now, with the facts that an admin needs to see why. */
export interface LoginForecast {
  /** A `RefusedBecause`; null when it would be accepted. */
  readonly because: string | null;
  /** Whether it would be accepted only if a security key verifies its user. */
  readonly needsVerification: boolean;
  /** The customer whom it would be, or whom the login name or the key lead to. */
  readonly customer: CustomerName | null;
  /** Set when the login name is a customer's. */
  readonly named: Customer | null;
  /** Set when the login name may be a domain's: the roles on it. */
  readonly domain: { readonly name: DomainName; readonly roles: readonly RoleRow[] } | null;
  /** The key at each customer who has it. */
  readonly holders: readonly Key[];
  readonly type: string | null;
  /** The rule of the policy that does not allow the key: its place as `file:line`, what of the key, and in words. */
  readonly rule: { readonly place: string; readonly fault: KeyFault; readonly message: string } | null;
}

/** What a login is decided by. */
export interface LoginWorld {
  readonly store: Store;
  /** Null where none can be read. */
  readonly policy: Policy | null;
  /** Those of the running gate; null while none runs. */
  readonly accounts: Accounts | null;
}

/** Foretells the logins of one answer: reads all keys once, and decides about the same login once. */
export class LoginForecasts {
  readonly #world: LoginWorld;
  readonly #known = new Map<string, LoginForecast>();
  #holders: ReadonlyMap<Fingerprint, readonly Key[]> | undefined;

  constructor(world: LoginWorld) {
    this.#world = world;
  }

  /** @param asked the same fingerprint must come with the same blob and type */
  of(login: string, asked: AskedKey): LoginForecast {
    const name = JSON.stringify([login, asked.fingerprint]);
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    this.#holders ??= byFingerprint(this.#world.store.keys.all());
    const made = forecast(this.#world, login, asked, this.#holders.get(asked.fingerprint) ?? []);
    this.#known.set(name, made);
    return made;
  }
}

function byFingerprint(keys: readonly Key[]): ReadonlyMap<Fingerprint, readonly Key[]> {
  const found = new Map<Fingerprint, Key[]>();
  for (const key of keys) {
    const same = found.get(key.fingerprint);
    if (same === undefined) found.set(key.fingerprint, [key]);
    else same.push(key);
  }
  return found;
}

function forecast(world: LoginWorld, login: string, asked: AskedKey, holders: readonly Key[]): LoginForecast {
  const { store, policy } = world;
  const blob = asked.blob ?? holders[0]?.blob ?? null;
  const type = asked.type ?? holders[0]?.type ?? null;
  const decided = (verified: boolean): string | null => {
    if (blob === null || type === null) return 'unknown-login-or-key';
    const answer = decide(world, login, { type, blob, verified });
    return answer.kind === 'refused' ? answer.because : null;
  };
  const because = decided(true);
  const [byName, byDomain] = [parseCustomerName(login), parseDomainName(login)];
  const roles = byDomain === undefined ? [] : store.roles.on(byDomain);
  const customer = store.logins.find(login, asked.fingerprint)?.customer ?? null;
  return {
    because,
    needsVerification: because === null && decided(false) === 'user-not-verified',
    customer,
    named: (byName === undefined ? undefined : store.customers.find(byName)) ?? null,
    domain: byDomain === undefined || roles.length === 0 ? null : { name: byDomain, roles },
    holders,
    type,
    rule: customer === null ? null : forbids(store, policy, customer, asked.fingerprint),
  };
}

/** It makes keys when it is made. */
const ASSUMED = new AssumedSignature();

/** Asks the gate's own Authenticator; only the signature is taken for right, and made with a touch. */
function decide(
  { store, policy, accounts }: LoginWorld,
  login: string,
  { type, blob, verified }: { readonly type: string; readonly blob: Buffer; readonly verified: boolean },
): ReturnType<Authenticator['answer']> {
  const { logins, holders } = store;
  const asked = accounts ?? new RuledAccounts({ logins, holders, policy: () => policy });
  const algorithm = type === 'ssh-rsa' ? 'rsa-sha2-512' : type;
  const nothing = Buffer.alloc(0);
  // The counter of the key stays as it is.
  const counters = { advanceCounter: () => null };
  return new Authenticator(asked, ASSUMED, counters).answer({
    login,
    method: 'publickey',
    key: {
      algorithm,
      blob,
      signature: { bytes: nothing, whole: assumedSignature(type, verified), signed: nothing },
    },
  });
}

function forbids(
  store: Store,
  policy: Policy | null,
  customer: CustomerName,
  fingerprint: Fingerprint,
): LoginForecast['rule'] {
  const holder = store.holders.find(customer, fingerprint);
  const fault = [true, false]
    .map((verified) => {
      const found = standing(policy, customer, holder, verified, new Date());
      return found.here ? null : found.fault;
    })
    .find((one) => one !== null);
  if (fault === undefined || policy === null || holder.key === null) return null;
  const rule = keyRule(policy, customer, holder.rolesHeld());
  if (rule === undefined) return null;
  const message = keyFaultMessage(rule, fault, factsOf(holder.key, holder.key.addedAt, null));
  return { place: `${rule.place.file}:${rule.place.line}`, fault, message };
}
