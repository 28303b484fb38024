import { stat } from 'node:fs/promises';
import { parseDomainName } from '../../policy/names.js';
import { isRefusal } from '../../policy/refusal.js';
import { domainConfigOf, guessedName } from './domain-config.js';
import type { DomainConfig } from './domain-config.js';
import type { Logger } from './logger.js';
import { CONFIG_LIMIT, NotPlainError, readPlainFile, stampOf } from './plain-file.js';
import { readWhole, replaceWhole } from './state/state-disk.js';
import type { StateDisk } from './state/state-disk.js';
import type { Toolstack } from './toolstack/toolstack.js';

/** More files than this are not remembered over a restart. */
const MOST_FILES = 4096;
/** So many dry runs at once: one takes a tenth of a second of CPU, and observation needs the other processor. */
const AT_ONCE = 3;
/** After a dry run that got no answer, the next is tried after so many looks at most; it begins with one and doubles. */
const LONGEST_WAIT = 32;
const VERSION = 1;

/** What the toolstack makes of a file: a domain, or why it is none. */
export type Outcome = DomainConfig | string;

/** What is known of one file. */
export interface Reading {
  /** Null: it was not read yet. */
  readonly outcome: Outcome | null;
  /** Whether it is of the file as it is now. */
  readonly isCurrent: boolean;
  /** The domain that it was when it was last a sound one. */
  readonly lastSound: DomainConfig | null;
  /** The name that seems to stand in a file that is none; it only keeps a name from being taken for gone. */
  readonly guess: string | null;
}

interface Known extends Omit<Reading, 'isCurrent'> {
  readonly stamp: string;
  /** In which boot of the host it was read: with the next one there may be another toolstack. */
  readonly boot: string;
}

interface Waiting {
  readonly stamp: string;
  /** So many looks are to pass before it is tried again. */
  looks: number;
  readonly wait: number;
}

export interface ConfigReadingsParts {
  readonly toolstack: Pick<Toolstack, 'dryRun'>;
  readonly logger: Logger;
  readonly boot: string;
  /** Where it is kept over a restart; null: nowhere. */
  readonly kept: { readonly file: string; readonly disk: StateDisk } | null;
}

const UNKNOWN: Reading = { outcome: null, isCurrent: false, lastSound: null, guess: null };

/**
 * What the toolstack makes of each configuration file, asked for by dry runs in the background, a few at once. Nobody waits for them:
 * until the answer is there, what was known before holds. It is kept in a file by path, inode, size and times, so that a restart asks
 * for nothing that is as it was.
 */
export class ConfigReadings {
  readonly #parts: ConfigReadingsParts;
  readonly #known = new Map<string, Known>();
  /** What is to be read, and in which state it was seen. */
  readonly #wanted = new Map<string, string>();
  readonly #running = new Set<string>();
  readonly #failed = new Map<string, Waiting>();
  #waiters: (() => void)[] = [];
  #changed = false;
  #saving: Promise<void> = Promise.resolve();
  #closed = false;
  #onRead: () => void = () => undefined;

  constructor(parts: ConfigReadingsParts) {
    this.#parts = parts;
  }

  /** Takes up what was kept. Never fails: what cannot be read is asked for again. */
  async open(): Promise<void> {
    const { kept, logger } = this.#parts;
    if (kept === null) return;
    try {
      const bytes = await readWhole(kept.disk, kept.file);
      if (bytes !== null) this.#take(JSON.parse(bytes.toString('utf8')));
    } catch (error) {
      this.#known.clear();
      logger.warn({ err: error, file: kept.file }, 'configs.memory-lost');
    }
  }

  /** Called after each file that was read. */
  onRead(call: () => void): void {
    this.#onRead = call;
  }

  /** What is known of a file that is seen in this state. What is not current is asked for. */
  of(path: string, stamp: string): Reading {
    const known = this.#known.get(path);
    // Another boot of the host may have another toolstack; what was read holds until it has answered.
    if (known?.stamp !== stamp || known.boot !== this.#parts.boot) this.#want(path, stamp);
    return this.known(path, stamp);
  }

  /** The same without asking. @param stamp null: of whatever state it was */
  known(path: string, stamp: string | null): Reading {
    const known = this.#known.get(path);
    if (known === undefined) return UNKNOWN;
    const { outcome, lastSound, guess } = known;
    return { outcome, isCurrent: known.stamp === stamp, lastSound, guess };
  }

  /** Forgets the files that are not among these. */
  keepOnly(paths: ReadonlySet<string>): void {
    for (const path of [...this.#known.keys(), ...this.#failed.keys()]) {
      if (paths.has(path)) continue;
      this.#changed = this.#known.delete(path) || this.#changed;
      this.#failed.delete(path);
      this.#wanted.delete(path);
    }
    this.#next();
  }

  /** Resolves when no dry run is under way or waiting for its turn. */
  settled(): Promise<void> {
    if (this.#wanted.size === 0 && this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Begins no more dry runs; what is being written is written. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wanted.clear();
    await this.#saving;
  }

  #want(path: string, stamp: string): void {
    if (this.#closed || this.#running.has(path)) return;
    const failed = this.#failed.get(path);
    if (failed?.stamp === stamp) {
      failed.looks -= 1;
      if (failed.looks > 0) return;
    }
    this.#wanted.set(path, stamp);
  }

  #next(): void {
    for (const [path, stamp] of this.#wanted) {
      if (this.#running.size >= AT_ONCE) return;
      this.#wanted.delete(path);
      this.#running.add(path);
      void this.#read(path, stamp)
        .catch((error: unknown) => {
          this.#parts.logger.error({ err: error, file: path }, 'configs.fault');
          this.#retryLater(path, stamp);
        })
        .finally(() => {
          this.#running.delete(path);
          this.#onRead();
          this.#next();
        });
    }
    if (this.#wanted.size > 0 || this.#running.size > 0) return;
    this.#save();
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const each of waiters) each();
  }

  async #read(path: string, stamp: string): Promise<void> {
    const found = await this.#make(path, stamp);
    if (found === null || this.#closed) return;
    const before = this.#known.get(path);
    const lastSound = typeof found.outcome === 'string' ? (before?.lastSound ?? null) : found.outcome;
    this.#known.set(path, { ...found, stamp, boot: this.#parts.boot, lastSound });
    this.#failed.delete(path);
    this.#changed = true;
  }

  /** @returns null when nothing can be said of the file in this state */
  async #make(path: string, stamp: string): Promise<{ outcome: Outcome; guess: string | null } | null> {
    const { toolstack, logger } = this.#parts;
    let text: string;
    try {
      text = (await readPlainFile(path, CONFIG_LIMIT)).toString('utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      const why = error instanceof NotPlainError ? error.message : 'it cannot be read';
      return { outcome: why, guess: null };
    }
    const made = await toolstack.dryRun({ config: path, overrides: [] });
    const now = await stat(path, { bigint: true }).catch(() => null);
    // What was read may be of the file before or after a change: the next look asks again.
    if (now === null || stampOf(now) !== stamp) return null;
    if (isRefusal(made)) {
      if (this.#failed.get(path)?.stamp !== stamp)
        logger.warn({ file: path, code: made.code, detail: made.detail }, 'configs.not-read');
      this.#retryLater(path, stamp);
      return null;
    }
    if ('refused' in made) return { outcome: made.refused, guess: guessedName(text) };
    return { outcome: domainConfigOf(path, made, text), guess: made.name };
  }

  #retryLater(path: string, stamp: string): void {
    const before = this.#failed.get(path);
    const wait = before?.stamp === stamp ? Math.min(2 * before.wait, LONGEST_WAIT) : 1;
    this.#failed.set(path, { stamp, looks: wait, wait });
  }

  #save(): void {
    const { kept, logger } = this.#parts;
    if (kept === null || !this.#changed || this.#closed) return;
    this.#changed = false;
    const files = [...this.#known].slice(0, MOST_FILES).map(([path, known]) => [path, onDisk(known)]);
    const bytes = Buffer.from(
      JSON.stringify({ version: VERSION, files: Object.fromEntries(files) as unknown }),
    );
    this.#saving = this.#saving
      .then(() => replaceWhole(kept.disk, kept.file, bytes))
      .catch((error: unknown) => {
        this.#changed = true;
        logger.warn({ err: error, file: kept.file }, 'configs.memory-unwritable');
      });
  }

  #take(value: unknown): void {
    const { version, files } = value as { version: number; files: Record<string, StoredReading> };
    if (version !== VERSION) return;
    for (const [path, { stamp, boot, outcome, lastSound, guess }] of Object.entries(files)) {
      if (typeof stamp !== 'string' || typeof boot !== 'string')
        throw new Error('no memory of configurations');
      this.#known.set(path, {
        stamp,
        boot,
        outcome: typeof outcome === 'string' ? outcome : fromDisk(path, outcome),
        lastSound: lastSound === null ? null : fromDisk(path, lastSound),
        guess,
      });
    }
  }
}

type StoredConfig = Omit<DomainConfig, 'keys'> & { readonly keys: readonly string[] };

interface StoredReading {
  readonly stamp: string;
  readonly boot: string;
  readonly outcome: StoredConfig | string;
  readonly lastSound: StoredConfig | null;
  readonly guess: string | null;
}

function onDisk({ stamp, boot, outcome, lastSound, guess }: Known): StoredReading {
  const stored = (config: DomainConfig): StoredConfig => ({ ...config, keys: [...config.keys] });
  return {
    stamp,
    boot,
    outcome: outcome === null ? '' : typeof outcome === 'string' ? outcome : stored(outcome),
    lastSound: lastSound === null ? null : stored(lastSound),
    guess,
  };
}

function fromDisk(path: string, stored: StoredConfig): DomainConfig {
  const name = parseDomainName(stored.name);
  if (name === undefined || stored.file !== path || !Array.isArray(stored.boot.disks))
    throw new Error('no memory of configurations');
  return { ...stored, name, keys: new Set(stored.keys) };
}
