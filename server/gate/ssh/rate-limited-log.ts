import { BoundedMap, TokenBucket, type Now } from '../../wire/token-bucket.js';
import type { LogEvent } from '../../wire/log-events.js';
import type { Logger } from '../../wire/logger.js';
import type { Source } from './source.js';

/** One source may have so many lines at once, and one more after each half minute. */
const PER_SOURCE = { most: 20, refillMs: 30_000 } as const;
/** The same for all sources together. */
const ALL_SOURCES = { most: 1000, refillMs: 1000 } as const;
const MOST_SOURCES = 10_000;

/**
 * The log for what strangers do. Nobody who has not logged in may fill the disk with it, or hide something in
 * a flood. Lines beyond the pace are counted, and the next line of that source says how many (`leftOut`).
 */
export class RateLimitedLog {
  readonly #log: Logger;
  readonly #allSources: TokenBucket;
  readonly #sources: BoundedMap<string, { readonly bucket: TokenBucket; leftOut: number }>;

  constructor(log: Logger, now: Now = () => performance.now()) {
    this.#log = log;
    this.#allSources = new TokenBucket(ALL_SOURCES, now);
    this.#sources = new BoundedMap(MOST_SOURCES, () => ({
      bucket: new TokenBucket(PER_SOURCE, now),
      leftOut: 0,
    }));
  }

  info(source: Source, fields: object, event: LogEvent<'info'>): void {
    const shown = this.#paced(source, fields);
    if (shown !== null) this.#log.info(shown, event);
  }

  warn(source: Source, fields: object, event: LogEvent<'warn'>): void {
    const shown = this.#paced(source, fields);
    if (shown !== null) this.#log.warn(shown, event);
  }

  /** @returns the fields of the line; null when it is beyond the pace */
  #paced({ address, bucket }: Source, fields: object): object | null {
    const entry = this.#sources.of(bucket);
    if (entry.bucket.isEmpty || !this.#allSources.spend()) {
      entry.leftOut += 1;
      return null;
    }
    entry.bucket.spend();
    const { leftOut } = entry;
    entry.leftOut = 0;
    return { source: address, ...fields, ...(leftOut === 0 ? {} : { leftOut }) };
  }
}
