import { open } from 'node:fs/promises';
import type { DomainName } from '../../policy/names.js';
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

interface ReadFile {
  readonly stamp: string;
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
    const file = await open(path, 'r').catch(() => undefined);
    if (file === undefined) return undefined;
    try {
      const seen = await file.stat();
      if (!seen.isFile()) return undefined;
      const stamp = [seen.dev, seen.ino, seen.mtimeMs, seen.ctimeMs, seen.size].join(' ');
      const known = this.#files.get(path);
      if (known?.stamp === stamp) return known;
      if (seen.size > SIZE_LIMIT) return { stamp, domain: `it is over ${SIZE_LIMIT} bytes` };
      if ((seen.mode & WRITABLE_BY_ALL) !== 0) return { stamp, domain: 'anybody can write to it' };
      return { stamp, domain: readDomainConfig(path, await file.readFile('utf8')) };
    } catch (error) {
      return { stamp: '', domain: error instanceof Error ? error.message : 'it cannot be read' };
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
    for (const [name, [first, ...others]] of holders) {
      if (first === undefined) continue;
      if (others.length === 0) byName.set(name, first);
      for (const one of others.length === 0 ? [] : [first, ...others]) {
        said.set(one.file, `more than one file has the name ${name}`);
      }
    }
    for (const [path, why] of said) {
      if (this.#said.get(path) !== why) this.#logger.warn({ file: path, why }, 'domain.unmanaged');
    }
    this.#said = said;
    this.#byName = byName;
  }
}
