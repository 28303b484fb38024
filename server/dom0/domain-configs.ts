import { lstat, open, readdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DomainName } from '../../policy/names.js';
import type { MissingReason } from '../wire/domain.js';
import { readDomainConfig } from './domain-config.js';
import type { DomainConfig } from './domain-config.js';
import { glob } from './glob.js';
import type { Logger } from './logger.js';

const SIZE_LIMIT = 256 * 1024;
const WRITABLE_BY_ALL = 0o002;

export interface DomainConfigsSettings {
  /** Globs of absolute paths. */
  readonly domains: readonly string[];
  /** Names that are never managed. */
  readonly unmanaged: readonly string[];
}

/** Where a domain's configuration was seen. */
export interface ConfigPlace {
  readonly file: string;
  /** Of the directory that it lies in: st_dev. */
  readonly device: number;
}

interface ReadFile {
  readonly stamp: string;
  readonly device: number;
  /** The domain, or why there is none. */
  readonly domain: DomainConfig | string;
}

/**
 * The domains that are managed, found from the configuration files that already exist. Files are read again when they
 * change. A name that stands in two files is not managed: which of them is meant cannot be known.
 */
export class DomainConfigs {
  readonly #settings: DomainConfigsSettings;
  readonly #logger: Logger;
  #files = new Map<string, ReadFile>();
  #byName = new Map<DomainName, DomainConfig>();
  /** The names that stand in several files. */
  #twice: ReadonlySet<DomainName> = new Set();
  /** What was said of each path, so that it is said once. */
  #said = new Map<string, string>();

  constructor(settings: DomainConfigsSettings, logger: Logger) {
    this.#settings = settings;
    this.#logger = logger;
  }

  find(name: DomainName): DomainConfig | undefined {
    return this.#byName.get(name);
  }

  list(): readonly DomainConfig[] {
    return [...this.#byName.values()];
  }

  /** @returns undefined when it has no file now, or more than one */
  placeOf(name: DomainName): ConfigPlace | undefined {
    const file = this.#byName.get(name)?.file;
    const read = file === undefined ? undefined : this.#files.get(file);
    return file === undefined || read === undefined ? undefined : { file, device: read.device };
  }

  /**
   * Why a name that had its configuration in this place has none that can be used. An error is not an absence: only a file that is not where
   * it was, on the same file system, in a directory that still has others, is gone.
   *
   * @returns null when it is gone: removed, renamed, or another domain's by now
   */
  async missing(name: DomainName, { file, device }: ConfigPlace): Promise<MissingReason | null> {
    if (this.#settings.unmanaged.includes(name)) return null;
    if (this.#twice.has(name)) return 'twice';
    const read = this.#files.get(file);
    if (read !== undefined) return typeof read.domain === 'string' ? 'unusable' : null;
    const there = await lstat(file).then(
      (seen) => (seen.isFile() ? 'unmatched' : 'unreadable'),
      (error: unknown) => (isAbsent(error) ? null : 'unreadable'),
    );
    return there ?? this.#emptied(dirname(file), device);
  }

  /** Whether a directory lacks more than one file. One that has gone itself is judged by the one above it. */
  async #emptied(directory: string, device: number): Promise<MissingReason | null> {
    try {
      await readdir(directory);
      if ((await stat(directory)).dev !== device) return 'device';
    } catch (error) {
      const above = dirname(directory);
      return isAbsent(error) && this.#holdsDirectories(above) ? this.#emptied(above, device) : 'directory';
    }
    const inside = `${directory}/`;
    const others = [...this.#files].some(
      ([path, { domain }]) => path.startsWith(inside) && typeof domain !== 'string',
    );
    return others ? null : 'empty';
  }

  /** Whether a glob looks for directories in this one, so that one of them may go with its domain. */
  #holdsDirectories(directory: string): boolean {
    return this.#settings.domains.some((pattern) => {
      const fixed = pattern.slice(0, pattern.search(/[*?]/));
      return fixed.includes('/') && `${directory}/`.startsWith(fixed.slice(0, fixed.lastIndexOf('/') + 1));
    });
  }

  /** Looks at the files again. Faults of single files are logged, once. */
  async scan(): Promise<void> {
    const paths = [...new Set((await Promise.all(this.#settings.domains.map(glob))).flat())];
    const files = new Map<string, ReadFile>();
    for (const path of paths) {
      const read = await this.#read(path);
      if (read !== undefined) files.set(path, read);
    }
    this.#files = files;
    this.#settle();
  }

  async #read(path: string): Promise<ReadFile | undefined> {
    const file = await open(path, 'r').catch((error: unknown) => (isAbsent(error) ? undefined : null));
    if (file === undefined) return undefined;
    // Its message would name the path only once more.
    if (file === null) return { stamp: '', device: 0, domain: 'it cannot be opened' };
    let device = 0;
    try {
      device = (await stat(dirname(path))).dev;
      const seen = await file.stat();
      if (!seen.isFile()) return undefined;
      const stamp = [seen.dev, seen.ino, seen.mtimeMs, seen.ctimeMs, seen.size].join(' ');
      const known = this.#files.get(path);
      if (known?.stamp === stamp && known.device === device) return known;
      if (seen.size > SIZE_LIMIT) return { stamp, device, domain: `it is over ${SIZE_LIMIT} bytes` };
      if ((seen.mode & WRITABLE_BY_ALL) !== 0) return { stamp, device, domain: 'anybody can write to it' };
      return { stamp, device, domain: readDomainConfig(path, await file.readFile('utf8')) };
    } catch (error) {
      return { stamp: '', device, domain: error instanceof Error ? error.message : 'it cannot be read' };
    } finally {
      await file.close();
    }
  }

  #settle(): void {
    const said = new Map<string, string>();
    const holders = new Map<DomainName, DomainConfig[]>();
    for (const [path, { domain }] of this.#files) {
      if (typeof domain === 'string') said.set(path, domain);
      else if (this.#settings.unmanaged.includes(domain.name)) continue;
      else holders.set(domain.name, [...(holders.get(domain.name) ?? []), domain]);
    }
    const byName = new Map<DomainName, DomainConfig>();
    const twice = new Set<DomainName>();
    for (const [name, [first, ...others]] of holders) {
      if (first === undefined) continue;
      if (others.length === 0) byName.set(name, first);
      else twice.add(name);
      for (const one of others.length === 0 ? [] : [first, ...others]) {
        said.set(one.file, `more than one file has the name ${name}`);
      }
    }
    for (const [path, why] of said) {
      if (this.#said.get(path) !== why) this.#logger.warn({ file: path, why }, 'domain.unmanaged');
    }
    this.#said = said;
    this.#byName = byName;
    this.#twice = twice;
  }
}

/** There is no such file, said for certain. */
function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
