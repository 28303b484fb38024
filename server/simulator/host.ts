import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { withLock } from './host-lock.js';
import { isAlive } from './process-identity.js';
import type { DomainRecord } from './domain-record.js';
import type { HostSettings } from './host-settings.js';

/** MiB that dom0 and the hypervisor reserve. */
const RESERVED_MEMORY = 1024 + 285;
const DEFAULT_MEMORY = 128;
const CHECK_MILLISECONDS = 5_000;

/** A simulated Xen host: a directory, shared by the `xl` commands and the domains' processes. */
export class Host {
  readonly directory: string;
  readonly settings: HostSettings;

  /** @throws when `directory` holds no host that `installSimulator` laid out. */
  constructor(directory: string) {
    this.directory = directory;
    this.settings = JSON.parse(readFileSync(join(directory, 'state', 'host.json'), 'utf8')) as HostSettings;
  }

  /** Converts milliseconds of the real thing into milliseconds here. */
  scaled(milliseconds: number): number {
    return milliseconds * this.settings.timeScale;
  }

  get stopped(): boolean {
    return this.#exists('stopped');
  }

  domainDirectory(domid: number): string {
    return join(this.directory, 'state', 'domains', String(domid));
  }

  socketPath(domid: number): string {
    return join(this.settings.sockets, `${domid}.sock`);
  }

  /** This file exists while somebody is attached to the domain's console. */
  consoleLock(domid: number): string {
    return join(this.directory, 'var', 'lock', `xenconsole.${domid}`);
  }

  /** Living domains by domid, without Domain-0. */
  domains(): DomainRecord[] {
    return this.#domids()
      .map((domid) => this.domain(domid))
      .filter((record) => record !== undefined);
  }

  /**
   * @returns undefined when there is no such domain, or when its process was killed: then the domain is gone.
   */
  domain(domid: number): DomainRecord | undefined {
    try {
      const text = readFileSync(join(this.domainDirectory(domid), 'state.json'), 'utf8');
      const record = JSON.parse(text) as DomainRecord;
      return isAlive(record.keeper) ? record : undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Replaces the domain's record. */
  publish(record: DomainRecord): void {
    replace(join(this.domainDirectory(record.domid), 'state.json'), JSON.stringify(record));
  }

  /** Writes a key of the domain's home in Xen's store, which `xenstore-read` reads. */
  store(domid: number, key: string, value: string): void {
    const file = join(this.domainDirectory(domid), 'store', key);
    mkdirSync(dirname(file), { recursive: true });
    replace(file, value);
  }

  forget(domid: number): void {
    // The record goes first and at once, so that nobody reads half a domain.
    rmSync(join(this.domainDirectory(domid), 'state.json'), { force: true });
    rmSync(this.domainDirectory(domid), { recursive: true, force: true });
    rmSync(this.socketPath(domid), { force: true });
    rmSync(this.consoleLock(domid), { force: true });
  }

  /** Ends this process when the directory holds this host no more: a deleted host must leave no processes behind. */
  endWithIt(): void {
    setInterval(() => {
      if (!this.#isThere()) process.exit(0);
    }, CHECK_MILLISECONDS).unref();
  }

  /** Draws the domid after the last one, as Xen does: a domid is re-used only after all the others. */
  drawDomid(): number {
    return this.#locked(() => {
      const { greatestDomid } = this.settings;
      const mark = join(this.directory, 'state', 'last-domid');
      const taken = new Set(this.domains().map(({ domid }) => domid));
      let domid = existsSync(mark) ? Number(readFileSync(mark, 'utf8')) : 0;
      do {
        domid = domid >= greatestDomid ? 1 : domid + 1;
        if (taken.size >= greatestDomid) throw new Error('this host has no domid left');
      } while (taken.has(domid));
      writeFileSync(mark, String(domid));
      return domid;
    });
  }

  /** Gives the record's name to its domain, unless a living domain has it. */
  claim(record: DomainRecord): boolean {
    return this.#locked(() => {
      for (const domid of this.#domids()) {
        const other = this.domain(domid);
        if (other === undefined) this.forget(domid);
        else if (other.name === record.name) return false;
      }
      mkdirSync(this.domainDirectory(record.domid), { recursive: true });
      this.publish(record);
      return true;
    });
  }

  get freeMemory(): number {
    const used = this.domains().reduce((sum, { config }) => sum + (config.memory ?? DEFAULT_MEMORY), 0);
    return this.settings.memory - RESERVED_MEMORY - used;
  }

  #isThere(): boolean {
    try {
      return new Host(this.directory).settings.bootedAt === this.settings.bootedAt;
    } catch {
      return false;
    }
  }

  #domids(): number[] {
    return readdirSync(join(this.directory, 'state', 'domains'))
      .map(Number)
      .sort((a, b) => a - b);
  }

  #exists(name: string): boolean {
    return readdirSync(join(this.directory, 'state')).includes(name);
  }

  #locked<T>(section: () => T): T {
    return withLock(join(this.directory, 'state', 'lock'), section);
  }
}

function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
