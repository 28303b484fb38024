import { open, readdir, rename, rm, stat, truncate, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { ownershipProblem } from '../../store/state-directory.js';
import { makeDirectory } from '../../wire/make-directory.js';
import type { RecordingName } from './recording-name.js';
import { parseRecordingFile, recordingFile, RUNNING } from './recording-name.js';
import { intactLength } from './intact-length.js';

/** A recording as it stands in the directory. */
export interface Recording extends RecordingName {
  /**
   * ISO 8601, UTC. Null while it is being written; for one whose gate was killed, until the next gate has
   * started.
   */
  readonly endedAt: string | null;
  readonly bytes: number;
  readonly file: string;
}

/** How many files' names are looked at in one turn. */
const NAMES_AT_ONCE = 500;

/**
 * The directory of the recordings, 0700. The names of its files are the index, so that nothing can disagree
 * with them. A file that is not named as a recording is left alone.
 */
export class RecordingStore {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The path for a recording, in a directory that exists and is ours alone. @throws Error */
  async place(name: RecordingName): Promise<string> {
    await makeDirectory(this.#directory, 0o700);
    const status = await stat(this.#directory);
    const problem = ownershipProblem(this.#directory, status, process.geteuid?.() ?? -1, 0o700);
    if (problem !== null) throw new Error(problem);
    return join(this.#directory, recordingFile(name));
  }

  /** The recordings that are wanted, oldest first; none when there is no directory. @throws Error */
  async list(wanted: (name: RecordingName) => boolean = () => true): Promise<Recording[]> {
    return this.#list(wanted, '');
  }

  async find(id: string): Promise<Recording | undefined> {
    const isIt = (name: RecordingName): boolean => name.id === id;
    const [found] = await this.#list(isIt, id);
    // It may have got its final name between the two looks.
    return found ?? (await this.#list(isIt, id))[0];
  }

  /** A recording that is gone already is no error. */
  async remove({ file }: Recording): Promise<void> {
    await rm(file, { force: true });
  }

  /** Ends what a killed gate left behind: truncates torn recordings; deletes those without a header. */
  async mend(recording: Recording): Promise<{ readonly cut: number; readonly kept: number }> {
    const handle = await open(recording.file, 'r');
    let mtime: Date;
    let kept: number;
    try {
      ({ mtime } = await handle.stat());
      kept = await intactLength(handle);
    } finally {
      await handle.close();
    }
    const cut = recording.bytes - kept;
    if (kept === 0) {
      await rm(recording.file, { force: true });
    } else {
      if (cut > 0) await truncate(recording.file, kept);
      // It ended when it was last written.
      await utimes(recording.file, mtime, mtime);
      await rename(recording.file, recording.file.slice(0, -RUNNING.length));
    }
    return { cut, kept };
  }

  /** @param part text that the names of its files must have: checked first, because that costs little */
  async #list(wanted: (name: RecordingName) => boolean, part: string): Promise<Recording[]> {
    const names = await readdir(this.#directory).catch(noneIfMissing);
    const files = names.filter((file) => file.includes(part)).sort();
    const found: Recording[] = [];
    for (const [index, file] of files.entries()) {
      // Names that are not wanted are passed over without waiting for anything.
      if (index % NAMES_AT_ONCE === NAMES_AT_ONCE - 1) await turn();
      const name = parseRecordingFile(file);
      if (name === undefined || !wanted(name)) continue;
      const recording = await this.#look(file, name);
      if (recording !== null) found.push(recording);
    }
    return found;
  }

  async #look(
    file: string,
    { running, ...name }: NonNullable<ReturnType<typeof parseRecordingFile>>,
  ): Promise<Recording | null> {
    const path = join(this.#directory, file);
    const status = await stat(path).catch(nullIfMissing);
    if (status?.isFile() !== true) return null;
    return { ...name, endedAt: running ? null : status.mtime.toISOString(), bytes: status.size, file: path };
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

function noneIfMissing(error: unknown): [] {
  if (isMissing(error)) return [];
  throw error;
}

function nullIfMissing(error: unknown): null {
  if (isMissing(error)) return null;
  throw error;
}
