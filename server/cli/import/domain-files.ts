import { readdirSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { reason } from '../../wire/reason.js';
import type { DomainName } from '../../../policy/names.js';
import { parseConfigText } from '../../dom0/config/domain-config-text.js';
import { NAME_NOT_UNDERSTOOD, readDomainConfig } from '../../dom0/config/domain-config.js';
import type { RootDirectory } from '../command/root-directory.js';
import { readAdminFile } from './admin-file.js';
import type { Place } from './place.js';

/** A domain, with the accounts that xen-shell allows to work on it. */
export interface ConfiguredDomain {
  readonly name: DomainName;
  readonly place: Place;
  /** In lower case, as xen-shell compares them. */
  readonly users: readonly string[];
  readonly usersPlace: Place | null;
  /** Where the configuration bars these accounts from some commands; null when it does not. */
  readonly blacklistPlace: Place | null;
}

const LEFTOVER = /(?:^[.#]|~$|\.(?:bak|orig|old|save|swp|dpkg-\w+|rpmsave|rpmnew)$)/;

/** The domains of a host, as its configuration files define them. */
export class DomainFiles {
  readonly domains: readonly ConfiguredDomain[];
  readonly #byFile: ReadonlyMap<string, ConfiguredDomain>;
  readonly #byName: ReadonlyMap<string, ConfiguredDomain>;

  /** Use `read`. */
  constructor(domains: readonly ConfiguredDomain[]) {
    this.domains = domains;
    this.#byName = new Map(domains.map((domain) => [domain.name, domain]));
    this.#byFile = new Map(domains.map((domain) => [domain.place.file, domain]));
  }

  /**
   * Reads the files of a directory such as /etc/xen, and of its `auto` directory. A file that is linked there
   * counts once. Files that are no domain's configuration are skipped.
   *
   * @param told is called for each file that cannot be used
   * @returns a sentence when there is no such directory
   */
  static read(
    root: RootDirectory,
    directory: string,
    told: (place: Place, sentence: string) => void,
  ): DomainFiles | string {
    const found: ConfiguredDomain[] = [];
    const seen = new Set<string>();
    for (const one of [directory, join(directory, 'auto')]) {
      let names: string[];
      try {
        names = readdirSync(root.at(one)).sort();
      } catch (error) {
        if (one === directory) return `${directory} cannot be read: ${reason(error)}`;
        continue;
      }
      for (const name of names.filter((text) => !LEFTOVER.test(text))) {
        const file = join(one, name);
        const domain = readOne(root, file, seen, told);
        if (domain !== undefined) found.push(domain);
      }
    }
    return new DomainFiles(unique(found, told));
  }

  /** Finds a domain by its name, or by its configuration file as `xm create` finds it. */
  find(word: string): ConfiguredDomain | undefined {
    const byName = this.#byName.get(word);
    if (byName !== undefined) return byName;
    if (word.startsWith('/')) return this.#byFile.get(word);
    return this.domains.find(({ place }) => [word, `${word}.cfg`].includes(basename(place.file)));
  }
}

function readOne(
  root: RootDirectory,
  file: string,
  seen: Set<string>,
  told: (place: Place, sentence: string) => void,
): ConfiguredDomain | undefined {
  const real = realOf(root.at(file));
  if (real === undefined || seen.has(real)) return undefined;
  seen.add(real);
  const read = readAdminFile(root, file);
  if (typeof read === 'string') {
    if (!read.endsWith('is not a regular file')) told({ file, line: 1 }, read);
    return undefined;
  }
  const config = readDomainConfig(file, read.text);
  if (config === NAME_NOT_UNDERSTOOD) told({ file, line: 1 }, `${config}: the file is left out`);
  if (typeof config === 'string') return undefined;
  const lineAt = (offset: number): number => read.text.slice(0, offset).split('\n').length;
  const statements = parseConfigText(read.text);
  const placeOf = (key: string): Place | null => {
    const statement = statements.findLast((one) => one.key === key);
    return statement === undefined ? null : { file, line: lineAt(statement.start) };
  };
  const users = statements.findLast(({ key }) => key === 'xen_shell')?.value;
  const usersPlace = placeOf('xen_shell');
  if (users === null)
    told(
      usersPlace ?? { file, line: 1 },
      `xen_shell of ${config.name} is an expression: import takes no customer from it`,
    );
  return {
    name: config.name,
    place: { file, line: 1 },
    users: [users ?? '']
      .flat()
      .join(',')
      .toLowerCase()
      .split(',')
      .map((user) => user.trim())
      .filter((user) => user !== ''),
    usersPlace,
    blacklistPlace: placeOf('xen_shell_blacklist'),
  };
}

function realOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/**
 * Drops a name that two files define: the import cannot know which one is meant, and Postern does not manage
 * it.
 */
function unique(
  found: readonly ConfiguredDomain[],
  told: (place: Place, sentence: string) => void,
): readonly ConfiguredDomain[] {
  return found.filter(({ name, place }) => {
    const other = found.find((one) => one.name === name && one.place.file !== place.file);
    if (other !== undefined)
      told(place, `${other.place.file} has the name ${name} too, so Postern manages neither`);
    return other === undefined;
  });
}
