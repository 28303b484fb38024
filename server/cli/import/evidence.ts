import { readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { reason } from '../../wire/reason.js';
import type { DomainName } from '../../../policy/names.js';
import type { RootDirectory } from '../command/root-directory.js';
import { readAccounts } from './accounts.js';
import type { Account } from './accounts.js';
import { readAdminFile } from './admin-file.js';
import { isXenShell } from './console-command.js';
import type { ConfiguredDomain, DomainFiles } from './domain-files.js';
import type { Findings } from './findings.js';
import type { Place } from './place.js';
import { SudoPolicy } from './sudo-rights.js';
import { parseSudoersLine } from './sudoers-line.js';
import type { SudoersLine } from './sudoers-line.js';
import { logicalLines } from './sudoers-text.js';

const PASSWD = '/etc/passwd';
const GROUP = '/etc/group';
const HOSTNAME = '/etc/hostname';
const MOST_INCLUDES = 128;

/** An account's right to work on a domain: what it may do, and where that is written. */
export interface DomainRight {
  readonly places: readonly Place[];
  readonly verbs: ReadonlySet<string>;
}

/** Who may do what, by the files that only administrators can write. */
export class Evidence {
  readonly accounts: ReadonlyMap<string, Account>;
  readonly domains: DomainFiles;
  readonly #sudo: SudoPolicy;
  readonly #findings: Findings;
  readonly #shells: readonly string[];

  /** Use `read`. */
  constructor(
    accounts: ReadonlyMap<string, Account>,
    domains: DomainFiles,
    sudo: SudoPolicy,
    findings: Findings,
    shells: readonly string[],
  ) {
    this.accounts = accounts;
    this.domains = domains;
    this.#sudo = sudo;
    this.#findings = findings;
    this.#shells = shells;
  }

  /**
   * @param sudoers path of the file; null to ignore sudo
   * @param shells login shells, by path or name, that open the console of the domain named like the account
   */
  static read(
    root: RootDirectory,
    domains: DomainFiles,
    sudoers: string | null,
    menus: readonly string[],
    findings: Findings,
    shells: readonly string[] = [],
  ): Evidence {
    const accounts = readAccounts(textOf(root, PASSWD, findings), textOf(root, GROUP, findings));
    const host = readAdminFile(root, HOSTNAME);
    const lines = sudoers === null ? [] : new SudoersReader(root, findings).read(sudoers);
    const name = typeof host === 'string' ? '' : host.text.trim();
    const evidence = new Evidence(accounts, domains, new SudoPolicy(lines, name, menus), findings, shells);
    evidence.#tellOfXenShell();
    return evidence;
  }

  /** The domains that an account may work on. */
  of(account: Account): ReadonlyMap<DomainName, DomainRight> {
    const rights = new Map<DomainName, { places: Place[]; verbs: Set<string> }>();
    const give = ({ name }: ConfiguredDomain, verb: string, place: Place): void => {
      const right = rights.get(name) ?? { places: [], verbs: new Set() };
      rights.set(name, right);
      right.verbs.add(verb);
      if (!right.places.some(({ file, line }) => file === place.file && line === place.line)) {
        right.places.push(place);
      }
    };
    const login = account.name.toLowerCase();
    for (const domain of this.domains.domains) {
      if (domain.usersPlace !== null && domain.users.includes(login))
        give(domain, 'xen-shell', domain.usersPlace);
      // xen-shell's other way: the account has the domain's name.
      if (this.#isConsole(account.shell) && domain.name.toLowerCase() === login)
        give(domain, isXenShell(account.shell) ? 'xen-shell' : basename(account.shell), domain.place);
    }
    for (const { word, verb, place } of this.#sudo.of(account).named) {
      const domain = this.domains.find(word);
      if (domain === undefined) {
        this.#findings.left(
          place,
          `${account.name} may ${verb} ${word}, but no configuration file has that name`,
        );
      } else give(domain, verb, place);
    }
    return rights;
  }

  /** Whether this login shell opens the console of the domain named like the account. */
  #isConsole(shell: string): boolean {
    return isXenShell(shell) || this.#shells.some((one) => one === shell || one === basename(shell));
  }

  /**
   * Where it is written that an account may do anything to any domain, as administrators may; null when
   * nowhere.
   */
  everything(account: Account): Place | null {
    return this.#sudo.of(account).every;
  }

  #tellOfXenShell(): void {
    for (const { name, users, usersPlace, blacklistPlace } of this.domains.domains) {
      const logins = new Set([...this.accounts.keys()].map((login) => login.toLowerCase()));
      for (const user of usersPlace === null ? [] : users.filter((one) => !logins.has(one))) {
        this.#findings.left(
          usersPlace ?? { file: PASSWD, line: 1 },
          `xen_shell names ${user}, but there is no such account`,
        );
      }
      if (blacklistPlace !== null) {
        this.#findings.left(
          blacklistPlace,
          `xen_shell_blacklist of ${name} is not taken over: a rule of the policy can deny the same`,
        );
      }
    }
  }
}

function textOf(root: RootDirectory, path: string, findings: Findings): string {
  const read = readAdminFile(root, path);
  if (typeof read !== 'string') return read.text;
  findings.problem({ file: path, line: 1 }, read);
  return '';
}

/** Reads a sudoers file together with the files that it includes. */
class SudoersReader {
  readonly #root: RootDirectory;
  readonly #findings: Findings;
  #includes = 0;

  constructor(root: RootDirectory, findings: Findings) {
    this.#root = root;
    this.#findings = findings;
  }

  read(path: string): readonly SudoersLine[] {
    const read = readAdminFile(this.#root, path);
    if (typeof read === 'string') {
      this.#findings.problem({ file: path, line: 1 }, read);
      return [];
    }
    return logicalLines(read.text).flatMap(({ text, line }): readonly SudoersLine[] => {
      const place = { file: path, line };
      const parsed = parseSudoersLine(text, place);
      if (typeof parsed === 'string') {
        this.#findings.left(place, parsed);
        return [];
      }
      return parsed.kind === 'include' ? this.#include(parsed.path, parsed.directory, path, place) : [parsed];
    });
  }

  #include(named: string, directory: boolean, from: string, place: Place): readonly SudoersLine[] {
    const path = resolve(dirname(from), named);
    this.#includes += 1;
    if (this.#includes > MOST_INCLUDES) {
      this.#findings.problem(place, `more than ${MOST_INCLUDES} files are included: perhaps in a circle`);
      return [];
    }
    return directory ? this.#files(path, place).flatMap((file) => this.read(file)) : this.read(path);
  }

  /** Leaves out the files that sudo ignores: names with a dot, or with `~` at the end. */
  #files(directory: string, place: Place): readonly string[] {
    try {
      return readdirSync(this.#root.at(directory))
        .filter((name) => !name.includes('.') && !name.endsWith('~'))
        .sort()
        .map((name) => join(directory, name));
    } catch (error) {
      this.#findings.left(place, `${directory} cannot be read: ${reason(error)}`);
      return [];
    }
  }
}
