import { randomUUID } from 'node:crypto';
import { parseDomainName } from '../../policy/names.js';
import type { DomainName } from '../../policy/names.js';
import { refusal } from '../../policy/refusal.js';
import type { Refusal } from '../../policy/refusal.js';
import { dryRunLikeXl } from './dry-run-like-xl.js';
import type {
  Call,
  ConsoleCommand,
  Creation,
  DryRun,
  GuestFacts,
  ListedDomain,
  LongDomain,
  Target,
  Toolstack,
} from '../../server/dom0/toolstack/toolstack.js';

type Verb = 'create' | 'unpause' | 'shutdown' | 'reboot' | 'destroy' | 'sysrq';

/** A toolstack in this process. The test sets the domains, and decides what each verb does. */
export class FakeToolstack implements Toolstack {
  readonly takesOverrides = true;
  readonly runsConfigs = false;
  dryRuns = 0;
  /** Seconds that each domain has existed, by domid. */
  readonly upFor = new Map<number, number>();
  readonly domains = new Map<string, ListedDomain>();
  readonly long = new Map<string, LongDomain['boot']>();
  /** What the long listing says of domains that are not PV. */
  readonly guests = new Map<string, GuestFacts>();
  /** Every verb that ran, as `verb name`. */
  readonly calls: string[] = [];
  readonly creations: Creation[] = [];
  listings = 0;
  /** When set, every listing is refused with it. */
  silence: Refusal | null = null;
  /** Replaces what a verb does; it may change the domains. */
  readonly on = new Map<Verb, (name: DomainName, call: Call) => Promise<Refusal | null>>();
  #lastDomid = 0;
  /** The UUID that a running create gives its domain, by name. */
  readonly #given = new Map<string, string>();

  /** Adds a domain to the listing. */
  put(name: string, more: Partial<Omit<ListedDomain, 'name'>> = {}): ListedDomain {
    const parsed = parseDomainName(name);
    if (parsed === undefined) throw new Error(`${name} is no name`);
    this.#lastDomid += 1;
    const domain: ListedDomain = {
      name: parsed,
      domid: this.#lastDomid,
      memoryMiB: 128,
      vcpus: 1,
      flags: { paused: false, shutdown: null, dying: false },
      cpuSeconds: 3.6,
      uuid: this.#given.get(name) ?? randomUUID(),
      ...more,
    };
    this.domains.set(name, domain);
    return domain;
  }

  list(): Promise<readonly ListedDomain[] | Refusal> {
    this.listings += 1;
    return Promise.resolve(this.silence ?? [...this.domains.values()]);
  }

  domid(name: DomainName): Promise<number | null | Refusal> {
    return Promise.resolve(this.domains.get(name)?.domid ?? null);
  }

  /** As xl reads it. */
  async dryRun(creation: Pick<Creation, 'config' | 'overrides'>): Promise<DryRun> {
    this.dryRuns += 1;
    return dryRunLikeXl(creation);
  }

  uptimes(): Promise<ReadonlyMap<number, number> | Refusal> {
    return Promise.resolve(this.silence ?? this.upFor);
  }

  async longList(name: DomainName): Promise<LongDomain | null | Refusal> {
    const all = await this.longListAll();
    return Array.isArray(all)
      ? ((all as readonly LongDomain[]).find((each) => each.name === name) ?? null)
      : null;
  }

  longListAll(): Promise<readonly LongDomain[] | Refusal> {
    const none = { kernel: null, ramdisk: null, cmdline: null, bootloader: null, disks: [] };
    const all = [...this.domains.values()].map(({ name, domid }) => ({
      name,
      domid,
      guest: this.guests.get(name) ?? { type: 'pv' as const, textConsole: true },
      boot: this.long.get(name) ?? none,
    }));
    return Promise.resolve(all);
  }

  create(creation: Creation, call: Call): Promise<Refusal | null> {
    const name = parseDomainName(/([^/]+)\.cfg$/.exec(creation.config)?.[1] ?? '');
    this.creations.push(creation);
    if (name === undefined) throw new Error(`${creation.config} is not NAME.cfg`);
    const { uuid = null } = creation;
    if (uuid !== null) this.#given.set(name, uuid);
    const created = this.#do('create', name, call, () => {
      this.put(name, { cpuSeconds: 0, flags: { paused: creation.paused, shutdown: null, dying: false } });
    });
    return created.then((refused) => {
      this.#given.delete(name);
      // A domain that already had the name was not made by this create.
      if (refused?.detail.includes('already exists') === true) this.change(name, { uuid: randomUUID() });
      return refused;
    });
  }

  unpause({ name }: Target, call: Call): Promise<Refusal | null> {
    return this.#do('unpause', name, call, () => {
      this.change(name, { flags: { paused: false, shutdown: null, dying: false }, cpuSeconds: 0.5 });
    });
  }

  shutdown({ name }: Target, call: Call): Promise<Refusal | null> {
    return this.#do('shutdown', name, call, () => {
      this.domains.delete(name);
    });
  }

  reboot({ name }: Target, call: Call): Promise<Refusal | null> {
    return this.#do('reboot', name, call, () => {
      this.put(name);
    });
  }

  destroy({ name, domid }: Target, call: Call): Promise<Refusal | null> {
    const is = this.domains.get(name)?.domid;
    if (is !== domid) return Promise.resolve(refusal('undone', 'Changed.', `${name} is ${is ?? 'gone'}`));
    return this.#do('destroy', name, call, () => {
      this.domains.delete(name);
    });
  }

  sysrq({ name }: Target, key: string, call: Call): Promise<Refusal | null> {
    return this.#do('sysrq', name, call, () => {
      this.calls.push(`key ${key}`);
    });
  }

  consoleCommand(domid: number): ConsoleCommand {
    return { file: '/bin/false', args: [String(domid)], environment: {} };
  }

  change(name: string, more: Partial<ListedDomain>): void {
    const domain = this.domains.get(name);
    if (domain !== undefined) this.domains.set(name, { ...domain, ...more });
  }

  async #do(verb: Verb, name: DomainName, call: Call, otherwise: () => void): Promise<Refusal | null> {
    this.calls.push(`${verb} ${name}`);
    const special = this.on.get(verb);
    if (special !== undefined) return special(name, call);
    await Promise.resolve();
    otherwise();
    return null;
  }
}
