import { counted } from '../../policy/listing.js';
import type { CustomerName } from '../../policy/names.js';
import type { Refusal } from '../../policy/refusal.js';
import type { EventActor } from './audit-actor.js';
import { isInScope } from './declaration-scope.js';
import type { DeclarationScope } from './declaration-scope.js';
import { authorityText, keyText, roleText } from './declaration-words.js';
import type { Declaration, Subject } from './declaration.js';
import type { DeclarationParts } from './declaration-parts.js';
import type { Customer, Key } from './records.js';

/** A declared row that no file declares any more. */
export interface StaleRow {
  readonly subject: Subject;
  /** What it says. */
  readonly before: string;
  /** Null: the customer added the key, so it stays and is theirs again. */
  readonly remove: (() => Refusal | object) | null;
}

type Row = Pick<Customer, 'declared'>;
type Remove = (editor: { readonly file: string }) => Refusal | object;

/** The rows that files of the scope declared and that are not declared any more. */
export class StaleRows {
  readonly #parts: DeclarationParts;
  readonly #wanted: Declaration;
  readonly #scope: DeclarationScope;
  readonly #actor: EventActor;
  readonly #found: StaleRow[] = [];
  /** How many rows of each kind the files of the scope declared. */
  readonly #totals = new Map<Subject['of'], number>();

  constructor(parts: DeclarationParts, wanted: Declaration, scope: DeclarationScope, actor: EventActor) {
    this.#parts = parts;
    this.#wanted = wanted;
    this.#scope = scope;
    this.#actor = actor;
    this.#customers();
    this.#parameters();
    this.#authorities();
  }

  get rows(): readonly StaleRow[] {
    return this.#found;
  }

  /** A sentence when more than a tenth of a kind would be removed: that is hardly ever meant. */
  get excess(): string | null {
    const counts = new Map<Subject['of'], number>();
    for (const { subject, remove } of this.#found)
      if (remove !== null) counts.set(subject.of, (counts.get(subject.of) ?? 0) + 1);
    const parts = [...counts].flatMap(([of, count]) => {
      const total = this.#totals.get(of) ?? 0;
      return count * 10 > total ? [`${count} of ${counted(total, `declared ${KINDS[of]}`)}`] : [];
    });
    if (parts.length === 0) return null;
    return `this would remove ${parts.join(', ')}, which is more than a tenth: look at it with --diff, and say --yes if it is meant`;
  }

  #customers(): void {
    const { customers, keys } = this.#parts;
    const wanted = new Map(this.#wanted.customers.map((one) => [one.customer, one]));
    const keysOf = new Map<CustomerName, Key[]>();
    for (const key of keys.all()) keysOf.set(key.customer, [...(keysOf.get(key.customer) ?? []), key]);
    for (const row of customers.list()) {
      const { name } = row;
      const one = wanted.get(name);
      const subject = { of: 'customer', customer: name } as const;
      const isLeaving = this.#look(row, subject, one !== undefined, name, (editor) =>
        customers.remove(name, this.#actor, editor),
      );
      // Keys and roles go with their customer.
      if (isLeaving) continue;
      const fingerprints = new Set(one?.keys.flatMap(({ own, fingerprint }) => (own ? [] : [fingerprint])));
      for (const key of keysOf.get(name) ?? []) this.#key(key, fingerprints.has(key.fingerprint));
      const domains = new Set(one?.roles.map(({ domain }) => domain));
      this.#roles(name, domains);
    }
  }

  #key(key: Key, isWanted: boolean): void {
    const { customer, fingerprint, own } = key;
    const subject = { of: 'key', customer, fingerprint } as const;
    const remove: Remove = (editor) =>
      this.#parts.keys.remove(customer, fingerprint, this.#actor, { allowLast: true }, editor);
    this.#look(key, subject, isWanted, keyText(key), own ? null : remove);
  }

  #roles(customer: CustomerName, wanted: ReadonlySet<string>): void {
    const { roles } = this.#parts;
    for (const role of roles.of(customer)) {
      const { domain } = role;
      const subject = { of: 'role', customer, domain } as const;
      this.#look(role, subject, wanted.has(domain), roleText(role), (editor) =>
        roles.remove(customer, domain, this.#actor, editor),
      );
    }
  }

  #parameters(): void {
    const { parameters } = this.#parts;
    const wanted = new Set(this.#wanted.parameters.map(({ domain, name }) => `${domain} ${name}`));
    for (const domain of parameters.domains())
      for (const row of parameters.of(domain)) {
        const { name, value } = row;
        const isWanted = wanted.has(`${domain} ${name}`);
        this.#look(row, { of: 'parameter', domain, name }, isWanted, value, (editor) =>
          parameters.unset(domain, [name], this.#actor, editor),
        );
      }
  }

  #authorities(): void {
    const { authorities } = this.#parts;
    const wanted = new Set(this.#wanted.authorities.map(({ name }) => name));
    for (const row of authorities.list()) {
      const { name } = row;
      this.#look(row, { of: 'authority', name }, wanted.has(name), authorityText(row), (editor) =>
        authorities.remove(name, this.#actor, editor),
      );
    }
  }

  /** @returns whether it is stale */
  #look(row: Row, subject: Subject, isWanted: boolean, before: string, remove: Remove | null): boolean {
    const { declared } = row;
    if (declared === null || !isInScope(this.#scope, declared, subject)) return false;
    this.#totals.set(subject.of, (this.#totals.get(subject.of) ?? 0) + 1);
    if (isWanted) return false;
    this.#found.push({
      subject,
      before,
      remove: remove === null ? null : () => remove({ file: declared }),
    });
    return true;
  }
}

const KINDS: Readonly<Record<Subject['of'], string>> = {
  customer: 'customer',
  key: 'key',
  role: 'role',
  parameter: 'parameter',
  authority: 'CA',
};
