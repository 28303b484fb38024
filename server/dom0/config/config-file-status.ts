import { dirname } from 'node:path';
import { NoAnswerError } from './foreign-files.js';
import type { FileCalls } from './foreign-files.js';
import { CONFIG_LIMIT, kindOf, stampOf } from './plain-file.js';

const WRITABLE_BY_ALL = 0o002n;
const WRITABLE_BY_OTHERS = 0o022n;
const CONTROL = /\p{Cc}/u;

/** The state of a path that a glob found, without opening it. `device` is st_dev of its directory. */
export type ConfigFileStatus =
  /** A file that may be read, in this state. */
  | { readonly is: 'file'; readonly stamp: string; readonly device: number }
  | { readonly is: 'none'; readonly why: string; readonly device: number }
  | { readonly is: 'silent'; readonly why: string }
  /** A directory, or a path that no longer exists. */
  | { readonly is: 'nothing' };

export const DANGLING = 'it is a link to a file that is not there';

/**
 * Looks at one path. Never opens it: a pipe would wait for a writer, and a device may act on being opened.
 */
export class ConfigFileInspector {
  readonly #files: Pick<FileCalls, 'lstat' | 'stat'>;
  readonly #runsConfigs: boolean;
  /** The devices of the directories, each asked for once. */
  readonly #devices = new Map<string, number>();

  /**
   * Use one inspector for one look at all files. @param runsConfigs whether the toolstack
   * executes a configuration file
   */
  constructor(files: Pick<FileCalls, 'lstat' | 'stat'>, runsConfigs: boolean) {
    this.#files = files;
    this.#runsConfigs = runsConfigs;
  }

  async at(path: string): Promise<ConfigFileStatus> {
    try {
      const seen = await this.#files.stat(path);
      if (seen.isDirectory()) return { is: 'nothing' };
      const device = await this.#deviceOf(dirname(path));
      const why = seen.isFile() ? this.#unfit(path, seen) : kindOf(seen);
      return why === null ? { is: 'file', stamp: stampOf(seen), device } : { is: 'none', why, device };
    } catch (error) {
      if (error instanceof NoAnswerError) return { is: 'silent', why: error.message };
      if (!isAbsent(error)) return { is: 'none', why: 'it cannot be looked at', device: 0 };
      if (await this.#isLink(path)) return { is: 'none', why: DANGLING, device: 0 };
      // A name that is not UTF-8 cannot be used to open the file: its bytes are lost.
      return path.includes('\ufffd')
        ? { is: 'none', why: 'its name is no UTF-8', device: 0 }
        : { is: 'nothing' };
    }
  }

  #unfit(path: string, { size, mode, uid }: { size: bigint; mode: bigint; uid: bigint }): string | null {
    // Files in /proc have size 0. Some block when read, and some lose what was read.
    if (size === 0n) return 'it is empty';
    if (size > CONFIG_LIMIT) return `it is over ${CONFIG_LIMIT} bytes`;
    if ((mode & WRITABLE_BY_ALL) !== 0n) return 'anybody can write to it';
    // xl takes `A=B.cfg` in `xl create A=B.cfg` for a setting, not for a file.
    if (path.includes('=')) return "its path has a '=', which the toolstack takes for a setting";
    if (CONTROL.test(path)) return 'its path has a control character';
    const isOthers = uid !== 0n && uid !== BigInt(process.geteuid?.() ?? 0);
    if (this.#runsConfigs && (isOthers || (mode & WRITABLE_BY_OTHERS) !== 0n))
      return 'others than root can write to it, and xm runs what is in it';
    return null;
  }

  async #deviceOf(directory: string): Promise<number> {
    const device = this.#devices.get(directory) ?? Number((await this.#files.stat(directory)).dev);
    this.#devices.set(directory, device);
    return device;
  }

  #isLink(path: string): Promise<boolean> {
    return this.#files.lstat(path).then(
      (seen) => seen.isSymbolicLink(),
      () => false,
    );
  }
}

/** Whether the error says for certain that there is no such file. */
export function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
