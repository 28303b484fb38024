import { parseDomainName } from '../../policy/names.js';
import type { DomainName } from '../../policy/names.js';
import { readDomainConfig } from '../../server/dom0/config/domain-config.js';
import type { DomainConfig } from '../../server/dom0/config/domain-config.js';
import type { ConfigPlace } from '../../server/dom0/config/config-absences.js';
import type { NameSource } from '../../server/dom0/observation/known-names.js';
import type { MissingReason } from '../../server/wire/domain.js';

/** A domain of the model. */
export interface DomainKind {
  readonly name: DomainName;
  readonly text: string;
  readonly autostarts: boolean;
}

const FIXED_UUID = '0f3b11a2-0000-4000-8000-0123456789ab';

/** Whether a UUID stands in a configuration file: then each create uses it again. */
export function isFixed(uuid: string): boolean {
  return uuid === FIXED_UUID;
}

const kind = (name: string, disk: string, more: string, autostarts: boolean): DomainKind => ({
  name: parseDomainName(name)!,
  text: `name = "${name}"\nmemory = 128\nkernel = "/k"\nextra = "console=hvc0"\ndisk = [ "phy:/dev/shared/${disk},xvda,w" ]\n${more}`,
  autostarts,
});

/** Horatio starts with the host. Ophelia's file has a UUID. Yorick uses horatio's disk. */
export const KINDS: readonly DomainKind[] = [
  kind('horatio', 'one', '', true),
  kind('ophelia', 'two', `uuid = "${FIXED_UUID}"\non_crash = "restart"\n`, false),
  kind('yorick', 'one', '', false),
];

const PARSED: readonly DomainConfig[] = KINDS.map(({ name, text }) => {
  const config = readDomainConfig(`/etc/xen/${name}.cfg`, text);
  if (typeof config === 'string') throw new Error(config);
  return config;
});

/** The present configuration files of a host. */
export class ModelConfigs implements NameSource {
  readonly #files = new Map<DomainName, DomainConfig>(PARSED.map((config) => [config.name, config]));
  #seen: ReadonlyMap<DomainName, DomainConfig> = new Map();
  #isMounted = true;
  #asked = 0;

  /**
   * A reader for another host or another run of the half: the same files, but its own memory of what it saw.
   */
  reader(): ModelConfigs {
    const reader = new ModelConfigs();
    reader.#share(this);
    return reader;
  }

  has(name: DomainName): boolean {
    return this.#files.has(name);
  }

  file(path: string): DomainConfig | undefined {
    if (!this.#isMounted) return undefined;
    return [...this.#files.values()].find((config) => config.file === path);
  }

  remove(name: DomainName): void {
    this.#files.delete(name);
  }

  restore(name: DomainName): void {
    const config = PARSED.find((each) => each.name === name);
    if (config !== undefined) this.#files.set(name, config);
  }

  /** Mounts or unmounts the file system of the files. */
  mount(isMounted: boolean): void {
    this.#isMounted = isMounted;
  }

  /** Another one each time: it is for the half to find what has changed. */
  get revision(): number {
    this.#asked += 1;
    return this.#asked;
  }

  scanInTurn(): Promise<void> {
    return this.scan();
  }

  scan(): Promise<void> {
    const { files, isMounted } = this.#source.#present;
    this.#seen = isMounted ? new Map(files) : new Map();
    return Promise.resolve();
  }

  settled(): Promise<void> {
    return Promise.resolve();
  }

  find(name: DomainName): DomainConfig | undefined {
    return this.#seen.get(name);
  }

  list(): readonly DomainConfig[] {
    return [...this.#seen.values()];
  }

  /** In the model no file is broken, and no domain has two files. */
  kept(): readonly DomainConfig[] {
    return [];
  }

  fault(): null {
    return null;
  }

  note(): undefined {
    return undefined;
  }

  placeOf(name: DomainName): ConfigPlace | undefined {
    const config = this.#seen.get(name);
    return config === undefined ? undefined : { file: config.file, device: 1 };
  }

  missing(): Promise<MissingReason | null> {
    return Promise.resolve(this.#source.#isMounted ? null : 'device');
  }

  get #present(): { readonly files: ReadonlyMap<DomainName, DomainConfig>; readonly isMounted: boolean } {
    return { files: this.#files, isMounted: this.#isMounted };
  }

  #source: ModelConfigs = this;

  #share(source: ModelConfigs): void {
    this.#source = source;
  }
}
