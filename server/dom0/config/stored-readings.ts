import { parseDomainName } from '../../../policy/names.js';
import type { DomainConfig } from './domain-config.js';

const VERSION = 1;

/** What the toolstack makes of a file: a domain, or why it is none. */
export type Outcome = DomainConfig | string;

/** What is kept of one file. */
export interface KnownReading {
  readonly outcome: Outcome;
  /** The domain that it was when it was last a sound one. */
  readonly lastSound: DomainConfig | null;
  /** The name that seems to stand in a file that is none; it only keeps a name from being taken for gone. */
  readonly guess: string | null;
  /** Of which state of the file; empty: of none, so that it is read again. */
  readonly stamp: string;
  /** In which boot of the host it was read: with the next one there may be another toolstack. */
  readonly boot: string;
}

type StoredConfig = Omit<DomainConfig, 'keys'> & { readonly keys: readonly string[] };

interface StoredReading extends Omit<KnownReading, 'lastSound' | 'outcome'> {
  readonly outcome: StoredConfig | string;
  readonly lastSound: StoredConfig | null;
}

/** Readings, by path, as the text of a file. */
export function storedReadings(readings: readonly (readonly [string, KnownReading])[]): string {
  const files = readings.map(([path, reading]) => [path, onDisk(reading)] as const);
  return JSON.stringify({ version: VERSION, files: Object.fromEntries(files) });
}

/** Reads such a text; one of another version has none. @throws when it is no such text */
export function readingsIn(text: string): ReadonlyMap<string, KnownReading> {
  const { version, files } = JSON.parse(text) as { version: number; files: Record<string, StoredReading> };
  const readings = new Map<string, KnownReading>();
  if (version !== VERSION) return readings;
  for (const [path, stored] of Object.entries(files)) {
    const { stamp, boot, outcome, lastSound, guess } = stored;
    if (typeof stamp !== 'string' || typeof boot !== 'string') throw new Error(NO_MEMORY);
    readings.set(path, {
      stamp,
      boot,
      outcome: typeof outcome === 'string' ? outcome : fromDisk(path, outcome),
      lastSound: lastSound === null ? null : fromDisk(path, lastSound),
      guess,
    });
  }
  return readings;
}

const NO_MEMORY = 'no memory of configurations';

function onDisk({ stamp, boot, outcome, lastSound, guess }: KnownReading): StoredReading {
  const stored = (config: DomainConfig): StoredConfig => ({ ...config, keys: [...config.keys] });
  return {
    stamp,
    boot,
    outcome: typeof outcome === 'string' ? outcome : stored(outcome),
    lastSound: lastSound === null ? null : stored(lastSound),
    guess,
  };
}

function fromDisk(path: string, stored: StoredConfig): DomainConfig {
  const name = parseDomainName(stored.name);
  if (name === undefined || stored.file !== path || !Array.isArray(stored.boot.disks))
    throw new Error(NO_MEMORY);
  return { ...stored, name, keys: new Set(stored.keys) };
}
