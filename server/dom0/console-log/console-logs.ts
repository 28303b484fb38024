import { join } from 'node:path';
import { parseDomainName } from '../../../policy/names.js';
import type { DomainName } from '../../../policy/names.js';
import type { Logger } from '../../wire/logger.js';
import { SerialQueue } from '../../wire/serial-queue.js';
import { SYSTEM_HOST_CLOCK } from '../scheduling/host-clock.js';
import { DomainLog } from './domain-log.js';
import type { LogDisk } from './log-disk.js';
import { WriteBudget } from './write-budget.js';

/** The limits from the settings. */
export interface LogLimits {
  readonly perDomainMiB: number;
  readonly totalMiB: number;
  readonly rateKiB: number;
  readonly days: number;
  readonly goneDays: number;
}

interface ConsoleLogsParts {
  /** A folder for the logs alone. */
  readonly folder: string;
  readonly disk: LogDisk;
  readonly limits: LogLimits;
  /**
   * Within this time after the start, a log without a domain may belong to a domain that was
   * not seen yet. Milliseconds.
   */
  readonly goneAfterMs: number;
  readonly logger: Logger;
}

const MIB = 1024 * 1024;
/** So many logs of one name that were set aside are looked into, the newest first. */
const MOST_FORMER = 8;
const DAY = 24 * 3_600_000;
const SWEEP_MS = 600_000;
/** `horatio@2026-11-21T07-15-02-114Z` */
const GONE = /^.+@(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-(\d\d)-(\d{3})Z$/;
const OURS = /^(?:\d{15}\.(?:log|index)|switch\.json(?:\.new)?)$/;

/**
 * The logs of all consoles, in `domains/NAME`. The logs of domains that are gone are kept for a
 * while in `gone/NAME@TIME`.
 */
export class ConsoleLogs {
  readonly #parts: ConsoleLogsParts;
  readonly #logs = new Map<DomainName, DomainLog>();
  /** Logs that were set aside and have been read since, by their folder. */
  readonly #former = new Map<string, DomainLog>();
  readonly #writeBudget = new WriteBudget();
  readonly #sweeps: NodeJS.Timeout[];
  #goneBytes = 0;
  /** At least what all logs have, but for what others removed. It spares adding them up at each write. */
  #atMost = 0;
  readonly #turns = new SerialQueue();
  #tidying = false;
  #kept: ReadonlySet<DomainName> | null = new Set();

  constructor(parts: ConsoleLogsParts) {
    this.#parts = parts;
    const sweep = (): void => {
      // A log that comes later waits for this sweep, so the sweep must not wait for it.
      const logs = [...this.#logs.values()];
      void this.#serially(() => this.#sweep(logs));
    };
    this.#sweeps = [setTimeout(sweep, parts.goneAfterMs).unref(), setInterval(sweep, SWEEP_MS).unref()];
  }

  /** The log of a managed domain. */
  of(name: DomainName): DomainLog {
    const known = this.#logs.get(name);
    if (known !== undefined) return known;
    const log = this.#open(name, this.#folder(name));
    this.#logs.set(name, log);
    return log;
  }

  /**
   * The log in which a boot has this UUID: that of the managed domain, or one of this name that was set aside.
   * Only the gate knows the UUIDs of what ran, so the next domain of a name finds nothing of the one before.
   *
   * @returns null when there is none @throws a disk error
   */
  async with(name: DomainName, uuid: string): Promise<DomainLog | null> {
    const managed = this.#logs.get(name);
    if (managed !== undefined && (await managed.has(uuid))) return managed;
    await this.#turns.idle();
    const own = [...(await this.#gone())].filter(([folder]) => folder.startsWith(`${name}@`));
    own.sort(([, one], [, other]) => other - one);
    for (const [folder] of own.slice(0, MOST_FORMER)) {
      const log = this.#former.get(folder) ?? this.#open(name, join(this.#parts.folder, 'gone', folder));
      this.#former.set(folder, log);
      if (await log.has(uuid)) return log;
    }
    return null;
  }

  #open(name: DomainName, folder: string): DomainLog {
    const { disk, limits, logger } = this.#parts;
    let counted = 0;
    const log = new DomainLog({
      name,
      folder,
      disk,
      limit: limits.perDomainMiB * MIB,
      rate: limits.rateKiB * 1024,
      host: SYSTEM_HOST_CLOCK.boot,
      writeBudget: this.#writeBudget,
      ready: this.#turns.idle(),
      logger,
      written: () => {
        this.#tidy(log.bytes - counted);
        counted = log.bytes;
      },
    });
    return log;
  }

  /**
   * The domain is gone: its log is set aside. The next domain of this name begins
   * anew, and sees nothing of it.
   */
  retire(name: DomainName): void {
    const log = this.#logs.get(name);
    if (log === undefined) return;
    this.#logs.delete(name);
    void this.#serially(async () => {
      await log.close();
      await this.#setAside(name);
    });
  }

  /**
   * Names whose logs stay although they have no domain now, because the domains are not gone; null:
   * not known yet, so all stay.
   */
  keep(names: readonly DomainName[] | null): void {
    this.#kept = names === null ? null : new Set(names);
  }

  /** Writes what waits, and closes all logs. */
  async dispose(): Promise<void> {
    for (const timer of this.#sweeps) clearTimeout(timer);
    await Promise.all([...this.#logs.values(), ...this.#former.values()].map((log) => log.close()));
    this.#logs.clear();
    this.#former.clear();
    await this.#turns.idle();
  }

  #folder(name: string): string {
    return join(this.#parts.folder, 'domains', name);
  }

  /** Sets aside logs without a domain, and removes what is too old or too much. */
  async #sweep(logs: readonly DomainLog[]): Promise<void> {
    const { folder, disk, limits } = this.#parts;
    for (const text of await disk.folders(join(folder, 'domains'))) {
      const name = parseDomainName(text);
      if (name === undefined || this.#logs.has(name) || this.#kept === null || this.#kept.has(name)) continue;
      await this.#setAside(name);
    }
    const now = Date.now();
    for (const log of logs) await log.dropBefore(now - limits.days * DAY);
    for (const [name, at] of await this.#gone()) {
      if (at < now - limits.goneDays * DAY) await this.#removeGone(name);
    }
    await this.#measureGone();
    await this.#makeRoom();
    this.#atMost = this.#total();
  }

  /** @param grown by how many bytes a log has grown */
  #tidy(grown: number): void {
    const limit = this.#parts.limits.totalMiB * MIB;
    this.#atMost += grown;
    if (this.#tidying || this.#atMost <= limit) return;
    this.#atMost = this.#total();
    if (this.#atMost <= limit) return;
    this.#tidying = true;
    void this.#serially(() => this.#makeRoom()).finally(() => {
      this.#tidying = false;
    });
  }

  #total(): number {
    return [...this.#logs.values()].reduce((sum, { bytes }) => sum + bytes, this.#goneBytes);
  }

  /**
   * Removes logs of domains that are gone first, the oldest first. Then it removes the oldest file of the
   * largest log: a flood costs its own domain's past.
   */
  async #makeRoom(): Promise<void> {
    const limit = this.#parts.limits.totalMiB * MIB;
    const gone = [...(await this.#gone())].sort(([, one], [, other]) => one - other);
    while (this.#total() > limit) {
      const oldest = gone.shift();
      if (oldest !== undefined) {
        await this.#removeGone(oldest[0]);
        await this.#measureGone();
        continue;
      }
      const [largest] = [...this.#logs.values()].sort((one, other) => other.bytes - one.bytes);
      if (largest === undefined || !(await largest.dropOldest())) return;
    }
  }

  async #setAside(name: DomainName): Promise<void> {
    const { folder, disk, logger } = this.#parts;
    if (!(await disk.folders(join(folder, 'domains'))).includes(name)) return;
    const time = new Date().toISOString().replace(/[:.]/g, '-');
    await disk.rename(this.#folder(name), join(folder, 'gone', `${name}@${time}`));
    logger.info({ domain: name }, 'console-log.set-aside');
  }

  /** Only folders with names as we make them. */
  async #gone(): Promise<ReadonlyMap<string, number>> {
    const { folder, disk } = this.#parts;
    const found = new Map<string, number>();
    for (const name of await disk.folders(join(folder, 'gone'))) {
      const [, day = '', hour = '', minute = '', second = '', part = ''] = GONE.exec(name) ?? [];
      const at = Date.parse(`${day}${hour}:${minute}:${second}.${part}Z`);
      if (!Number.isNaN(at)) found.set(name, at);
    }
    return found;
  }

  /** Files of another kind stay, and then the folder stays too. */
  async #removeGone(name: string): Promise<void> {
    const { disk, logger } = this.#parts;
    const folder = join(this.#parts.folder, 'gone', name);
    await this.#former.get(name)?.close();
    this.#former.delete(name);
    for (const file of await disk.files(folder)) {
      if (OURS.test(file.name)) await disk.remove(join(folder, file.name));
    }
    await disk.removeFolder(folder);
    logger.info({ log: name }, 'console-log.removed');
  }

  async #measureGone(): Promise<void> {
    let bytes = 0;
    for (const name of (await this.#gone()).keys()) {
      const files = await this.#parts.disk.files(join(this.#parts.folder, 'gone', name));
      bytes += files.reduce((sum, { size }) => sum + size, 0);
    }
    this.#goneBytes = bytes;
  }

  async #serially(work: () => Promise<void>): Promise<void> {
    await this.#turns.run(work).catch((error: unknown) => {
      this.#parts.logger.warn({ err: error }, 'console-logs.not-tidied');
    });
  }
}
