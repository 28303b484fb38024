import type { Policy } from '../../../policy/policy.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Role } from '../../../policy/roles.js';
import { isWithin } from '../../store/declaration-scope.js';
import type { DeclarationScope } from '../../store/declaration-scope.js';
import type { Change, Declaration, DeclaredKey, Objection } from '../../store/declaration.js';
import type { Store } from '../../store/store.js';
import { KeyRules } from '../keys/key-rules.js';
import { parsePublicKey } from '../keys/public-key.js';
import {
  authority,
  customer,
  domain,
  flag,
  glob,
  group,
  listOf,
  number,
  optional,
  parameter,
  parameterValue,
  pasted,
  record,
  role,
  time,
} from './argument.js';
import type { ArgumentValues } from './argument.js';
import { authorityView } from './authority-answers.js';
import { keyView } from './key-answers.js';
import type { Declared, DeclarationsApplied } from './declaration-answers.js';
import type { AdministrationSettings, LiveSession, LiveSessions } from './control-ports.js';
import { readable } from './key-routes.js';
import { route } from './route.js';
import type { Route } from './route.js';

const MOST = 10_000;
const MOST_OF_ONE = 1000;
const TAKEN_AWAY = 'Your access has been changed by the administrators.';

const NOTHING_APPLIED = {
  applied: false,
  changes: [],
  notes: [],
  stale: [],
  excess: null,
  sessionsEnded: 0,
};

const KEY = { key: pasted, expires: optional(time), own: flag, at: number };
const ROLE = { domain, role, until: optional(time), at: number };
const CUSTOMER = {
  customer,
  suspended: flag,
  keys: listOf(record(KEY), MOST_OF_ONE),
  roles: listOf(record(ROLE), MOST_OF_ONE),
  file: pasted,
  at: number,
};
const AUTHORITY = {
  name: authority,
  key: pasted,
  everybody: flag,
  customers: listOf(customer, MOST_OF_ONE),
  groups: listOf(group, MOST_OF_ONE),
  file: pasted,
  at: number,
};
const SPEC = {
  customers: listOf(record(CUSTOMER), MOST),
  parameters: listOf(
    record({ domain, name: parameter, value: parameterValue, file: pasted, at: number }),
    MOST,
  ),
  authorities: listOf(record(AUTHORITY), MOST_OF_ONE),
  source: pasted,
  files: listOf(pasted, MOST),
  directory: optional(pasted),
  onlyCustomers: optional(glob),
  onlyDomains: optional(glob),
  prune: flag,
  many: flag,
  take: flag,
  apply: flag,
  /** Whether something else is wrong with the files: then only keys and CAs are looked at. */
  onlyKeys: flag,
};

type Given = ArgumentValues<typeof SPEC>;

/** Brings the store to what files declare, all or none; without `apply` nothing is written. Tells what there is. */
export function declarationRoutes(
  store: Store,
  settings: AdministrationSettings,
  sessions: LiveSessions | null,
  policy: () => Policy | Refusal,
): readonly Route[] {
  return [
    route('GET', '/declarations', {}, (): Declared => ({
      customers: store.customers.list(),
      keys: store.keys.all().map(keyView),
      roles: store.customers.list().flatMap(({ name }) => store.roles.of(name)),
      parameters: store.parameters
        .domains()
        .map((name) => ({ domain: name, parameters: store.parameters.of(name) })),
      authorities: store.authorities.list().map(authorityView),
    })),

    route('POST', '/declarations', SPEC, (given, { actor }): DeclarationsApplied => {
      const { files, directory, onlyCustomers, onlyDomains, source, prune, many, take } = given;
      const scope = { files, directory, customers: onlyCustomers, domains: onlyDomains };
      const found = readable(policy);
      const reading = new DeclarationReading(given, scope, store, settings, found);
      const { declaration, objections, rules } = reading;
      if (given.onlyKeys) return { ...NOTHING_APPLIED, objections };
      const result = store.declarations.apply(declaration, actor, {
        source,
        scope,
        write: given.apply && objections.length === 0,
        prune,
        many,
        take,
        maxKeys: (name) => rules.most(name),
      });
      const all = { ...result, objections: [...objections, ...result.objections] };
      const over = result.applied ? lost(result.changes) : () => false;
      return { ...all, sessionsEnded: sessions?.endWhere(over, TAKEN_AWAY) ?? 0 };
    }),
  ];
}

/** What was sent, with its keys parsed. */
class DeclarationReading {
  readonly rules: KeyRules;
  readonly objections: Objection[] = [];
  readonly declaration: Declaration;
  readonly #store: Store;
  readonly #settings: AdministrationSettings;
  readonly #scope: DeclarationScope;

  constructor(
    given: Given,
    scope: DeclarationScope,
    store: Store,
    settings: AdministrationSettings,
    policy: Policy | null,
  ) {
    this.#store = store;
    this.#settings = settings;
    this.#scope = scope;
    this.rules = this.#rules(given, policy);
    this.declaration = {
      customers: given.customers.flatMap((one) => {
        if (!this.#isAllowed({ of: 'customer', customer: one.customer }, one.at)) return [];
        const roles = one.roles.filter(({ domain: on, at }) =>
          this.#isAllowed({ of: 'role', customer: one.customer, domain: on }, at),
        );
        return [{ ...one, roles, keys: this.#keys(one) }];
      }),
      parameters: given.parameters.filter(({ domain: on, name, at }) =>
        this.#isAllowed({ of: 'parameter', domain: on, name }, at),
      ),
      authorities: given.authorities.flatMap((one) => this.#authority(one, policy) ?? []),
    };
  }

  /** The rules for keys as they will be when the customers have their declared roles. */
  #rules(given: Given, policy: Policy | null): KeyRules {
    const planned = new Map<string, readonly { readonly role: Role }[]>(
      given.customers.map((one) => [one.customer, one.roles]),
    );
    const rolesHeld = (name: string): readonly Role[] => [
      ...this.#store.holders.rolesHeld(name),
      ...(planned.get(name) ?? []).map(({ role: held }) => held),
    ];
    return new KeyRules({ settings: this.#settings.keys, policy: () => policy, holders: { rolesHeld } });
  }

  /** A key that the customer has already stays, whatever the rules say of it now. */
  #keys({ customer: name, keys }: Given['customers'][number]): readonly DeclaredKey[] {
    const held = new Set(this.#store.keys.list(name).map(({ fingerprint }) => fingerprint));
    const seen = new Set<string>();
    return keys.flatMap(({ key: text, expires: expiresAt, own, at }) => {
      const parsed = parsePublicKey(text);
      const isHeld = !isRefusal(parsed) && held.has(parsed.fingerprint);
      const key = isHeld ? parsed : this.rules.read(name, text);
      if (isRefusal(key)) {
        this.#object(at, key.message);
        return [];
      }
      const { fingerprint, type, blob, comment } = key;
      if (seen.has(fingerprint)) this.#object(at, `the key ${fingerprint} of ${name} stands here twice`);
      seen.add(fingerprint);
      return [{ fingerprint, type, blob, comment, expiresAt, own, at }];
    });
  }

  #authority(
    one: Given['authorities'][number],
    policy: Policy | null,
  ): Declaration['authorities'][number] | null {
    const { name, key: text, at, groups } = one;
    if (!this.#isAllowed({ of: 'authority', name }, at)) return null;
    const present = this.#store.authorities.list().find((each) => each.name === name);
    const known = [...(present?.groups ?? []), ...Object.keys(policy?.groups ?? {})];
    const unknown = groups.find((each) => !known.includes(each));
    if (unknown !== undefined) {
      const why = policy === null ? 'the policy cannot be read now' : `the policy has no group ${unknown}`;
      this.#object(at, why);
    }
    const parsed = parsePublicKey(text);
    const isThere = !isRefusal(parsed) && parsed.fingerprint === present?.fingerprint;
    const key = isThere ? parsed : parsePublicKey(text, this.#settings.keys);
    if (isRefusal(key)) {
      this.#object(at, key.message);
      return null;
    }
    const { fingerprint, type, blob } = key;
    return { ...one, fingerprint, type, blob };
  }

  #isAllowed(subject: Change['subject'], at: number): boolean {
    if (isWithin(this.#scope, subject)) return true;
    const what = subject.of === 'authority' ? 'A CA' : 'This';
    this.#object(at, `${what} is outside of what may be declared here (--only-customers, --only-domains)`);
    return false;
  }

  #object(at: number, sentence: string): void {
    this.objections.push({ at, sentence });
  }
}

/** Whether a session rests on a key, a customer or a CA that is gone. */
function lost(changes: readonly Change[]): (session: LiveSession) => boolean {
  const gone = new Set<string>();
  for (const { verb, subject } of changes) {
    const isOver = verb === 'remove' || verb === 'suspend';
    if (subject.of === 'customer' && isOver) gone.add(subject.customer);
    if (subject.of === 'key' && isOver) gone.add(`${subject.customer} ${subject.fingerprint}`);
    if (subject.of === 'authority' && (isOver || verb === 'change')) gone.add(`ca ${subject.name}`);
  }
  return ({ identity }) => {
    const { customer: name, fingerprint, certificate } = identity;
    const by = certificate === undefined ? `${name} ${fingerprint}` : `ca ${certificate.authorityName}`;
    return gone.has(name) || gone.has(by);
  };
}
