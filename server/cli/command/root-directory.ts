import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';

/** The directory below which the files of a machine lie: `/`, or where another machine's disk or an image is. */
export class RootDirectory {
  readonly path: string;

  /** @param path as given with `--root` */
  constructor(path = '/') {
    this.path = resolve(path);
  }

  /** Whether the files are this machine's own. */
  get isThisMachine(): boolean {
    return this.path === '/';
  }

  /** @param path absolute, as on the machine that the files are of */
  at(path: string): string {
    return join(this.path, path);
  }

  /** The path as on the machine that the files are of. */
  shown(path: string): string {
    if (this.isThisMachine) return path;
    return path === this.path ? '/' : path.startsWith(this.path + sep) ? path.slice(this.path.length) : path;
  }

  /** As `holds`, of what is there of the path: where a file of that name would be made. */
  wouldHold(path: string): boolean {
    let at = path;
    while (at !== dirname(at) && !existsSync(at)) at = dirname(at);
    return this.holds(at);
  }

  /**
   * Whether a path, its symbolic links followed, still is below the root: those of an image name files of this machine.
   *
   * @throws as `realpath` does, when there is none
   */
  holds(path: string): boolean {
    if (this.isThisMachine) return true;
    const root = realpathSync(this.path);
    const real = realpathSync(path);
    return real === root || real.startsWith(root + sep);
  }
}
