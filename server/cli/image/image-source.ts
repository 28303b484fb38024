import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { reason } from '../../wire/reason.js';
import { CliError } from '../command/exit-status.js';
import { download, parseDownloadUrl } from './download.js';
import type { Download, Patience } from './download.js';

/** Where an image, or a file of sums, comes from: a file of this machine, or an https URL. */
export class ImageSource {
  readonly #url: URL | null;
  readonly #path: string;

  /** @throws CliError for a URL that is not fetched */
  constructor(text: string) {
    this.#url = parseDownloadUrl(text);
    this.#path = this.#url === null ? resolve(text) : '';
  }

  get isFetched(): boolean {
    return this.#url !== null;
  }

  /** Its path or URL. */
  get shown(): string {
    return this.#url?.href ?? this.#path;
  }

  /** By which it stands in a file of sums. */
  get name(): string {
    if (this.#url === null) return basename(this.#path);
    const last = this.#url.pathname.split('/').at(-1) ?? '';
    try {
      return decodeURIComponent(last);
    } catch {
      return last;
    }
  }

  /** @throws CliError, at once or while the body is read */
  async open(signal: AbortSignal, patience: Patience): Promise<Download> {
    if (this.#url !== null) return download(this.#url, signal, patience);
    try {
      // A pipe without a writer would block for ever.
      const handle = await open(this.#path, constants.O_RDONLY | constants.O_NONBLOCK);
      const stat = await handle.stat();
      if (stat.isFile())
        return { bytes: stat.size, body: handle.createReadStream({ signal, highWaterMark: 1024 * 1024 }) };
      await handle.close();
      throw new CliError(`${this.#path} is no plain file`);
    } catch (error) {
      if (error instanceof CliError) throw error;
      throw new CliError(`${this.#path} cannot be read: ${reason(error)}`);
    }
  }

  /**
   * A small file, whole.
   *
   * @throws CliError, also when it is larger
   */
  async text(signal: AbortSignal, patience: Patience, mostBytes: number): Promise<string> {
    const { body } = await this.open(signal, patience);
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of body) {
      bytes += piece.length;
      if (bytes > mostBytes)
        throw new CliError(`${this.shown} is larger than ${mostBytes} bytes: it is no file of sums`);
      pieces.push(piece);
    }
    return Buffer.concat(pieces).toString('utf8');
  }
}
