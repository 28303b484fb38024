import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { DiskConfig } from '../config/domain-config.js';
import { diskDirectory } from '../raw-disk.js';

/**
 * The role that a kernel or boot loader image of the simulated host names. `firmware`: an HVM guest's own, which
 * found no drive to boot.
 */
type ImageRole = 'linux' | 'rescue' | 'pvgrub' | 'pvhgrub' | 'firmware';

/** A kernel that was found and is to be started. */
export interface LoadedKernel {
  readonly role: ImageRole;
  readonly commandLine: string;
  /** The disk whose boot loader found it; undefined when dom0 did. */
  readonly disk: DiskConfig | undefined;
}

/** The role of an image file on the host; `linux` when it names none. */
export function imageRole(path: string | undefined): ImageRole {
  const text = path === undefined || !existsSync(path) ? '' : readFileSync(path, 'utf8').slice(0, 256);
  const role = /^role: (\w+)$/m.exec(text)?.[1];
  return role === 'rescue' || role === 'pvgrub' || role === 'pvhgrub' ? role : 'linux';
}

/** The host's path of a file on a guest's disk; `..` cannot lead out of it. */
export function diskPath(disk: DiskConfig, path: string): string {
  return join(diskDirectory(disk.target) ?? disk.target, posix.normalize(`/${path}`));
}

/** @returns the empty text when there is no such file. */
export function readDiskFile(disk: DiskConfig | undefined, path: string): string {
  if (!disk) return '';
  try {
    return readFileSync(diskPath(disk, path), 'utf8');
  } catch {
    return '';
  }
}
