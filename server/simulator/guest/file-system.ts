import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, posix } from 'node:path';

/** The largest guest file: the disk is a directory of the host. */
const LARGEST_FILE = 1024 * 1024;

export interface Mount {
  /** A device such as `/dev/xvda`, or the name of a file system without a device. */
  readonly source: string;
  readonly point: string;
  readonly directory: string;
  readonly writable: boolean;
}

/** A file of `/proc` or `/dev`. */
export interface VirtualFile {
  read(): string;
  write?(text: string): void;
}

/** A failed operation on a file; the message is that of strerror(3). */
export class FileFault extends Error {}

const MESSAGES: Readonly<Record<string, string>> = {
  EEXIST: 'File exists',
  EISDIR: 'Is a directory',
  ENAMETOOLONG: 'File name too long',
  ENOTDIR: 'Not a directory',
  ENOTEMPTY: 'Directory not empty',
  ENOSPC: 'No space left on device',
  EACCES: 'Permission denied',
};

/**
 * A guest's files: mounted directories of the host, and a few virtual files. It
 * never follows a symbolic link.
 */
export class FileSystem {
  readonly #mounts: Mount[] = [];
  readonly #virtual: ReadonlyMap<string, VirtualFile>;

  constructor(root: Mount, virtual: ReadonlyMap<string, VirtualFile>) {
    this.#mounts.push(root);
    this.#virtual = virtual;
  }

  get mounts(): readonly Mount[] {
    return this.#mounts;
  }

  mount(mount: Mount): void {
    this.#mounts.push(mount);
  }

  /** @returns false when nothing is mounted there. */
  unmount(pointOrSource: string): boolean {
    const at = this.#mounts.findLastIndex(
      ({ point, source }) => point !== '/' && (point === pointOrSource || source === pointOrSource),
    );
    if (at < 0) return false;
    this.#mounts.splice(at, 1);
    return true;
  }

  read(path: string): string {
    const virtual = this.#virtual.get(path);
    if (virtual) return virtual.read();
    return guarded(() => readFileSync(this.#physical(path), 'utf8'));
  }

  write(path: string, text: string, append = false): void {
    const virtual = this.#virtual.get(path);
    if (virtual) {
      if (!virtual.write) throw new FileFault('Permission denied');
      virtual.write(text);
      return;
    }
    this.#mustBeWritable(path);
    guarded(() => {
      const physical = this.#physical(path);
      const before = append && existsSync(physical) ? statSync(physical).size : 0;
      if (before + Buffer.byteLength(text) > LARGEST_FILE) throw new FileFault('No space left on device');
      writeFileSync(physical, text, { flag: append ? 'a' : 'w' });
    });
  }

  remove(path: string, recursive: boolean): void {
    this.#mustBeWritable(path);
    if (this.#mounts.some((mount) => mount.point === path)) throw new FileFault('Device or resource busy');
    guarded(() => {
      if (!recursive && this.isDirectory(path)) throw new FileFault('Is a directory');
      rmSync(this.#physical(path), { recursive });
    });
  }

  makeDirectory(path: string, parents: boolean): void {
    this.#mustBeWritable(path);
    guarded(() => mkdirSync(this.#physical(path), { recursive: parents }));
  }

  exists(path: string): boolean {
    if (this.#virtual.has(path) || this.#virtualNames(path).length > 0) return true;
    try {
      return existsSync(this.#physical(path));
    } catch {
      return false;
    }
  }

  isDirectory(path: string): boolean {
    if (this.#virtual.has(path)) return false;
    if (this.#virtualNames(path).length > 0) return true;
    return guarded(() => statSync(this.#physical(path)).isDirectory());
  }

  size(path: string): number {
    return this.#virtual.has(path) ? 0 : guarded(() => statSync(this.#physical(path)).size);
  }

  /** Names in a directory, sorted. */
  list(path: string): string[] {
    const names = new Set(this.#virtualNames(path));
    const physical = this.#physical(path);
    if (names.size === 0 || existsSync(physical)) {
      for (const name of guarded(() => readdirSync(physical))) names.add(name);
    }
    return [...names].sort();
  }

  #virtualNames(directory: string): string[] {
    const prefix = directory === '/' ? '/' : `${directory}/`;
    return [...this.#virtual.keys()]
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length).split('/')[0] ?? '');
  }

  #mountOf(path: string): Mount {
    const holds = ({ point }: Mount): boolean =>
      point === '/' || path === point || path.startsWith(`${point}/`);
    const mount = this.#mounts.findLast(holds);
    if (!mount) throw new FileFault('No such file or directory');
    return mount;
  }

  #mustBeWritable(path: string): void {
    if (!this.#mountOf(path).writable) throw new FileFault('Read-only file system');
  }

  #physical(path: string): string {
    const mount = this.#mountOf(path);
    const inside = posix.relative(mount.point, path);
    let physical = mount.directory;
    for (const part of inside.split('/').filter((piece) => piece !== '')) {
      physical = join(physical, part);
      const found = guarded(() => lstatSync(physical, { throwIfNoEntry: false }));
      if (found?.isSymbolicLink() === true) throw new FileFault('No such file or directory');
    }
    return physical;
  }
}

function guarded<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof FileFault) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? '';
    throw new FileFault(MESSAGES[code] ?? 'No such file or directory');
  }
}
