import { dirname } from 'node:path';
import { parseDomainName } from '../../../policy/names.js';
import type { DomainName } from '../../../policy/names.js';
import { MISSING_REASONS, MOST_GONE } from '../../wire/domain.js';
import type { Configured, GoneDomain, MissingDomain, MissingReason } from '../../wire/domain.js';
import type { DomainConfig } from '../config/domain-config.js';
import type { ConfigPlace } from '../config/config-absences.js';
import type { Logger } from '../../wire/logger.js';
import { LocalStateDisk } from '../state/local-state-disk.js';
import { readWhole, replaceWhole } from '../state/state-disk.js';
import type { StateDisk } from '../state/state-disk.js';

/**
 * At most this many names go at once because their files are gone. If there are more, all of them count as
 * missing, and somebody has to look.
 */
const MOST_AT_ONCE = 3;

/** The memory of one name. Times are ISO 8601. */
interface Remembered extends Configured, ConfigPlace {
  readonly missingSince: string | null;
  readonly why: MissingReason | null;
}

/** Where the configurations are, and why one is missing. */
export interface NameSource {
  list(): readonly DomainConfig[];
  find(name: DomainName): DomainConfig | undefined;
  placeOf(name: DomainName): ConfigPlace | undefined;
  /** Null: the configuration is gone. */
  missing(name: DomainName, place: ConfigPlace): Promise<MissingReason | null>;
  /** Whether some files have never been read yet. */
  readonly isReading?: boolean;
}

/**
 * The history of the names in the configuration files: since when each is there without a gap, which are
 * missing, and which are gone. A file keeps it over restarts, to tell a name that went and came back from one
 * that was always there. Without that file the past is unknown, and we claim nothing about it.
 */
export class KnownNames {
  readonly #file: string | null;
  readonly #logger: Logger;
  readonly #disk: StateDisk;
  readonly #names = new Map<DomainName, Remembered>();
  readonly #gone = new Map<DomainName, string>();
  /**
   * How long each name was seen to be away, in a place that is otherwise sound. A restart
   * begins anew. Milliseconds.
   */
  readonly #away = new Map<DomainName, number>();
  #judgedAt: number | null = null;
  /** Directories that had names before. When a whole directory appears, we cannot say when its names came. */
  readonly #directories = new Set<string>();
  #changed = false;
  #failing = false;
  #closed = false;
  #saving: Promise<void> = Promise.resolve();

  /** @param file where the memory is kept; null: nowhere */
  constructor(file: string | null, logger: Logger, disk: StateDisk = new LocalStateDisk()) {
    this.#file = file;
    this.#logger = logger;
    this.#disk = disk;
  }

  /** Never fails: a file that cannot be read counts as no memory. */
  static async open(file: string, logger: Logger, disk?: StateDisk): Promise<KnownNames> {
    const memory = new KnownNames(file, logger, disk);
    try {
      const kept = await readWhole(memory.#disk, file);
      if (kept !== null) memory.#take(JSON.parse(kept.toString('utf8')));
    } catch (error) {
      logger.error({ err: error, file }, 'names.memory-lost');
    }
    return memory;
  }

  configured(name: DomainName): Configured {
    const { uuid = null, since = null } = this.#names.get(name) ?? {};
    return { uuid, since };
  }

  /** Sorted by name. */
  missing(): readonly MissingDomain[] {
    return [...this.#names]
      .flatMap(([name, { missingSince, why }]) =>
        missingSince === null || why === null ? [] : [{ name, since: missingSince, why }],
      )
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** In the order in which they went. */
  gone(): readonly GoneDomain[] {
    return [...this.#gone].map(([name, at]) => ({ name, at }));
  }

  /**
   * Takes in what the files say now.
   *
   * @returns the names that mean another domain than before, because their files fix another UUID
   */
  see(source: Pick<NameSource, 'isReading' | 'list' | 'placeOf'>, now: number): readonly DomainName[] {
    const at = (): string => new Date(now).toISOString();
    const others: DomainName[] = [];
    for (const { name, uuid } of source.list()) {
      const place = source.placeOf(name);
      if (place === undefined) continue;
      const known = this.#names.get(name);
      const fixed = known?.uuid ?? null;
      const another = fixed !== null && uuid !== null && fixed !== uuid;
      const since =
        known !== undefined && !another
          ? known.since
          : another || this.#gone.has(name) || this.#directories.has(dirname(place.file))
            ? at()
            : null;
      if (another) others.push(name);
      this.#put(name, { ...place, uuid: uuid ?? known?.uuid ?? null, since, missingSince: null, why: null });
      this.#changed = this.#gone.delete(name) || this.#changed;
    }
    // Until all files were read once, a name that appears may have been there all the time: also one that was
    // read last.
    if (source.isReading !== true)
      for (const { file } of this.#names.values()) this.#directories.add(dirname(file));
    return others;
  }

  /**
   * Judges the names that are no longer in the files.
   *
   * @param exists whether a guest of the name exists; while one does, the name does not go
   * @param uptime of the host, milliseconds; it measures how long a name is away
   * @param now the time of day, milliseconds since the epoch, for the record
   * @returns the names that are gone as of now
   */
  async judge(
    source: NameSource,
    exists: (name: DomainName) => boolean,
    goneAfterMs: number,
    uptime: number,
    now: number,
  ): Promise<readonly DomainName[]> {
    const at = (): string => new Date(now).toISOString();
    // However long dom0 was held up, a name goes only after several looks for it.
    const passed = Math.min(Math.max(uptime - (this.#judgedAt ?? uptime), 0), goneAfterMs / 2);
    this.#judgedAt = uptime;
    const going: DomainName[] = [];
    for (const [name, known] of this.#names) {
      if (source.find(name) !== undefined) {
        this.#away.delete(name);
        continue;
      }
      const why = await source.missing(name, known);
      this.#put(name, { ...known, missingSince: known.missingSince ?? at(), why });
      const away = this.#away.get(name);
      if (why === null) {
        going.push(name);
        this.#away.set(name, away === undefined ? 0 : away + passed);
      } else this.#away.delete(name);
    }
    if (going.length > MOST_AT_ONCE) {
      for (const name of going) {
        const known = this.#names.get(name);
        if (known !== undefined) this.#put(name, { ...known, why: 'many' });
      }
      return [];
    }
    const gone = going.filter((name) => !exists(name) && (this.#away.get(name) ?? 0) >= goneAfterMs);
    for (const name of gone) {
      this.#names.delete(name);
      this.#away.delete(name);
      this.#gone.delete(name);
      this.#gone.set(name, at());
      this.#changed = true;
    }
    for (const name of [...this.#gone.keys()].slice(0, Math.max(0, this.#gone.size - MOST_GONE)))
      this.#gone.delete(name);
    return gone;
  }

  /** Writes the memory when it has changed. A failed write is repeated by the next call. */
  async save(): Promise<void> {
    if (!this.#changed || this.#file === null || this.#closed) return;
    const text = JSON.stringify({ names: Object.fromEntries(this.#names), gone: this.gone() });
    try {
      this.#changed = false;
      this.#saving = replaceWhole(this.#disk, this.#file, Buffer.from(text));
      await this.#saving;
      this.#failing = false;
    } catch (error) {
      this.#changed = true;
      if (!this.#failing) this.#logger.error({ err: error }, 'names.memory-unwritable');
      this.#failing = true;
    }
  }

  /** Ends writing, and waits for the write under way. Calling it twice is harmless. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#saving.catch(() => undefined);
  }

  #put(name: DomainName, next: Remembered): void {
    const before = this.#names.get(name);
    if (before !== undefined && isSameMemory(before, next)) return;
    this.#names.set(name, next);
    this.#changed = true;
  }

  #take(value: unknown): void {
    const { names, gone } = value as { names: Record<string, Remembered>; gone: readonly GoneDomain[] };
    for (const [text, kept] of Object.entries(names)) {
      const name = parseDomainName(text);
      const { file, device, uuid, since, missingSince } = kept;
      if (name === undefined || typeof file !== 'string' || typeof device !== 'number')
        throw new Error('no memory of names');
      const why = MISSING_REASONS.find((known) => known === kept.why) ?? null;
      this.#names.set(name, { file, device, uuid, since, missingSince, why });
      this.#directories.add(dirname(file));
    }
    for (const { name, at } of gone) if (parseDomainName(name) !== undefined) this.#gone.set(name, at);
  }
}

const FACTS = [
  'uuid',
  'since',
  'file',
  'device',
  'missingSince',
  'why',
] as const satisfies (keyof Remembered)[];

function isSameMemory(one: Remembered, other: Remembered): boolean {
  return FACTS.every((fact) => one[fact] === other[fact]);
}
