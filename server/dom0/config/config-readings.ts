import { isRefusal, refusal } from '../../../policy/refusal.js';
import { domainConfigOf, guessedName } from './domain-config.js';
import type { DomainConfig } from './domain-config.js';
import { NoAnswerError } from './foreign-files.js';
import type { FileCalls } from './foreign-files.js';
import type { HostClock } from '../scheduling/host-clock.js';
import type { Logger } from '../../wire/logger.js';
import { CONFIG_LIMIT, NotPlainError, stampOf } from './plain-file.js';
import { readingsIn, storedReadings } from './stored-readings.js';
import type { KnownReading, Outcome } from './stored-readings.js';
import { readWhole, replaceWhole } from '../state/state-disk.js';
import type { StateDisk } from '../state/state-disk.js';
import type { DryRun, Toolstack } from '../toolstack/toolstack.js';

/** At most this many files are remembered over a restart. */
const MOST_FILES = 16_384;
/**
 * At most this many dry runs at once: each takes a tenth of a second of CPU, and
 * observation needs the other CPU.
 */
const AT_ONCE = 3;
/**
 * After a dry run without an answer, the next try comes after one look, then two, doubling up to this many.
 */
const LONGEST_WAIT = 32;
/**
 * A refusal may be about the host, such as a CPU pool that does not exist yet: we ask
 * again after this many looks.
 */
const ASK_AGAIN = 150;
/** We stop waiting for a dry run after this time, even if it cannot be killed. */
const DRY_RUN_MS = 120_000;

/** What is known of one file. */
export interface Reading {
  /** Null: the file was not read yet. */
  readonly outcome: Outcome | null;
  /** Whether it describes the file as it is now. */
  readonly isCurrent: boolean;
  /** Why it is not current, where that is known. */
  readonly why: string | null;
  /** The domain of the file's last valid reading. */
  readonly lastSound: DomainConfig | null;
  /** The name that an unusable file seems to set. It only keeps that name from being judged gone. */
  readonly guess: string | null;
}

interface Waiting {
  readonly stamp: string;
  /** This many more looks must pass before the next try. */
  looks: number;
  readonly wait: number;
  readonly why: string;
}

export interface ConfigReadingsParts {
  readonly toolstack: Pick<Toolstack, 'dryRun'>;
  readonly files: Pick<FileCalls, 'read' | 'stat'>;
  readonly logger: Logger;
  readonly host: Pick<HostClock, 'after' | 'boot'>;
  /** Where the readings are kept over a restart; null: nowhere. */
  readonly kept: { readonly file: string; readonly disk: StateDisk } | null;
}

const UNKNOWN: Reading = { outcome: null, isCurrent: false, why: null, lastSound: null, guess: null };

/**
 * What the toolstack reads in each configuration file, by dry runs in the background, a few at once. Nobody
 * waits for them: until the answer comes, the earlier reading holds. A file keeps the readings by path,
 * inode, size and times, so a restart reads only changed files again.
 */
export class ConfigReadings {
  readonly #parts: ConfigReadingsParts;
  readonly #known = new Map<string, KnownReading>();
  /** Files to be read, each with the stamp at which it was seen. */
  readonly #wanted = new Map<string, string>();
  readonly #running = new Set<string>();
  readonly #failed = new Map<string, Waiting>();
  /** For how many looks each refusal has been known. */
  readonly #refused = new Map<string, number>();
  /** Each ends the timer of a dry run under way. */
  readonly #waiting = new Set<() => void>();
  #waiters: (() => void)[] = [];
  #changed = false;
  #saving: Promise<void> = Promise.resolve();
  #closed = false;
  #onRead: (path: string) => void = () => undefined;

  constructor(parts: ConfigReadingsParts) {
    this.#parts = parts;
  }

  /** Loads the kept readings. Never fails: a file without a reading is read again. */
  async open(): Promise<void> {
    const { kept, logger } = this.#parts;
    if (kept === null) return;
    try {
      const bytes = await readWhole(kept.disk, kept.file);
      const readings = readingsIn(bytes?.toString('utf8') ?? '{}');
      for (const [path, reading] of readings) this.#known.set(path, reading);
    } catch (error) {
      this.#known.clear();
      logger.warn({ err: error, file: kept.file }, 'configs.memory-lost');
    }
  }

  /** Sets the function to call after each file that was read. */
  onRead(call: (path: string) => void): void {
    this.#onRead = call;
  }

  /** What is known of a file with this stamp. If that is not current, a dry run is requested. */
  of(path: string, stamp: string): Reading {
    const known = this.#known.get(path);
    // Another boot of the host may have another toolstack. The old reading holds until it has answered.
    if (known?.stamp !== stamp || known.boot !== this.#parts.host.boot) this.#want(path, stamp);
    else if (typeof known.outcome === 'string' && this.#isDue(path)) this.#want(path, stamp);
    return this.known(path, stamp);
  }

  /**
   * The same, without requesting a dry run. @param stamp null when the file's state is unknown: the
   * reading is not current then
   */
  known(path: string, stamp: string | null): Reading {
    const known = this.#known.get(path);
    const why = this.#failed.get(path)?.why ?? null;
    if (known === undefined) return { ...UNKNOWN, why };
    const { outcome, lastSound, guess } = known;
    return { outcome, isCurrent: known.stamp === stamp, why, lastSound, guess };
  }

  #isDue(path: string): boolean {
    const looks = (this.#refused.get(path) ?? 0) + 1;
    this.#refused.set(path, looks % ASK_AGAIN);
    return looks === ASK_AGAIN;
  }

  /** Forgets all files but these. */
  keepOnly(paths: ReadonlySet<string>): void {
    for (const path of [...this.#known.keys(), ...this.#failed.keys(), ...this.#wanted.keys()]) {
      if (paths.has(path)) continue;
      this.#changed = this.#known.delete(path) || this.#changed;
      this.#failed.delete(path);
      this.#refused.delete(path);
      this.#wanted.delete(path);
    }
    this.#next();
  }

  /** Resolves when no dry run is running or waiting for its turn. */
  settled(): Promise<void> {
    if (this.#wanted.size === 0 && this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Starts no more dry runs, and waits for the write under way. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const stop of this.#waiting) stop();
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
          this.#retryLater(path, stamp, 'it could not be read, see the log');
        })
        .finally(() => {
          this.#running.delete(path);
          this.#onRead(path);
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
    const { outcome, guess } = found;
    const next = {
      outcome,
      guess,
      lastSound,
      stamp: found.isFinal ? stamp : '',
      boot: this.#parts.host.boot,
    };
    this.#known.set(path, next);
    if (found.isFinal) this.#failed.delete(path);
    this.#changed = true;
  }

  /** @returns null when nothing can be said of the file in this state */
  async #make(path: string, stamp: string): Promise<Made | null> {
    const { files, logger } = this.#parts;
    let text: string;
    try {
      text = (await files.read(path, CONFIG_LIMIT)).toString('utf8');
    } catch (error) {
      return this.#unreadable(path, stamp, error);
    }
    const made = await this.#dryRun(path);
    const now = await files.stat(path).catch(() => null);
    // The file may have changed during the dry run: the next look asks again.
    if (now === null || stampOf(now) !== stamp) return null;
    if (made === null || isRefusal(made)) {
      const { message, detail, code } = made ?? HANGS;
      if (this.#failed.get(path)?.stamp !== stamp)
        logger.warn({ file: path, code, detail }, 'configs.not-read');
      this.#retryLater(path, stamp, `it is not read yet: ${message}`);
      return null;
    }
    if ('refused' in made) return { outcome: made.refused, guess: guessedName(text), isFinal: true };
    return { outcome: domainConfigOf(path, made, text), guess: made.name, isFinal: true };
  }

  /** A file that is not plain stays so until it changes. A read error may pass, so it is tried again. */
  #unreadable(path: string, stamp: string, error: unknown): Made | null {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    if (error instanceof NotPlainError) return { outcome: error.message, guess: null, isFinal: true };
    const why = error instanceof NoAnswerError ? error.message : `it cannot be read (${code})`;
    this.#retryLater(path, stamp, why);
    return error instanceof NoAnswerError ? null : { outcome: why, guess: null, isFinal: false };
  }

  /** @returns null when it does not end in time */
  async #dryRun(config: string): Promise<DryRun | null> {
    const { toolstack, host } = this.#parts;
    let cancel: () => void = () => undefined;
    const late = new Promise<null>((resolve) => {
      cancel = host.after(DRY_RUN_MS, () => {
        resolve(null);
      });
    });
    const stop = (): void => {
      cancel();
    };
    this.#waiting.add(stop);
    try {
      return await Promise.race([toolstack.dryRun({ config, overrides: [] }), late]);
    } finally {
      this.#waiting.delete(stop);
      cancel();
    }
  }

  #retryLater(path: string, stamp: string, why: string): void {
    const before = this.#failed.get(path);
    const wait = before?.stamp === stamp ? Math.min(2 * before.wait, LONGEST_WAIT) : 1;
    this.#failed.set(path, { stamp, looks: wait, wait, why });
  }

  #save(): void {
    const { kept, logger } = this.#parts;
    if (kept === null || !this.#changed || this.#closed) return;
    this.#changed = false;
    const bytes = Buffer.from(storedReadings([...this.#known].slice(0, MOST_FILES)));
    this.#saving = this.#saving
      .then(() => replaceWhole(kept.disk, kept.file, bytes))
      .catch((error: unknown) => {
        this.#changed = true;
        logger.warn({ err: error, file: kept.file }, 'configs.memory-unwritable');
      });
  }
}

/** A reading of a file. `isFinal`: it holds until the file changes. */
interface Made {
  readonly outcome: Outcome;
  readonly guess: string | null;
  readonly isFinal: boolean;
}

const HANGS = refusal('toolstack-timeout', 'The host did not answer in time.', 'the dry run cannot be ended');
