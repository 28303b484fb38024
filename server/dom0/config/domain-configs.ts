import { basename } from 'node:path';
import type { DomainName } from '../../../policy/names.js';
import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { UnmanagedFile } from '../../wire/contract.js';
import type { MissingReason } from '../../wire/domain.js';
import { ConfigAbsences } from './config-absences.js';
import type { ConfigPlace, SeenFile } from './config-absences.js';
import { ConfigFileInspector } from './config-file-status.js';
import type { ConfigFileStatus } from './config-file-status.js';
import { TEXT_LIMITS } from '../../wire/text-limits.js';
import { ConfigReadings } from './config-readings.js';
import type { ConfigReadingsParts } from './config-readings.js';
import type { DomainConfig } from './domain-config.js';
import type { Outcome } from './stored-readings.js';
import { NoAnswerError } from './foreign-files.js';
import type { FileCalls } from './foreign-files.js';
import { glob } from './glob.js';
import { MOST_TOLD, UnmanagedFiles, namesOf } from './unmanaged-files.js';
import type { Unmanaged } from './unmanaged-files.js';
import { SharedRun } from '../scheduling/shared-run.js';
import { presentable } from '../toolstack/reason.js';
import type { Toolstack } from '../toolstack/toolstack.js';

/** Looking at one file costs about 40 µs: this keeps it to a fiftieth of a core. Milliseconds. */
const BETWEEN_FILES = 2;

export interface DomainConfigsSettings {
  /** Globs of absolute paths. */
  readonly domains: readonly string[];
  /** Names that are never managed. */
  readonly unmanaged: readonly string[];
}

export interface DomainConfigsParts extends ConfigReadingsParts {
  readonly toolstack: Pick<Toolstack, 'dryRun' | 'runsConfigs'>;
  readonly files: FileCalls;
}

/**
 * The managed domains, found from the existing configuration files as the toolstack reads them. A changed
 * file is read again; until then the earlier reading holds. When two files have one name, we cannot know
 * which is meant: the domain is shown, and nothing is done to it.
 */
export class DomainConfigs {
  #settings: DomainConfigsSettings;
  readonly #parts: DomainConfigsParts;
  readonly #readings: ConfigReadings;
  #files = new Map<string, SeenFile>();
  #byName = new Map<DomainName, DomainConfig>();
  /** The names that several files have. */
  #twice: ReadonlyMap<DomainName, readonly string[]> = new Map();
  /** The domains whose files cannot be used now, as last read. */
  #kept: readonly DomainConfig[] = [];
  /** The file of each name when it had only one. */
  readonly #own = new Map<DomainName, string>();
  readonly #unmanaged: UnmanagedFiles;
  #absences: ConfigAbsences;
  /** What each glob found last. */
  readonly #found = new Map<string, readonly string[]>();
  readonly #scans = new SharedRun(() => this.#scan());
  #scanning: Promise<void> = Promise.resolve();
  #isScanned = false;
  /** When the files are due to be looked at. Milliseconds of the caller's clock. */
  #dueAt = -Infinity;
  #revision = 0;
  /** Whether files or readings have changed since the last `#judge`. */
  #isStale = false;

  constructor(settings: DomainConfigsSettings, parts: DomainConfigsParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#unmanaged = new UnmanagedFiles(parts.logger);
    this.#absences = new ConfigAbsences(settings.domains, parts.files);
    this.#readings = new ConfigReadings(parts);
    this.#readings.onRead((path) => {
      this.#refresh(path);
    });
  }

  /** Takes other settings: the next look goes by them. */
  replace(settings: DomainConfigsSettings): void {
    this.#settings = settings;
    this.#absences = new ConfigAbsences(settings.domains, this.#parts.files);
    this.#isStale = true;
    this.#dueAt = -Infinity;
  }

  /** Loads the readings from before a restart. */
  open(): Promise<void> {
    return this.#readings.open();
  }

  /** Resolves when every file of the last look was read, or could not be. */
  async settled(): Promise<void> {
    await this.#scanning;
    await this.#readings.settled();
  }

  close(): Promise<void> {
    return this.#readings.close();
  }

  find(name: DomainName): DomainConfig | undefined {
    this.#judge();
    return this.#byName.get(name);
  }

  list(): readonly DomainConfig[] {
    this.#judge();
    return [...this.#byName.values()];
  }

  /** Another number when anything that this says may have changed. */
  get revision(): number {
    this.#judge();
    return this.#revision;
  }

  get isReading(): boolean {
    return !this.#isScanned || [...this.#files.values()].some(({ outcome }) => outcome === null);
  }

  /** Domains whose files cannot be used now, as last read: they are still observed. */
  kept(): readonly DomainConfig[] {
    this.#judge();
    return this.#kept;
  }

  /** Every file that was read, as last read: also of names that are not managed, or that several files have. */
  readings(): readonly DomainConfig[] {
    return [...this.#files.values()].flatMap(({ outcome, lastSound }) => {
      const read = isUsable(outcome) ? outcome : lastSound;
      return read === null ? [] : [read];
    });
  }

  /** The files that cannot be used now. */
  unusable(): readonly string[] {
    return [...this.#files].filter(([, { outcome }]) => !isUsable(outcome)).map(([path]) => path);
  }

  /** Why the files of a domain forbid any change to it; null when they do not. */
  fault(name: DomainName): Refusal | null {
    this.#judge();
    const files = this.#twice.get(name);
    if (files === undefined) return null;
    const count = files.length === 2 ? 'Two' : String(files.length);
    return refusal(
      'wrong-state',
      `${count} configuration files on its host have its name, so nothing is changed: ${namesOf(files)}.`,
      `${name} stands in ${files.slice(0, MOST_TOLD).join(' and ')}: remove or rename all but one of ${files.length}`,
    );
  }

  /** The files that the settings' globs find and that are not managed, with the reason. */
  unmanaged(): readonly UnmanagedFile[] {
    this.#judge();
    return this.#unmanaged.list();
  }

  /** What to add to the reason why a name is missing: its files, or the toolstack's words. */
  note(name: DomainName): string | undefined {
    this.#judge();
    const files = this.#twice.get(name);
    if (files !== undefined) return namesOf(files);
    const broken = this.#kept.find((config) => config.name === name)?.file;
    const why = broken === undefined ? undefined : this.#unmanaged.reason(broken);
    return why === undefined ? undefined : presentable(why, TEXT_LIMITS.reason);
  }

  /** @returns undefined when the name has no file now, or more than one */
  placeOf(name: DomainName): ConfigPlace | undefined {
    this.#judge();
    const file = this.#byName.get(name)?.file;
    const read = file === undefined ? undefined : this.#files.get(file);
    return file === undefined || read === undefined ? undefined : { file, device: read.device };
  }

  /**
   * Why a name that had its configuration in this place has no usable one.
   *
   * @returns null when it is gone: removed, renamed, or another domain's by now
   */
  async missing(name: DomainName, place: ConfigPlace): Promise<MissingReason | null> {
    if (this.#settings.unmanaged.includes(name)) return null;
    if (!this.#isScanned) return 'unread';
    this.#judge();
    return this.#twice.has(name) ? 'twice' : this.#absences.why(name, place, this.#files);
  }

  /**
   * Looks at the files again, without waiting for dry runs. Logs each bad file once. One look runs at a time.
   */
  scan(): Promise<void> {
    return (this.#scanning = this.#scans.get());
  }

  /**
   * The same, unless they were looked at lately: thousands of files are not looked at every few seconds.
   *
   * @param now milliseconds of a clock that never jumps
   */
  scanInTurn(now: number): Promise<void> {
    if (now < this.#dueAt) return this.#scanning;
    this.#dueAt = now + this.#files.size * BETWEEN_FILES;
    return this.scan();
  }

  async #scan(): Promise<void> {
    const paths = await this.#paths();
    const files = new Map<string, SeenFile>();
    const looks = new ConfigFileInspector(this.#parts.files, this.#parts.toolstack.runsConfigs);
    for (const path of paths) {
      const seen = this.#seen(path, await looks.at(path));
      if (seen !== undefined) files.set(path, seen);
    }
    this.#isStale ||= !this.#isScanned || !areSame(this.#files, files);
    this.#files = files;
    this.#isScanned = true;
    this.#judge();
    this.#readings.keepOnly(paths);
  }

  /** What the globs find; where a file system hangs, what they found last. */
  async #paths(): Promise<ReadonlySet<string>> {
    const { domains } = this.#settings;
    for (const pattern of domains) {
      const found = await glob(pattern, (path) => this.#parts.files.readdir(path)).catch((error: unknown) => {
        if (error instanceof NoAnswerError) return null;
        throw error;
      });
      if (found !== null) this.#found.set(pattern, found);
    }
    // Other settings may have come meanwhile, and this look ends by its own.
    const paths = new Set(domains.flatMap((pattern) => this.#found.get(pattern) ?? []));
    for (const pattern of this.#found.keys())
      if (!this.#settings.domains.includes(pattern)) this.#found.delete(pattern);
    return paths;
  }

  #seen(path: string, look: ConfigFileStatus): SeenFile | undefined {
    switch (look.is) {
      case 'file':
        return { ...this.#readings.of(path, look.stamp), device: look.device, stamp: look.stamp };
      case 'none': {
        const known = this.#readings.known(path, null);
        return { ...known, outcome: look.why, isCurrent: true, why: null, device: look.device, stamp: null };
      }
      case 'silent': {
        const device = this.#files.get(path)?.device ?? 0;
        return { ...this.#readings.known(path, null), why: look.why, device, stamp: null };
      }
      case 'nothing':
        return undefined;
    }
  }

  /** A dry run has ended: its result holds from now on, unless the file has changed meanwhile. */
  #refresh(path: string): void {
    const file = this.#files.get(path);
    if (file?.stamp == null) return;
    this.#files.set(path, { ...file, ...this.#readings.known(path, file.stamp) });
    this.#isStale = true;
  }

  /** Works out names, conflicts and unmanaged files from the readings. */
  #judge(): void {
    if (!this.#isStale) return;
    this.#isStale = false;
    this.#revision += 1;
    const said = new Map<string, Unmanaged>();
    const holders = new Map<DomainName, DomainConfig[]>();
    const stamps = new Set<string>();
    for (const [path, { outcome, isCurrent, stamp, why }] of this.#files) {
      // Through a link in /etc/xen/auto it is still the same file.
      const isSame = stamp !== null && stamps.has(stamp);
      if (stamp !== null) stamps.add(stamp);
      if (isSame) continue;
      const unread = { why: why ?? NOT_READ, isPassing: why === null };
      if (outcome === null) said.set(path, unread);
      else if (typeof outcome === 'string') said.set(path, isCurrent ? { why: outcome } : unread);
      else if (this.#settings.unmanaged.includes(outcome.name)) continue;
      else if (holders.get(outcome.name)?.push(outcome) === undefined) holders.set(outcome.name, [outcome]);
    }
    const byName = new Map<DomainName, DomainConfig>();
    const twice = new Map<DomainName, readonly string[]>();
    const kept = new Map<DomainName, DomainConfig>();
    for (const [name, configs] of holders) {
      const [first] = configs;
      if (first === undefined) continue;
      if (configs.length === 1) {
        byName.set(name, first);
        this.#own.set(name, first.file);
        continue;
      }
      const files = configs.map(({ file }) => file);
      twice.set(name, files);
      kept.set(name, configs.find(({ file }) => this.#isOwn(name, file)) ?? first);
      const why = `more than one file has the name ${name}`;
      for (const file of files) said.set(file, { why, files });
    }
    for (const { outcome, lastSound } of this.#files.values()) {
      if (isUsable(outcome) || lastSound === null || byName.has(lastSound.name) || kept.has(lastSound.name))
        continue;
      if (!this.#settings.unmanaged.includes(lastSound.name)) kept.set(lastSound.name, lastSound);
    }
    this.#unmanaged.set(said);
    this.#byName = byName;
    this.#twice = twice;
    this.#kept = [...kept.values()];
  }

  #isOwn(name: DomainName, file: string): boolean {
    const own = this.#own.get(name);
    return own === undefined ? [name as string, `${name}.cfg`].includes(basename(file)) : own === file;
  }
}

const NOT_READ = 'it is not read yet';

/** Whether both say the same of the same files. */
function areSame(before: ReadonlyMap<string, SeenFile>, now: ReadonlyMap<string, SeenFile>): boolean {
  if (before.size !== now.size) return false;
  for (const [path, file] of now) {
    const known = before.get(path);
    const isSame =
      known !== undefined &&
      known.outcome === file.outcome &&
      known.isCurrent === file.isCurrent &&
      known.why === file.why &&
      known.lastSound === file.lastSound &&
      known.guess === file.guess &&
      known.stamp === file.stamp &&
      known.device === file.device;
    if (!isSame) return false;
  }
  return true;
}

function isUsable(outcome: Outcome | null): outcome is DomainConfig {
  return outcome !== null && typeof outcome !== 'string';
}
