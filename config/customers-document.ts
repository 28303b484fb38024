import { isParameterValue, PARAMETER_VALUE_WORDS } from '../policy/boot-parameter.js';
import type { AuthorityName, CustomerName, DomainName, ParameterName } from '../policy/names.js';
import {
  parseAuthorityName,
  parseCustomerName,
  parseDomainName,
  parseParameterName,
} from '../policy/names.js';
import { isRole, ROLES } from '../policy/roles.js';
import type { Role } from '../policy/roles.js';
import { schemaCheck } from '../policy/schema-check.js';
import type { DocumentPath } from '../policy/schema-fault.js';
import type { CustomersFile, KeyEntry, RoleEntry } from './customers-schema.js';
import { CUSTOMERS_SCHEMA } from './customers-schema.js';
import { exactTime, TIME_WORDS } from './exact-time.js';
import type { Problem } from './problem.js';
import { inOrder, ProblemReport } from './problem-report.js';
import { SourceText } from './source-text.js';
import { parseYaml } from './yaml-document.js';

/** The text of a file. `file` is its path, or a name for a text without one. */
export interface CustomersSource {
  readonly file: string;
  readonly text: string;
}

/** `at` is the number of the place, for `problem`. */
interface Entry {
  readonly file: string;
  readonly at: number;
}

export interface CustomerEntry extends Entry {
  readonly customer: CustomerName;
  readonly suspended: boolean;
  readonly keys: readonly {
    readonly key: string;
    readonly expires: string | null;
    readonly own: boolean;
    readonly at: number;
  }[];
  readonly roles: readonly {
    readonly domain: DomainName;
    readonly role: Role;
    readonly until: string | null;
    readonly at: number;
  }[];
}

export interface ParameterEntry extends Entry {
  readonly domain: DomainName;
  readonly name: ParameterName;
  readonly value: string;
}

export interface AuthorityEntry extends Entry {
  readonly name: AuthorityName;
  readonly key: string;
  readonly everybody: boolean;
  readonly customers: readonly CustomerName[];
  readonly groups: readonly string[];
}

/** All that sound files declare, or what is sound of others. Times are ISO 8601. Keys are not parsed. */
export interface DeclaredCustomers {
  readonly customers: readonly CustomerEntry[];
  readonly parameters: readonly ParameterEntry[];
  readonly authorities: readonly AuthorityEntry[];
  /** A problem at a place, for what only the gate knows. */
  problem(at: number, message: string): Problem;
}

export type ReadCustomers =
  | { readonly ok: true; readonly declared: DeclaredCustomers }
  | {
      readonly ok: false;
      readonly problems: readonly Problem[];
      /** Where only keys and CAs are of use: a customer or a CA may lack all else. */
      readonly sound: DeclaredCustomers;
    };

/** Reads files of declared customers, all problems at once. Never throws because of their content. */
export function readCustomers(sources: readonly CustomersSource[]): ReadCustomers {
  const problems: Problem[] = [];
  const reader = new CustomersReader();
  for (const { file, text } of sources) {
    const parsed = parseYaml(new SourceText(file, text));
    if (!parsed.ok) problems.push(...parsed.problems);
    else {
      const report = new ProblemReport(parsed.document);
      // An empty file declares nothing.
      if (parsed.document.value !== null) {
        report.faults(schemaCheck(CUSTOMERS_SCHEMA)(parsed.document.value));
        reader.read(report);
      }
      problems.push(...report.problems);
    }
  }
  if (problems.length === 0) return { ok: true, declared: reader };
  const files = sources.map(({ file }) => file);
  return { ok: false, problems: inOrder(problems, files), sound: reader };
}

class CustomersReader implements DeclaredCustomers {
  readonly customers: CustomerEntry[] = [];
  readonly parameters: ParameterEntry[] = [];
  readonly authorities: AuthorityEntry[] = [];
  readonly #places: (readonly [ProblemReport, DocumentPath])[] = [];
  /** Where each name was declared first. */
  readonly #first = new Map<string, string>();
  #report!: ProblemReport;

  read(report: ProblemReport): void {
    this.#report = report;
    const value = report.document.value as Partial<CustomersFile>;
    for (const name of this.#names(value.customers, ['customers']))
      this.#customer(name, value.customers?.[name] ?? null);
    for (const name of this.#names(value.domains, ['domains']))
      this.#parametersOf(name, value.domains?.[name]?.parameters ?? {});
    for (const name of this.#names(value.cas, ['cas'])) this.#authority(name, value.cas?.[name]);
    this.#keysOfUnsound(value);
  }

  problem(at: number, message: string): Problem {
    const [report, path] = this.#places[at] ?? [];
    if (report === undefined || path === undefined) throw new Error(`there is no place ${at}`);
    const { source } = report.document;
    const key = Number.isNaN(Number(path.at(-1))) ? 'key' : 'value';
    return source.problem(report.document.offset(path, key), message);
  }

  /** The names of a mapping whose entries have the shape of their type. */
  #names(mapping: unknown, path: DocumentPath): readonly string[] {
    return Object.keys(fieldsOf(mapping)).filter((name) => this.#report.sound([...path, name]));
  }

  /** Keys are looked at even where something else of their customer or CA is wrong: then all is told at once. */
  #keysOfUnsound({ customers, cas }: Partial<Record<keyof CustomersFile, unknown>>): void {
    const { file } = this.#report.document.source;
    for (const [name, customer, path, value] of this.#unsound(customers, 'customers', parseCustomerName)) {
      const { keys } = fieldsOf(value);
      const entries = (Array.isArray(keys) ? keys : []).flatMap((entry: unknown, index) => {
        const at = [...path, 'keys', String(index)];
        const key = typeof entry === 'string' ? entry : fieldsOf(entry)['key'];
        if (typeof key !== 'string' || !this.#report.soundWithin(at)) return [];
        return [{ key: key.trim(), expires: null, own: false, at: this.#at(at) }];
      });
      const entry = { customer, suspended: false, keys: entries, roles: [], file, at: this.#at(path) };
      if (!this.#first.has(`customer ${name}`)) this.customers.push(entry);
    }
    for (const [text, name, path, value] of this.#unsound(cas, 'cas', parseAuthorityName)) {
      const { key } = fieldsOf(value);
      const of = { everybody: false, customers: [], groups: [], file, at: this.#at(path) };
      if (
        typeof key === 'string' &&
        this.#report.soundWithin([...path, 'key']) &&
        !this.#first.has(`ca ${text}`)
      )
        this.authorities.push({ name, key: key.trim(), ...of });
    }
  }

  #unsound<Name>(
    mapping: unknown,
    of: 'customers' | 'cas',
    parse: (text: string) => Name | undefined,
  ): readonly (readonly [text: string, name: Name, path: DocumentPath, value: unknown])[] {
    return Object.entries(fieldsOf(mapping)).flatMap(([text, value]) => {
      const path = [of, text];
      const name = parse(text);
      return name === undefined || this.#report.sound(path) ? [] : [[text, name, path, value] as const];
    });
  }

  #at(path: DocumentPath): number {
    return this.#places.push([this.#report, path]) - 1;
  }

  #wrong(path: DocumentPath, message: string, expected: string | null = null): void {
    this.#report.error({ path, at: 'key', message, expected });
  }

  /** Whether nobody has declared it before, in this file or another. */
  #isFirst(what: string, name: string, path: DocumentPath): boolean {
    const { file, line } = this.#report.place(path, 'key');
    const first = this.#first.get(name);
    this.#first.set(name, first ?? `${file}:${line}`);
    if (first !== undefined) this.#wrong(path, `${what} is declared already, at ${first}.`);
    return first === undefined;
  }

  #customer(name: string, entry: CustomersFile['customers'][string]): void {
    const path = ['customers', name];
    const customer = parseCustomerName(name);
    if (customer === undefined) {
      this.#wrong(path, `\`${name}\` is a word of the commands, and no login.`);
      return;
    }
    if (!this.#isFirst(name, `customer ${name}`, path)) return;
    const { suspended = false, keys = [], roles = {} } = entry ?? {};
    this.customers.push({
      customer,
      suspended,
      keys: keys.map((key, index) => this.#key(key, [...path, 'keys', String(index)])),
      roles: Object.entries(roles).flatMap(([domain, role]) =>
        this.#role(domain, role, [...path, 'roles', domain]),
      ),
      file: this.#report.document.source.file,
      at: this.#at(path),
    });
  }

  #key(entry: KeyEntry, path: DocumentPath): CustomerEntry['keys'][number] {
    const { key, expires, own } =
      typeof entry === 'string' ? { key: entry, expires: null, own: false } : entry;
    const end = this.#time(expires, [...path, 'expires']);
    // A key in a block of YAML ends with a newline that its author does not mean.
    return { key: key.trim(), expires: end, own, at: this.#at(path) };
  }

  #role(name: string, entry: RoleEntry, path: DocumentPath): CustomerEntry['roles'] {
    const { role, until } = typeof entry === 'string' ? { role: entry, until: null } : entry;
    const domain = this.#domain(name, path);
    const end = this.#time(until, [...path, 'until']);
    if (!isRole(role)) {
      const at = typeof entry === 'string' ? path : [...path, 'role'];
      const more = { expected: `one of ${ROLES.join(', ')}`, word: role, candidates: ROLES };
      this.#report.error({ path: at, message: `\`${role.slice(0, 60)}\` is not a role.`, ...more });
      return [];
    }
    return domain === undefined ? [] : [{ domain, role, until: end, at: this.#at(path) }];
  }

  #domain(name: string, path: DocumentPath): DomainName | undefined {
    const domain = parseDomainName(name);
    if (domain === undefined)
      this.#wrong(path, `\`${name}\` cannot be a domain's name: it is a reserved word, or digits alone.`);
    return domain;
  }

  #parametersOf(name: string, values: Readonly<Record<string, string>>): void {
    const path = ['domains', name];
    const domain = this.#domain(name, path);
    if (domain === undefined || !this.#isFirst(name, `domain ${name}`, path)) return;
    for (const [key, value] of Object.entries(values)) {
      const at = [...path, 'parameters', key];
      const parameter = parseParameterName(key);
      if (parameter === undefined) this.#wrong(at, `\`${key}\` is built in, and cannot be set.`);
      else if (!isParameterValue(value))
        this.#report.error({ path: at, message: 'This cannot be a value.', expected: PARAMETER_VALUE_WORDS });
      else {
        const { file } = this.#report.document.source;
        this.parameters.push({ domain, name: parameter, value, file, at: this.#at(at) });
      }
    }
  }

  #authority(text: string, entry: CustomersFile['cas'][string] | undefined): void {
    const path = ['cas', text];
    const name = parseAuthorityName(text);
    if (name === undefined || entry === undefined || !this.#isFirst(`The CA ${text}`, `ca ${text}`, path))
      return;
    const { key, everybody, groups } = entry;
    const customers = entry.customers.flatMap((each, index) => {
      const customer = parseCustomerName(each);
      const at = [...path, 'customers', String(index)];
      if (customer === undefined)
        this.#report.error({ path: at, message: 'This is no login of a customer.' });
      return customer ?? [];
    });
    if (!everybody && entry.customers.length === 0 && groups.length === 0)
      this.#wrong(path, 'It speaks for nobody.', '`everybody: true`, or some `customers` or `groups`');
    const { file } = this.#report.document.source;
    this.authorities.push({ name, key: key.trim(), everybody, customers, groups, file, at: this.#at(path) });
  }

  #time(text: string | null, path: DocumentPath): string | null {
    const time = text === null ? null : exactTime(text);
    if (time === undefined)
      this.#report.error({ path, message: `"${text ?? ''}" is not a time.`, expected: TIME_WORDS });
    return time ?? null;
  }
}

/** Those of a mapping; none of anything else. */
function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}
