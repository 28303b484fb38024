import { parseDomainName } from '../../../policy/names.js';
import type { GuestFacts } from '../toolstack/toolstack.js';
import type { DomainConfig } from './domain-config.js';

/** 2: with the guest's type. */
const VERSION = 2;

/** The toolstack's reading of a file: a domain, or why it is none. */
export type Outcome = DomainConfig | string;

/** The stored reading of one file. */
export interface KnownReading {
  readonly outcome: Outcome;
  /** The domain of the file's last valid reading. */
  readonly lastSound: DomainConfig | null;
  /** The name that an unusable file seems to set. It only keeps that name from being judged gone. */
  readonly guess: string | null;
  /** The state of the file that was read; empty for none, so that it is read again. */
  readonly stamp: string;
  /** The boot of the host in which it was read: the next boot may have another toolstack. */
  readonly boot: string;
}

type StoredConfig = Omit<DomainConfig, 'keys' | 'nics'> & {
  readonly keys: readonly string[];
  /** Missing in a reading of an earlier dom0. */
  readonly nics?: DomainConfig['nics'];
};

interface StoredReading extends Omit<KnownReading, 'lastSound' | 'outcome'> {
  readonly outcome: StoredConfig | string;
  readonly lastSound: StoredConfig | null;
}

/** Readings by path, as the text of a file. */
export function storedReadings(readings: readonly (readonly [string, KnownReading])[]): string {
  const files = readings.map(([path, reading]) => [path, onDisk(reading)] as const);
  return JSON.stringify({ version: VERSION, files: Object.fromEntries(files) });
}

/** Reads such a text; a text of another version gives none. @throws when the text is not valid */
export function readingsIn(text: string): ReadonlyMap<string, KnownReading> {
  const { version, files } = JSON.parse(text) as { version: number; files: Record<string, StoredReading> };
  const readings = new Map<string, KnownReading>();
  if (version !== VERSION) return readings;
  for (const [path, stored] of Object.entries(files)) {
    const { stamp, boot, outcome, lastSound, guess } = stored;
    if (typeof stamp !== 'string' || typeof boot !== 'string') throw new Error(NO_MEMORY);
    const isOld = typeof outcome !== 'string' && outcome.nics === undefined;
    readings.set(path, {
      // Read again, or a domain's network would stay unknown as long as its file is the same.
      stamp: isOld ? '' : stamp,
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
  const isWhole =
    name !== undefined &&
    stored.file === path &&
    Array.isArray(stored.boot.disks) &&
    // Missing where another build of the same version wrote it.
    typeof (stored.guest as Partial<GuestFacts> | undefined)?.textConsole === 'boolean';
  if (!isWhole) throw new Error(NO_MEMORY);
  return { ...stored, name, nics: stored.nics ?? [], keys: new Set(stored.keys) };
}
