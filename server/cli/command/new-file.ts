import { once } from 'node:events';
import { open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { CliError, EXIT } from './exit-status.js';

/** Takes bytes piece by piece. */
export type TakeBytes = (bytes: AsyncIterable<Buffer>) => Promise<void>;

/**
 * A file that did not exist before, mode 0600, filled with bytes from elsewhere. Half a file is worse than
 * none: any failure removes it.
 *
 * The bytes are not piped: when the disk takes no more, Node 24's `pipeline` can leave the source paused and
 * never end.
 */
export class NewFile {
  readonly #path: string;
  readonly #handle: FileHandle;

  /** Use `create`. */
  constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  /** @throws CliError when the file exists; as `open` does when it cannot be made */
  static async create(path: string): Promise<NewFile> {
    try {
      return new NewFile(path, await open(path, 'wx', 0o600));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      throw new CliError(`${path} is there already: name a new file`, EXIT.refused);
    }
  }

  /**
   * Resolves when the bytes are on the disk.
   *
   * @param work is given `take`, which writes bytes into the file as fast as the disk takes them
   * @throws as the work or the file system does; then the file is removed
   */
  async fill(work: (take: TakeBytes) => Promise<void>): Promise<void> {
    try {
      await work((bytes) => this.#handle.writeFile(bytes));
      await this.#handle.sync();
      await this.#handle.close();
    } catch (error) {
      await this.#handle.close().catch(() => undefined);
      await rm(this.#path, { force: true });
      throw error;
    }
  }
}

/** Writes to standard output as fast as its reader takes it. */
export async function toStdout(bytes: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of bytes) {
    if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
  }
}
