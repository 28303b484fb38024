import { spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { HOLD, holdNamespace, letGo } from './namespace.js';

const FILLING = 'takes-all-the-room';
const PIECES = [64 * 1024, 4096, 1];

/** Puts a small file system in the place of each directory, with what was in it, and says so; ends when its input does. */
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
 * Small file systems of their own in the place of directories, which can be filled and made read-only. They are seen only by programs
 * that are started through `into`: a mount namespace in a user namespace holds them (user_namespaces(7)), so that nobody must be root.
 */
export class SmallDisks {
  /** The beginning of a command line that runs a program where the disks are. */
  readonly into: readonly string[];
  readonly #holder: ChildProcess;

  /** Made by `mount`. @param holder runs as long as the disks are needed */
  constructor(holder: ChildProcess) {
    this.#holder = holder;
    this.into = ['nsenter', '-t', String(holder.pid), '-U', '-m', '--preserve-credentials', '--'];
  }

  /**
   * @param size as tmpfs(5) takes it, of each
   * @returns a sentence when this machine does not let its users mount anything
   */
  static async mount(size: string, directories: readonly string[]): Promise<SmallDisks | string> {
    const holder = await holdNamespace(['-r', '-m'], MOUNT, [size, ...directories]);
    if (typeof holder === 'string') return `no file system can be mounted by this user here: ${holder}`;
    return new SmallDisks(holder);
  }

  /** Where a test finds a path of these disks. */
  path(path: string): string {
    return `/proc/${this.#holder.pid}/root${path}`;
  }

  /** Leaves no room. What is in pages that are begun still grows to the end of them. */
  fill(directory: string): void {
    const file = openSync(this.path(join(directory, FILLING)), 'a');
    try {
      for (const piece of PIECES) while (wrote(file, Buffer.alloc(piece))) continue;
    } finally {
      closeSync(file);
    }
  }

  /** There is room again. */
  free(directory: string): void {
    rmSync(this.path(join(directory, FILLING)));
  }

  /** Whether it could be done: a disk on which a file is open for writing stays writable. */
  remount(directory: string, mode: 'ro' | 'rw'): boolean {
    const [nsenter = '', ...args] = this.into;
    return spawnSync(nsenter, [...args, 'mount', '-o', `remount,bind,${mode}`, directory]).status === 0;
  }

  /** The size of a file on them. Bytes. */
  sizeOf(path: string): number {
    return statSync(this.path(path)).size;
  }

  /** They are gone when the last program that runs on them is. */
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
