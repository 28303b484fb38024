import { once } from 'node:events';
import { open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { CliError, EXIT } from './exit-status.js';

/** Takes bytes that are handed over piece by piece. */
export type TakeBytes = (bytes: AsyncIterable<Buffer>) => Promise<void>;

/**
 * A file that was not there before, mode 0600, filled with bytes that somebody hands over. Half of it is worse than none:
 * whatever goes wrong, it is removed.
 *
 * The bytes are not piped: where the disk takes no more, Node 24's `pipeline` can leave the source paused and never end.
 */
export class NewFile {
  readonly #path: string;
  readonly #handle: FileHandle;

  /** Made by `create`. */
  constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  /** @throws CliError when it is there already; as `open` does when it cannot be made */
  static async create(path: string): Promise<NewFile> {
    try {
      return new NewFile(path, await open(path, 'wx', 0o600));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      throw new CliError(`${path} is there already: name a new file`, EXIT.refused);
    }
  }

  /**
   * On the disk when it resolves.
   *
   * @param work gets what writes bytes into the file, as fast as the disk takes them
   * @throws as the work does, or the file system; then there is no file
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

/** Writes to the standard output as fast as its reader takes it. */
export async function toStdout(bytes: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of bytes) {
    if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
  }
}
