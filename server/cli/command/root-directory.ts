import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';

/** The root of a machine's files: `/`, or the place where another machine's disk or image is mounted. */
export class RootDirectory {
  readonly path: string;

  /** @param path as given with `--root` */
  constructor(path = '/') {
    this.path = resolve(path);
  }

  /** Whether the files belong to this machine. */
  get isThisMachine(): boolean {
    return this.path === '/';
  }

  /** @param path absolute, as on the machine that owns the files */
  at(path: string): string {
    return join(this.path, path);
  }

  /** The path as on the machine that owns the files. */
  shown(path: string): string {
    if (this.isThisMachine) return path;
    return path === this.path ? '/' : path.startsWith(this.path + sep) ? path.slice(this.path.length) : path;
  }

  /** As `holds`, for a file that may not exist yet: checks the nearest directory that exists. */
  wouldHold(path: string): boolean {
    let at = path;
    while (at !== dirname(at) && !existsSync(at)) at = dirname(at);
    return this.holds(at);
  }

  /**
   * Whether a path is still below the root after its symbolic links are followed. A link in an image may lead
   * to a file of this machine.
   *
   * @throws as `realpath` does, when the path does not exist
   */
  holds(path: string): boolean {
    if (this.isThisMachine) return true;
    const root = realpathSync(this.path);
    const real = realpathSync(path);
    return real === root || real.startsWith(root + sep);
  }
}
