import { basename } from 'node:path';
import type { UnmanagedFile } from '../../wire/contract.js';
import type { Logger } from '../../wire/logger.js';
import { presentable } from '../toolstack/reason.js';
import { TEXT_LIMITS } from '../../wire/text-limits.js';

/** When several files have one name, each reason lists this many of them. */
export const MOST_TOLD = 3;
/** Characters of a file's name that are shown. */
const NAME_LENGTH = 80;

/** Why a file is not managed. */
export interface Unmanaged {
  readonly why: string;
  /** It may be over at the next look, because the file is just being read. It is not logged. */
  readonly isPassing?: boolean;
  /** All files of its name, where there are several. */
  readonly files?: readonly string[];
}

/** The files that are not managed, each with its reason. The log has each reason once. */
export class UnmanagedFiles {
  readonly #logger: Logger;
  #reasons: ReadonlyMap<string, Unmanaged> = new Map();
  /** What was logged for each path. */
  readonly #logged = new Map<string, string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @returns undefined for a managed file */
  reason(path: string): string | undefined {
    const found = this.#reasons.get(path);
    return found === undefined ? undefined : sentence(path, found);
  }

  /** By base name, in the order in which they were found. */
  list(): readonly UnmanagedFile[] {
    return [...this.#reasons].map(([path, found]) => ({
      file: presentable(basename(path), TEXT_LIMITS.file),
      why: presentable(sentence(path, found), TEXT_LIMITS.reason),
    }));
  }

  /** Replaces the list of files that are not managed. */
  set(reasons: ReadonlyMap<string, Unmanaged>): void {
    this.#reasons = reasons;
    for (const path of this.#logged.keys()) if (!reasons.has(path)) this.#logged.delete(path);
    for (const [path, { why, isPassing = false, files }] of reasons) {
      if (isPassing) continue;
      const first = files?.slice(0, MOST_TOLD);
      // Log only the first of many copies, however many more are found.
      if (first?.includes(path) === false) continue;
      const told = [why, ...(first ?? [])].join('\n');
      if (this.#logged.get(path) === told) continue;
      this.#logged.set(path, told);
      const more = files === undefined ? {} : { files: first, count: files.length };
      this.#logger.warn({ file: path, why, ...more }, 'domain.unmanaged');
    }
  }
}

function sentence(path: string, { why, files }: Unmanaged): string {
  if (files === undefined) return why;
  // One more than is shown tells that there are more.
  const others = files.slice(0, MOST_TOLD + 1).filter((file) => file !== path);
  return `${why}: see ${namesOf(others, files.length - 1, ', ')}`;
}

/** A few files by their names, for people. @param count how many there are in all */
export function namesOf(files: readonly string[], count = files.length, between = ' and '): string {
  const names = files.slice(0, MOST_TOLD).map((file) => presentable(basename(file), NAME_LENGTH));
  const more = count > names.length ? ` and ${count - names.length} more` : '';
  return names.join(between) + more;
}
