import type { CustomerName, DomainName, Fingerprint } from '../../../policy/names.js';
import { parseCustomerName } from '../../../policy/names.js';
import type { Account } from './accounts.js';
import type { CustomerFile, CustomerText } from './customer-file.js';
import { readCustomerFile } from './customer-file.js';
import type { Evidence, DomainRight } from './evidence.js';
import type { Finding, Findings } from './findings.js';
import { readKeyFile } from './key-file.js';
import type { FoundKey, KeyRules } from './key-file.js';
import type { Place } from './place.js';
import { placeText } from './place.js';

/** The admin's decisions about what the files leave open. */
export interface ImportChoices extends KeyRules {
  /** Believe what only a customer's own file says. */
  readonly trustAuthorizedKeys: boolean;
  /** Make one customer of an account even when its keys are for different domains. */
  readonly merge: boolean;
  /** Customer names to use instead of account names. */
  readonly renames: ReadonlyMap<string, string>;
  /** Appended to the name of an account that is also a domain's name; null for no suffix. */
  readonly suffix: string | null;
}

/** A customer to be created. */
export interface PlannedCustomer {
  readonly name: CustomerName;
  readonly account: string;
  readonly keys: readonly FoundKey[];
  readonly domains: ReadonlyMap<DomainName, DomainRight>;
}

/** A key with the domains that it reaches today. */
interface ReachingKey {
  readonly found: FoundKey;
  readonly reaches: ReadonlyMap<DomainName, DomainRight>;
}

/** UID_MIN of login.defs(5), as it was when `xm` was young. Accounts below it belong to the system. */
const LEAST_UID = 500;
const NO_SHELL = /\/(?:nologin|false)$/;

/**
 * Works out which accounts become customers, with which keys and domains. Everything that it cannot take over
 * becomes a finding.
 */
export class ImportPlan {
  readonly #evidence: Evidence;
  readonly #choices: ImportChoices;
  readonly #findings: Findings;

  constructor(evidence: Evidence, choices: ImportChoices, findings: Findings) {
    this.#evidence = evidence;
    this.#choices = choices;
    this.#findings = findings;
  }

  /** @param files the authorized_keys files that were found */
  make(files: readonly CustomerFile[]): readonly PlannedCustomer[] {
    this.#tellOfStrangers(files);
    const byAccount = new Map<string, CustomerFile[]>();
    for (const file of files) byAccount.set(file.account, [...(byAccount.get(file.account) ?? []), file]);
    const planned: PlannedCustomer[] = [];
    for (const account of this.#evidence.accounts.values()) {
      const granted = this.#evidence.of(account);
      const keys = this.#keysOf(account, byAccount.get(account.name) ?? [], granted);
      const name = keys.length === 0 ? undefined : this.#nameOf(account, keys[0]?.found.place);
      if (name === undefined) continue;
      const domains = new Map(keys.flatMap(({ reaches }) => [...reaches]));
      const found = new Map(keys.map((one) => [one.found.key.fingerprint, one.found]));
      planned.push({ name, account: account.name, keys: [...found.values()], domains });
    }
    const sound = this.#withoutSameNames(planned);
    this.#tellOfSharedKeys(sound);
    return sound;
  }

  #tellOfStrangers(files: readonly CustomerFile[]): void {
    for (const { account, path } of files) {
      if (!this.#evidence.accounts.has(account)) {
        this.#findings.left({ file: path, line: 1 }, 'there is no account of this name in /etc/passwd');
      }
    }
  }

  /** The keys of an account that reach domains; empty when the account becomes no customer. */
  #keysOf(
    account: Account,
    files: readonly CustomerFile[],
    granted: ReadonlyMap<DomainName, DomainRight>,
  ): readonly ReachingKey[] {
    if (account.uid === 0) return [];
    const told: Finding[] = [];
    const there = files.flatMap((file) => {
      const read = readCustomerFile(file, account);
      return read === null ? [] : [{ path: file.path, read }];
    });
    const reaching = there.flatMap(({ path, read }) =>
      this.#reachingKeys(path, read, account, granted, told),
    );
    const place = told[0]?.place ?? rightPlace(granted) ?? { file: files[0]?.path ?? '/etc/passwd', line: 1 };
    if (reaching.length === 0 && granted.size === 0 && !told.some(({ kind }) => kind === 'problem')) {
      for (const finding of told) this.#findings.left(finding.place, finding.sentence);
      if (told.length === 0 && there.length > 0) this.#tellNoCustomer(account, place);
      return [];
    }
    for (const { kind, place: at, sentence } of told) this.#findings[kind](at, sentence);
    const isNobody = there.length === 0 && (account.uid < LEAST_UID || NO_SHELL.test(account.shell));
    if (reaching.length === 0 && granted.size > 0 && !isNobody) {
      const domains = [...granted.keys()].join(', ');
      this.#findings.problem(
        rightPlace(granted) ?? place,
        `${account.name} may work on ${domains}, but has no key that can be taken over`,
      );
    }
    return this.#allAlike(account, reaching) ? reaching : [];
  }

  #reachingKeys(
    path: string,
    read: CustomerText | string,
    account: Account,
    granted: ReadonlyMap<DomainName, DomainRight>,
    told: Finding[],
  ): readonly ReachingKey[] {
    if (typeof read === 'string') {
      const kind = granted.size > 0 ? 'problem' : 'left';
      told.push({ kind, place: { file: path, line: 1 }, sentence: `${read}: import takes no key from it` });
      return [];
    }
    const { keys, refused } = readKeyFile(path, read.text, this.#choices);
    const believed = read.roots || this.#choices.trustAuthorizedKeys;
    const reaching: ReachingKey[] = [];
    for (const found of keys) {
      const reaches = this.#reach(found, account, granted, believed);
      if (typeof reaches === 'string') told.push({ kind: 'left', place: found.place, sentence: reaches });
      else if (reaches.size > 0) reaching.push({ found, reaches });
    }
    // An account without domains becomes no customer, so faults in its files do not stop the import.
    const concerns = granted.size > 0 || keys.some(({ command }) => command !== null);
    told.push(...refused.map((line) => (concerns ? line : { ...line, kind: 'left' as const })));
    return reaching;
  }

  /** @returns a sentence when the key is not to be taken over */
  #reach(
    { command, place }: FoundKey,
    account: Account,
    granted: ReadonlyMap<DomainName, DomainRight>,
    believed: boolean,
  ): ReadonlyMap<DomainName, DomainRight> | string {
    if (command === null) {
      if (granted.size === 0 || !NO_SHELL.test(account.shell)) return granted;
      return `this key has no forced command and ${account.name} has no shell, so it reaches nothing today`;
    }
    if (command.kind === 'own') return granted;
    const domain = this.#evidence.domains.find(command.word);
    if (domain === undefined) return 'no configuration file has the name in the forced command of this key';
    const right = granted.get(domain.name);
    if (right !== undefined) return new Map([[domain.name, right]]);
    if (believed) return new Map([[domain.name, { places: [place], verbs: new Set([command.verb]) }]]);
    return `only this file gives ${domain.name} to the key, and ${account.name} can write it; sudoers and xen_shell do not: not taken (--trust-authorized-keys takes it)`;
  }

  #tellNoCustomer(account: Account, place: Place): void {
    const everything = this.#evidence.everything(account);
    this.#findings.left(
      place,
      everything === null
        ? `no file gives ${account.name} a domain: no customer`
        : `${account.name} may do anything to any domain (${placeText(everything)}): an administrator, no customer`,
    );
  }

  /**
   * Whether all keys reach the same domains, or the admin chose to merge: as keys of one customer, each key
   * reaches every domain.
   */
  #allAlike(account: Account, keys: readonly ReachingKey[]): boolean {
    const [first, ...others] = keys;
    const other = others.find(({ reaches }) => listed(reaches) !== listed(first?.reaches ?? new Map()));
    if (first === undefined || other === undefined || this.#choices.merge) return true;
    this.#findings.problem(
      other.found.place,
      `this key of ${account.name} is for ${listed(other.reaches)}, and the key on line ${first.found.place.line} is for ${listed(first.reaches)}. As keys of one customer each would reach all. Say --merge if they are one person's`,
    );
    return false;
  }

  #nameOf(account: Account, place: Place | undefined): CustomerName | undefined {
    const at = place ?? { file: '/etc/passwd', line: 1 };
    const { renames, suffix } = this.#choices;
    const renamed = renames.get(account.name);
    const taken = this.#isDomain(account.name);
    const name = renamed ?? (taken && suffix !== null ? account.name + suffix : account.name);
    const parsed = parseCustomerName(name);
    if (parsed === undefined) {
      this.#findings.problem(
        at,
        `${JSON.stringify(name.slice(0, 64))} cannot be a customer's login (small letters, digits, _, . and -, at most 32): say --rename ${shellWord(account.name)}=OTHER`,
      );
      return undefined;
    }
    if (!this.#isDomain(parsed)) return parsed;
    this.#findings.problem(
      at,
      `${parsed} is a domain's name, so it cannot be a login as well. Say --rename ${parsed}=OTHER, or --suffix -c for all of these. \`ssh ${parsed}@…\` still works for the customer of the domain`,
    );
    return undefined;
  }

  #isDomain(name: string): boolean {
    return this.#evidence.domains.domains.some((domain) => domain.name === name);
  }

  #withoutSameNames(planned: readonly PlannedCustomer[]): readonly PlannedCustomer[] {
    return planned.filter(({ name, account, keys }) => {
      const other = planned.find((one) => one.name === name && one.account !== account);
      const place = keys[0]?.place;
      if (other === undefined || place === undefined) return true;
      this.#findings.problem(place, `${account} and ${other.account} would both become the customer ${name}`);
      return false;
    });
  }

  /**
   * Each of these customers gets the key: today it opens each of their accounts as well. Often it is an
   * administrator's.
   */
  #tellOfSharedKeys(planned: readonly PlannedCustomer[]): void {
    const holders = new Map<Fingerprint, CustomerName[]>();
    for (const { name, keys } of planned) {
      for (const { key, place } of keys) {
        const others = holders.get(key.fingerprint) ?? [];
        holders.set(key.fingerprint, [...others, name]);
        if (others[0] === undefined) continue;
        this.#findings.note(
          place,
          `${name} has the same key as ${others[0]} (${key.fingerprint}): each of them can log in with it`,
        );
      }
    }
  }
}

function rightPlace(granted: ReadonlyMap<DomainName, DomainRight>): Place | undefined {
  return [...granted.values()][0]?.places[0];
}

function listed(domains: ReadonlyMap<DomainName, DomainRight>): string {
  return [...domains.keys()].sort().join(', ');
}

function shellWord(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : 'NAME';
}
