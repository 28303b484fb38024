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

/** More files than this are not remembered over a restart. */
const MOST_FILES = 16_384;
/** So many dry runs at once: one takes a tenth of a second of CPU, and observation needs the other processor. */
const AT_ONCE = 3;
/** After a dry run that got no answer, the next is tried after so many looks at most; it begins with one and doubles. */
const LONGEST_WAIT = 32;
/** A refusal may be about the host, such as a CPU pool that is not there yet: it is asked again after so many looks. */
const ASK_AGAIN = 150;
/** A dry run that cannot even be killed is given up after so long. */
const DRY_RUN_MS = 120_000;

/** What is known of one file. */
export interface Reading {
  /** Null: it was not read yet. */
  readonly outcome: Outcome | null;
  /** Whether it is of the file as it is now. */
  readonly isCurrent: boolean;
  /** Why it is not, where that is known. */
  readonly why: string | null;
  /** The domain that it was when it was last a sound one. */
  readonly lastSound: DomainConfig | null;
  /** The name that seems to stand in a file that is none; it only keeps a name from being taken for gone. */
  readonly guess: string | null;
}

interface Waiting {
  readonly stamp: string;
  /** So many looks are to pass before it is tried again. */
  looks: number;
  readonly wait: number;
  readonly why: string;
}

export interface ConfigReadingsParts {
  readonly toolstack: Pick<Toolstack, 'dryRun'>;
  readonly files: Pick<FileCalls, 'read' | 'stat'>;
  readonly logger: Logger;
  readonly host: Pick<HostClock, 'after' | 'boot'>;
  /** Where it is kept over a restart; null: nowhere. */
  readonly kept: { readonly file: string; readonly disk: StateDisk } | null;
}

const UNKNOWN: Reading = { outcome: null, isCurrent: false, why: null, lastSound: null, guess: null };

/**
 * What the toolstack makes of each configuration file, asked for by dry runs in the background, a few at once. Nobody waits for them:
 * until the answer is there, what was known before holds. It is kept in a file by path, inode, size and times, so that a restart asks
 * for nothing that is as it was.
 */
export class ConfigReadings {
  readonly #parts: ConfigReadingsParts;
  readonly #known = new Map<string, KnownReading>();
  /** What is to be read, and in which state it was seen. */
  readonly #wanted = new Map<string, string>();
  readonly #running = new Set<string>();
  readonly #failed = new Map<string, Waiting>();
  /** For how many looks each refusal has been known. */
  readonly #refused = new Map<string, number>();
  /** Ends the wait for each dry run that is under way. */
  readonly #waiting = new Set<() => void>();
  #waiters: (() => void)[] = [];
  #changed = false;
  #saving: Promise<void> = Promise.resolve();
  #closed = false;
  #onRead: (path: string) => void = () => undefined;

  constructor(parts: ConfigReadingsParts) {
    this.#parts = parts;
  }

  /** Takes up what was kept. Never fails: what cannot be read is asked for again. */
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

  /** Called after each file that was read. */
  onRead(call: (path: string) => void): void {
    this.#onRead = call;
  }

  /** What is known of a file that is seen in this state. What is not current is asked for. */
  of(path: string, stamp: string): Reading {
    const known = this.#known.get(path);
    // Another boot of the host may have another toolstack; what was read holds until it has answered.
    if (known?.stamp !== stamp || known.boot !== this.#parts.host.boot) this.#want(path, stamp);
    else if (typeof known.outcome === 'string' && this.#isDue(path)) this.#want(path, stamp);
    return this.known(path, stamp);
  }

  /** The same without asking. @param stamp null: of whatever state it was */
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

  /** Forgets the files that are not among these. */
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

  /** Resolves when no dry run is under way or waiting for its turn. */
  settled(): Promise<void> {
    if (this.#wanted.size === 0 && this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Begins no more dry runs; what is being written is written. */
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
    // What was read may be of the file before or after a change: the next look asks again.
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

  /** What a file is, is settled. That it could not be read may be over in a moment, and is tried again. */
  #unreadable(path: string, stamp: string, error: unknown): Made | null {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    if (error instanceof NotPlainError) return { outcome: error.message, guess: null, isFinal: true };
    const why = error instanceof NoAnswerError ? error.message : `it cannot be read (${code})`;
    this.#retryLater(path, stamp, why);
    return error instanceof NoAnswerError ? null : { outcome: why, guess: null, isFinal: false };
  }

  /** @returns null when it does not come to an end */
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

/** What was made of a file. `isFinal`: it holds until the file changes. */
interface Made {
  readonly outcome: Outcome;
  readonly guess: string | null;
  readonly isFinal: boolean;
}

const HANGS = refusal('toolstack-timeout', 'The host did not answer in time.', 'the dry run cannot be ended');
