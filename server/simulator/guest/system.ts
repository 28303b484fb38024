import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { DiskConfig, DomainConfig } from '../domain-config.js';

/** What a kernel or boot loader image of the simulated host says of itself. */
export type ImageRole = 'linux' | 'rescue' | 'pvgrub';

/** How a domain with this configuration comes up. */
export type System =
  /** The customer's own, from its disk. */
  | { readonly kind: 'installed'; readonly root: DiskConfig }
  /** The root file system that its /etc/fstab names is not there. */
  | { readonly kind: 'initramfs'; readonly missing: string }
  /** From a ramdisk, or from a rescue disk that was put first. */
  | { readonly kind: 'rescue'; readonly root: DiskConfig | undefined };

/** A disk with this file on it is a rescue system. */
export const RESCUE_MARK = 'etc/rescue-release';

export function chooseSystem(config: DomainConfig): System {
  const [first] = config.disks;
  const role = config.bootloader === undefined ? imageRole(config.kernel) : 'pvgrub';
  if (role === 'rescue') return { kind: 'rescue', root: undefined };
  if (!first) return { kind: 'initramfs', missing: '/dev/xvda' };
  if (existsSync(join(first.target, RESCUE_MARK))) return { kind: 'rescue', root: first };
  const device = rootDevice(first);
  const attached = config.disks.some((disk) => device === `/dev/${disk.device}`);
  return attached ? { kind: 'installed', root: first } : { kind: 'initramfs', missing: device };
}

function imageRole(path: string | undefined): ImageRole {
  const text = path === undefined || !existsSync(path) ? '' : readFileSync(path, 'utf8').slice(0, 256);
  const role = /^role: (\w+)$/m.exec(text)?.[1];
  return role === 'rescue' || role === 'pvgrub' ? role : 'linux';
}

/** The device of `/` in the disk's /etc/fstab; without one the disk itself. */
function rootDevice(disk: DiskConfig): string {
  const rows = readDiskFile(disk, 'etc/fstab')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/));
  return rows.find(([, point]) => point === '/')?.[0] ?? `/dev/${disk.device}`;
}

/** @returns the empty text when there is no such file. */
export function readDiskFile(disk: DiskConfig | undefined, path: string): string {
  if (!disk) return '';
  try {
    return readFileSync(join(disk.target, path), 'utf8');
  } catch {
    return '';
  }
}
