import { shortList } from '../../policy/listing.js';
import type { CustomerName, DomainName } from '../../policy/names.js';
import { isRefusal } from '../../policy/refusal.js';
import type { Refusal } from '../../policy/refusal.js';
import type { EventActor } from './audit-event.js';
import { Sql } from './database.js';
import type { Database } from './database.js';
import type {
  Change,
  Declaration,
  DeclaredAuthority,
  DeclaredCustomer,
  DeclaredKey,
  DeclaredParameter,
  DeclaredRole,
  Note,
  Objection,
  Subject,
  Verb,
} from './declaration.js';
import { isInScope, isLimited } from './declaration-scope.js';
import type { DeclarationScope } from './declaration-scope.js';
import { authorityText, keyText, roleText, subjectText } from './declaration-words.js';
import type { DeclarationParts } from './declaration-parts.js';
import { HandRemovals } from './hand-removals.js';
import type { Customer, Key, RoleRow } from './records.js';
import { StaleRows } from './stale-rows.js';

export interface ApplyOptions {
  /** For the audit log. */
  readonly source: string;
  readonly scope: DeclarationScope;
  /** False: do it and roll it back, to see the result. */
  readonly write: boolean;
  /** Remove rows of the scope that no file declares any more. */
  readonly prune: boolean;
  /** Prune more than a tenth of a kind too. */
  readonly many: boolean;
  /** Change rows that hands or other files have, and give again what hands removed. */
  readonly take: boolean;
  /** How many keys a customer may have. */
  readonly maxKeys: (customer: CustomerName) => number;
}

export interface RunResult {
  readonly changes: readonly Change[];
  readonly notes: readonly Note[];
  readonly objections: readonly Objection[];
  /** Rows that no file declares any more and that were not pruned. */
  readonly stale: readonly string[];
  /** Set when too much would be pruned: a sentence. */
  readonly excess: string | null;
}

const OF_CUSTOMER = '(SELECT id FROM customer WHERE name = ?)';
const DECLARE = {
  customer: new Sql('UPDATE customer SET declared = ? WHERE name = ?'),
  key: new Sql(`UPDATE key SET declared = ? WHERE fingerprint = ? AND customer = ${OF_CUSTOMER}`),
  role: new Sql(`UPDATE role SET declared = ? WHERE domain = ? AND customer = ${OF_CUSTOMER}`),
  parameter: new Sql('UPDATE parameter SET declared = ? WHERE domain = ? AND name = ?'),
  authority: new Sql('UPDATE authority SET declared = ? WHERE name = ?'),
};

/** One application of a declaration, inside a transaction. */
export class DeclarationRun {
  readonly #database: Database;
  readonly #parts: DeclarationParts;
  readonly #wanted: Declaration;
  readonly #actor: EventActor;
  readonly #options: ApplyOptions;
  readonly #now: string;
  readonly #removals: HandRemovals;
  readonly #changes: Change[] = [];
  readonly #notes: Note[] = [];
  readonly #objections: Objection[] = [];
  readonly #stale: string[] = [];
  #excess: string | null = null;

  constructor(
    database: Database,
    parts: DeclarationParts,
    wanted: Declaration,
    actor: EventActor,
    options: ApplyOptions,
    now: Date,
  ) {
    this.#database = database;
    this.#parts = parts;
    this.#wanted = wanted;
    this.#actor = actor;
    this.#options = options;
    this.#now = now.toISOString();
    this.#removals = new HandRemovals(database);
  }

  /** Does it. Call it once. */
  result(): RunResult {
    // Before the rest, because a key or a name may have moved.
    this.#stales();
    for (const each of this.#wanted.customers) this.#customer(each);
    for (const each of this.#wanted.parameters) this.#parameter(each);
    for (const each of this.#wanted.authorities) this.#authority(each);
    return {
      changes: this.#changes,
      notes: this.#notes,
      objections: this.#objections,
      stale: this.#stale,
      excess: this.#excess,
    };
  }

  #customer(wanted: DeclaredCustomer): void {
    const { customers, roles } = this.#parts;
    const { customer: name, file, at } = wanted;
    const subject = { of: 'customer', customer: name } as const;
    const present = customers.find(name);
    if (present === undefined) {
      const gone = this.#options.take ? null : this.#removals.ofCustomer(name);
      if (gone !== null) {
        const how = gone.to === null ? 'removed' : `renamed to ${gone.to}`;
        this.#note(at, `${name} was ${how} by hand at ${gone.at}, so nothing of them is given again`, true);
        return;
      }
      if (!this.#did('add', subject, null, name, at, customers.add(name, this.#actor, { file }))) return;
    } else if (present.declared === null && isLimited(this.#options.scope)) {
      // Within limits nobody gets at what hands gave a customer: a new key would.
      const sentence = `${name} was made by hand: apply it once without --only-customers and --only-domains`;
      this.#objections.push({ at, sentence });
      return;
    } else this.#owns(subject, present.declared, file);
    const owner = this.#otherOwner(subject, present?.declared ?? null);
    this.#suspension(wanted, owner);
    const found = customers.find(name);
    if (found === undefined) return;
    const keys = new Map(this.#parts.keys.list(name).map((key) => [key.fingerprint, key]));
    for (const key of wanted.keys) this.#key(found, key, keys.get(key.fingerprint), file, owner);
    const held = new Map(roles.of(name).map((role) => [role.domain, role]));
    for (const role of wanted.roles) this.#role(found, role, held.get(role.domain), file, owner);
  }

  #suspension({ customer: name, suspended, file, at }: DeclaredCustomer, owner: string | null): void {
    const { customers } = this.#parts;
    const subject = { of: 'customer', customer: name } as const;
    const present = customers.find(name);
    const isSuspended = present !== undefined && present.suspendedAt !== null;
    if (suspended === isSuspended) return;
    if (isSuspended && present.suspendedBy === null)
      this.#note(at, `${name} is suspended by hand, and stays so (postern customer resume ${name})`);
    else if (owner !== null) this.#objectTo(subject, owner, at);
    else if (suspended)
      this.#did('suspend', subject, null, null, at, customers.suspend(name, null, this.#actor, { file }));
    else this.#did('resume', subject, null, null, at, customers.resume(name, this.#actor, { file }));
  }

  /** @param owner another file that declares the customer: then nothing of theirs is added here */
  #key(
    customer: Customer,
    wanted: DeclaredKey,
    present: Key | undefined,
    file: string,
    owner: string | null,
  ): void {
    const { keys } = this.#parts;
    const { fingerprint, own, expiresAt, at, ...material } = wanted;
    const { name } = customer;
    const subject = { of: 'key', customer: name, fingerprint } as const;
    const isOver = expiresAt !== null && expiresAt <= this.#now;
    if (present === undefined) {
      if (isOver) return;
      const gone = this.#options.take && !own ? null : this.#removals.ofKey(customer, fingerprint);
      if (gone !== null) {
        this.#note(
          at,
          `the key ${fingerprint} of ${name} was removed by hand at ${gone.at}, so it is not given again`,
          !own,
        );
        return;
      }
      if (owner !== null) {
        this.#objectTo({ of: 'customer', customer: name }, owner, at);
        return;
      }
      const editor = own ? { take: true } : { file };
      const row = { customer: name, fingerprint, expiresAt, own, ...material };
      const others = keys.holders(fingerprint).map((key) => key.customer);
      const added = keys.add(row, this.#actor, this.#options.maxKeys(name), editor);
      const isAdded = this.#did('add', subject, null, keyText(wanted), at, added);
      if (isAdded && others.length > 0)
        this.#note(at, `${name} has the same key as ${shortList(others)}: each can log in with it`);
      return;
    }
    if (own) return;
    if (present.expiresAt === expiresAt) {
      this.#owns(subject, present.declared, file);
      return;
    }
    if (!this.#mayChange(subject, present.declared, keyText(present), at)) return;
    const set = keys.setExpiry(name, fingerprint, expiresAt, this.#actor, { file });
    this.#did('change', subject, keyText(present), keyText(wanted), at, set);
  }

  #role(
    customer: Customer,
    wanted: DeclaredRole,
    found: RoleRow | undefined,
    file: string,
    owner: string | null,
  ): void {
    const { roles } = this.#parts;
    const { domain, role, until, at } = wanted;
    const { name } = customer;
    const subject = { of: 'role', customer: name, domain } as const;
    const isOver = until !== null && until <= this.#now;
    const present = found !== undefined && roles.isOver(found) ? undefined : found;
    if (present === undefined) {
      if (isOver) return;
      const gone = this.#options.take ? null : this.#removals.ofRole(customer, domain);
      if (gone !== null) {
        this.#note(
          at,
          `the role of ${name} on ${domain} was taken away by hand at ${gone.at}, so it is not given again`,
          true,
        );
        return;
      }
      if (owner !== null) {
        this.#objectTo({ of: 'customer', customer: name }, owner, at);
        return;
      }
      const added = roles.add(name, domain, role, this.#actor, until, { file });
      this.#did('add', subject, null, roleText(wanted), at, added);
      return;
    }
    if (!present.counts) {
      this.#note(at, retired(`the role of ${name}`, domain));
      return;
    }
    if (present.role === role && present.until === until) {
      this.#owns(subject, present.declared, file);
      return;
    }
    if (!this.#mayChange(subject, present.declared, roleText(present), at)) return;
    const before = roleText(present);
    if (isOver)
      this.#did('remove', subject, before, null, at, roles.remove(name, domain, this.#actor, { file }));
    else
      this.#did(
        'change',
        subject,
        before,
        roleText(wanted),
        at,
        roles.add(name, domain, role, this.#actor, until, { file }),
      );
  }

  #parameter({ domain, name, value, file, at }: DeclaredParameter): void {
    const { parameters } = this.#parts;
    const subject = { of: 'parameter', domain, name } as const;
    const present = parameters.of(domain).find((row) => row.name === name);
    if (present === undefined) {
      const gone = this.#options.take ? null : this.#removals.ofParameter(domain, name);
      if (gone !== null) {
        this.#note(at, `${name} of ${domain} was unset by hand at ${gone.at}, so it is not set again`, true);
        return;
      }
    } else {
      if (!present.counts) {
        this.#note(at, retired(name, domain));
        return;
      }
      if (present.value === value) {
        this.#owns(subject, present.declared, file);
        return;
      }
      if (!this.#mayChange(subject, present.declared, present.value, at)) return;
    }
    const set = parameters.set(domain, { [name]: value }, this.#actor, { file });
    this.#did(present === undefined ? 'add' : 'change', subject, present?.value ?? null, value, at, set);
  }

  #authority(wanted: DeclaredAuthority): void {
    const { authorities } = this.#parts;
    const { name, fingerprint, file, at } = wanted;
    const subject = { of: 'authority', name } as const;
    const present = authorities.list().find((one) => one.name === name);
    const isSame = present?.fingerprint === fingerprint && authorityText(present) === authorityText(wanted);
    if (present !== undefined && isSame) {
      this.#owns(subject, present.declared, file);
      return;
    }
    if (present !== undefined) {
      if (!this.#mayChange(subject, present.declared, authorityText(present), at)) return;
      const removed = authorities.remove(name, this.#actor, { file });
      if (isRefusal(removed)) {
        this.#object(at, removed);
        return;
      }
    } else {
      const gone = this.#options.take ? null : this.#removals.ofAuthority(fingerprint);
      if (gone !== null) {
        this.#note(at, `the CA ${name} was removed by hand at ${gone.at}, so it is not trusted again`, true);
        return;
      }
    }
    const before = present === undefined ? null : authorityText(present);
    const added = authorities.add(wanted, this.#actor, { file });
    this.#did(present === undefined ? 'add' : 'change', subject, before, authorityText(wanted), at, added);
  }

  /** Rows of the scope that no file declares any more. */
  #stales(): void {
    const { scope, prune, many } = this.#options;
    const stale = new StaleRows(this.#parts, this.#wanted, scope, this.#actor);
    if (!prune) {
      this.#stale.push(...stale.rows.map(({ subject }) => subjectText(subject)));
      return;
    }
    this.#excess = many ? null : stale.excess;
    for (const { subject, before, remove } of stale.rows) {
      if (remove !== null) this.#did('remove', subject, before, null, null, remove());
      else {
        this.#label(subject, null);
        this.#changes.push({ verb: 'release', subject, before, after: before });
      }
    }
  }

  /** Makes a row the file's that is as the file says, unless it is another file's. */
  #owns(subject: Subject, declared: string | null, file: string): void {
    if (declared === file || this.#otherOwner(subject, declared) !== null) return;
    this.#label(subject, file);
    const text = subjectText(subject);
    this.#changes.push({ verb: 'declare', subject, before: text, after: text });
  }

  /** Whether a row that is otherwise than the file says may be changed. */
  #mayChange(subject: Subject, declared: string | null, before: string, at: number): boolean {
    if (this.#options.take) return true;
    if (declared === null) {
      this.#note(at, `${subjectText(subject)} is by hand: ${before}, and stays so`, true);
      return false;
    }
    const owner = this.#otherOwner(subject, declared);
    if (owner !== null) this.#objectTo(subject, owner, at);
    return owner === null;
  }

  /** A file outside of the scope that declares the row; null: there is none, or it does not matter. */
  #otherOwner(subject: Subject, declared: string | null): string | null {
    const isOthers = declared !== null && !isInScope(this.#options.scope, declared, subject);
    return isOthers && !this.#options.take ? declared : null;
  }

  #objectTo(subject: Subject, owner: string, at: number): void {
    const sentence = `${subjectText(subject)} is declared by ${owner}: change it there, or say --take`;
    this.#objections.push({ at, sentence });
  }

  #label(subject: Subject, file: string | null): void {
    const database = this.#database;
    switch (subject.of) {
      case 'customer':
        database.run(DECLARE.customer, file, subject.customer);
        return;
      case 'key':
        database.run(DECLARE.key, file, subject.fingerprint, subject.customer);
        return;
      case 'role':
        database.run(DECLARE.role, file, subject.domain, subject.customer);
        return;
      case 'parameter':
        database.run(DECLARE.parameter, file, subject.domain, subject.name);
        return;
      case 'authority':
        database.run(DECLARE.authority, file, subject.name);
        return;
    }
  }

  /** @returns whether it was done */
  #did(
    verb: Verb,
    subject: Subject,
    before: string | null,
    after: string | null,
    at: number | null,
    answer: object | Refusal,
  ): boolean {
    if (isRefusal(answer)) {
      this.#object(at, answer);
      return false;
    }
    this.#changes.push({ verb, subject, before, after });
    return true;
  }

  #object(at: number | null, { message }: Refusal): void {
    this.#objections.push({ at, sentence: message });
  }

  /** @param isUpToTake whether `--take` does it nevertheless */
  #note(at: number, sentence: string, isUpToTake = false): void {
    this.#notes.push({ at, sentence: isUpToTake ? `${sentence} (--take does it)` : sentence });
  }
}

function retired(what: string, domain: DomainName): string {
  return `${what} on ${domain} is from before the name was given up, and does not count (postern domain adopt ${domain})`;
}
