import { dirname } from 'node:path';
import type { DomainName } from '../../../policy/names.js';
import type { MissingReason } from '../../wire/domain.js';
import { DANGLING, isAbsent } from './config-file-status.js';
import type { Reading } from './config-readings.js';
import type { FileCalls } from './foreign-files.js';

/** Where a domain's configuration was seen. */
export interface ConfigPlace {
  readonly file: string;
  /** st_dev of its directory. */
  readonly device: number;
}

/** A configuration file as it was last looked at. */
export interface SeenFile extends Reading {
  /** Null: the file cannot be read now. */
  readonly stamp: string | null;
  readonly device: number;
}

/**
 * Tells a configuration file that is gone from one that cannot be found or read. An error is not an absence.
 * A file is gone only when it is not where it was, on the same file system, in a directory that still has
 * others.
 */
export class ConfigAbsences {
  readonly #globs: readonly string[];
  readonly #calls: Pick<FileCalls, 'lstat' | 'readdir' | 'stat'>;

  /** @param globs they find the files */
  constructor(globs: readonly string[], calls: Pick<FileCalls, 'lstat' | 'readdir' | 'stat'>) {
    this.#globs = globs;
    this.#calls = calls;
  }

  /**
   * Why a name that had its configuration in this place has no usable one among the seen files.
   *
   * @returns null when it is gone: removed, renamed, or another domain's by now
   */
  async why(
    name: DomainName,
    { file, device }: ConfigPlace,
    seen: ReadonlyMap<string, SeenFile>,
  ): Promise<MissingReason | null> {
    const read = seen.get(file);
    if (read !== undefined && !read.isCurrent) return 'unread';
    if (read?.outcome === DANGLING) return 'unreadable';
    if (read !== undefined && typeof read.outcome === 'string') return 'unusable';
    const elsewhere = [...seen.values()].find(
      ({ outcome, guess, isCurrent }) =>
        outcome === null || !isCurrent || (typeof outcome === 'string' && guess === name),
    );
    if (elsewhere !== undefined) return typeof elsewhere.outcome === 'string' ? 'unusable' : 'unread';
    if (read !== undefined) return null;
    const there = await this.#calls.lstat(file).then(
      (found) => (found.isFile() ? 'unmatched' : 'unreadable'),
      (error: unknown) => (isAbsent(error) ? null : 'unreadable'),
    );
    return there ?? this.#emptied(dirname(file), device, seen);
  }

  /**
   * Whether a directory lacks more than this one file. When the directory itself is gone,
   * the one above it decides.
   */
  async #emptied(
    directory: string,
    device: number,
    seen: ReadonlyMap<string, SeenFile>,
  ): Promise<MissingReason | null> {
    try {
      await this.#calls.readdir(directory);
      if (Number((await this.#calls.stat(directory)).dev) !== device) return 'device';
    } catch (error) {
      const above = dirname(directory);
      return isAbsent(error) && this.#holdsDirectories(above)
        ? this.#emptied(above, device, seen)
        : 'directory';
    }
    const inside = `${directory}/`;
    const others = [...seen].some(
      ([path, { outcome }]) => path.startsWith(inside) && outcome !== null && typeof outcome !== 'string',
    );
    return others ? null : 'empty';
  }

  /** Whether a glob looks for directories in this one. Then a directory may go together with its domain. */
  #holdsDirectories(directory: string): boolean {
    return this.#globs.some((pattern) => {
      const fixed = pattern.slice(0, pattern.search(/[*?]/));
      return fixed.includes('/') && `${directory}/`.startsWith(fixed.slice(0, fixed.lastIndexOf('/') + 1));
    });
  }
}
