import { spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { HOLD, holdNamespace, letGo } from './namespace.js';

const FILLING = 'takes-all-the-room';
const PIECES = [64 * 1024, 4096, 1];

/**
 * Replaces each directory by a small file system with the same content, and reports it. It ends when its
 * input ends.
 */
const MOUNT = `
size=$1
shift
for directory; do
  cp -a "$directory" "$directory.kept" &&
    mount -t tmpfs -o "size=$size,mode=0700" none "$directory" &&
    cp -a "$directory.kept/." "$directory/" &&
    rm -rf "$directory.kept" || exit 1
done
${HOLD}
`;

/**
 * Small file systems in the place of directories. They can be filled and made read-only. Only programs that
 * are started through `into` see them: they are in a mount namespace inside a user namespace
 * (user_namespaces(7)), so nobody needs to be root.
 */
export class SmallDisks {
  /** The beginning of a command line that runs a program with these disks. */
  readonly into: readonly string[];
  readonly #holder: ChildProcess;

  /** Use `mount`. @param holder runs as long as the disks are needed */
  constructor(holder: ChildProcess) {
    this.#holder = holder;
    this.into = ['nsenter', '-t', String(holder.pid), '-U', '-m', '--preserve-credentials', '--'];
  }

  /**
   * @param size of each, as tmpfs(5) takes it
   * @returns a sentence when this machine does not let its users mount anything
   */
  static async mount(size: string, directories: readonly string[]): Promise<SmallDisks | string> {
    const holder = await holdNamespace(['-r', '-m'], MOUNT, [size, ...directories]);
    if (typeof holder === 'string') return `no file system can be mounted by this user here: ${holder}`;
    return new SmallDisks(holder);
  }

  /** The path of a file on these disks, as a test finds it. */
  path(path: string): string {
    return `/proc/${this.#holder.pid}/root${path}`;
  }

  /** Fills the disk. Files can still grow to the end of a page that they have begun. */
  fill(directory: string): void {
    const file = openSync(this.path(join(directory, FILLING)), 'a');
    try {
      for (const piece of PIECES) while (wrote(file, Buffer.alloc(piece))) continue;
    } finally {
      closeSync(file);
    }
  }

  /** Makes room again. */
  free(directory: string): void {
    rmSync(this.path(join(directory, FILLING)));
  }

  /** @returns whether it worked: a disk with a file open for writing stays writable */
  remount(directory: string, mode: 'ro' | 'rw'): boolean {
    const [nsenter = '', ...args] = this.into;
    return spawnSync(nsenter, [...args, 'mount', '-o', `remount,bind,${mode}`, directory]).status === 0;
  }

  /** The size of a file on these disks, in bytes. */
  sizeOf(path: string): number {
    return statSync(this.path(path)).size;
  }

  /** Unmounts them. They go with the last program that runs on them. */
  async unmount(): Promise<void> {
    await letGo(this.#holder);
  }
}

function wrote(file: number, bytes: Buffer): boolean {
  try {
    return writeSync(file, bytes) > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    return false;
  }
}
