import { join } from 'node:path';
import type { Actor } from '../../wire/operation.js';
import type { LogDisk } from './log-disk.js';

/** The beginning of `switch.json`. */
const SWITCHED = /^\{"keep":(true|false)(?:,"at":"([^"]*)")?/;
const READ_BYTES = 64 * 1024;

/** Whether a domain's console is logged. It is remembered in `switch.json` beside the log. */
export class LogSwitch {
  readonly #file: string;
  readonly #disk: Pick<LogDisk, 'read' | 'replace'>;
  isOn = true;
  #at: string | null = null;

  constructor(folder: string, disk: Pick<LogDisk, 'read' | 'replace'>) {
    this.#file = join(folder, 'switch.json');
    this.#disk = disk;
  }

  /** When it was last switched, ISO 8601; null: never. */
  get at(): string | null {
    return this.#at;
  }

  /** Reads what was stored. @throws a disk error */
  async load(): Promise<void> {
    const text = await this.#disk.read(this.#file, 0, READ_BYTES);
    const [, keep, at = ''] = SWITCHED.exec(text?.toString('latin1') ?? '') ?? [];
    this.isOn = keep !== 'false';
    this.#at = Number.isNaN(Date.parse(at)) ? null : at;
  }

  /**
   * Stores a position; the caller then sets `isOn`.
   *
   * @param at milliseconds since the epoch
   * @throws a disk error; then nothing has changed
   */
  async store(keep: boolean, actor: Actor, at: number): Promise<void> {
    const time = new Date(at).toISOString();
    await this.#disk.replace(this.#file, `${JSON.stringify({ keep, at: time, actor })}\n`);
    this.#at = time;
  }
}
