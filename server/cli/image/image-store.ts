import { chmod, link, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageName } from '../../../policy/names.js';
import { parseImageName } from '../../../policy/names.js';
import { CliError, EXIT } from '../command/exit-status.js';
import { sumOf, synced } from '../command/file-sum.js';
import type { FileSum } from '../command/file-sum.js';
import { StagingDirectory } from '../command/staging-directory.js';

const SUFFIX = '.raw';

/** An image that was added. */
export interface StoredImage extends FileSum {
  readonly file: string;
}

/**
 * The directory with the system images of a host, `NAME.raw` each, mode 0600. An image is made aside, so under
 * its name there is a whole one or none.
 */
export class ImageStore {
  readonly #path: string;

  /** @param path absolute */
  constructor(path: string) {
    this.#path = path;
  }

  file(name: ImageName): string {
    return join(this.#path, `${name}${SUFFIX}`);
  }

  /** The images that are there, sorted. None when there is no directory. */
  async names(): Promise<readonly ImageName[]> {
    const files = await readdir(this.#path).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    });
    return files
      .filter((file) => file.endsWith(SUFFIX))
      .flatMap((file) => parseImageName(file.slice(0, -SUFFIX.length)) ?? [])
      .sort();
  }

  /**
   * Puts an image in its place. A reinstallation that runs goes on with the file that it has open.
   *
   * @param make makes the image in the directory that it is given, and returns its path
   * @throws CliError when there is one of this name and it is not to be replaced; as `make` and the file system do.
   *   Then nothing has changed
   */
  async add(
    name: ImageName,
    isReplacing: boolean,
    make: (directory: string) => Promise<string>,
    signal?: AbortSignal,
  ): Promise<StoredImage> {
    const file = this.file(name);
    await mkdir(this.#path, { recursive: true, mode: 0o755 });
    if ((await this.#has(name)) && !isReplacing) throw taken(file);
    const staging = await StagingDirectory.make(this.#path, 'adding', 0o700);
    try {
      const made = await make(staging.path);
      await chmod(made, 0o600);
      await synced(made);
      const sum = await sumOf(made, signal);
      if (isReplacing) await rename(made, file);
      else
        await link(made, file).catch((error: unknown) => {
          throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? taken(file) : error;
        });
      await synced(this.#path);
      return { file, ...sum };
    } finally {
      await staging.remove();
    }
  }

  /** @throws CliError when there is no such image; as the file system does */
  async remove(name: ImageName): Promise<void> {
    if (!(await this.#has(name)))
      throw new CliError(
        `there is no ${this.file(name)}: postern image list shows what is there`,
        EXIT.noSuch,
      );
    await rm(this.file(name));
    await synced(this.#path);
  }

  /** @throws CliError when something else than a plain file is there */
  async #has(name: ImageName): Promise<boolean> {
    const file = this.file(name);
    const stats = await lstat(file).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    });
    if (stats === null) return false;
    if (!stats.isFile())
      throw new CliError(
        `${file} is no plain file, so this command did not make it: move it away`,
        EXIT.refused,
      );
    return true;
  }
}

function taken(file: string): CliError {
  return new CliError(`${file} is there already: choose another name, or add --replace`, EXIT.refused);
}
