import { writeFileSync } from 'node:fs';
import type { DiskConfig } from '../config/domain-config.js';
import { diskDirectory } from '../raw-disk.js';
import { diskPath, readDiskFile, type LoadedKernel } from './loaded-kernel.js';

/** The system that a kernel starts. */
export type System =
  /** The customer's own system, from its disk. */
  | { readonly kind: 'installed'; readonly root: DiskConfig }
  /** The root file system in its /etc/fstab is missing. */
  | { readonly kind: 'initramfs'; readonly missing: string }
  /** A ramdisk; no disk is mounted. With a suite it is an installer, which only says what it would do. */
  | { readonly kind: 'rescue'; readonly suite: string | undefined };

/**
 * Chooses the rescue system for its image, or for the word `rescue` or `install-suite=` on the
 * command line. Otherwise the system is on the disk that `root=` names, or on the one that the kernel
 * came from, or on the first.
 */
export function chooseSystem(kernel: LoadedKernel, disks: readonly DiskConfig[]): System {
  const words = kernel.commandLine.split(/\s+/);
  const suite = words.findLast((word) => word.startsWith('install-suite='))?.slice('install-suite='.length);
  if (kernel.role === 'rescue' || words.includes('rescue') || suite !== undefined) {
    return { kind: 'rescue', suite };
  }
  const named = words.findLast((word) => word.startsWith('root=/dev/'))?.slice('root='.length);
  const wanted = named === undefined ? undefined : disks.find(({ device }) => `/dev/${device}` === named);
  const disk = named === undefined ? (kernel.disk ?? disks[0]) : wanted;
  if (!disk) return { kind: 'initramfs', missing: named ?? '/dev/xvda' };
  if (diskDirectory(disk.target) === null) return { kind: 'initramfs', missing: `/dev/${disk.device}` };
  const device = rootDevice(disk);
  const attached = disks.some((each) => device === `/dev/${each.device}`);
  return attached ? { kind: 'installed', root: disk } : { kind: 'initramfs', missing: device };
}

/** Whether a shell takes the place of init: `init=/bin/sh`. It asks for no login, and nothing shuts it down. */
export function hasShellForInit(system: System, commandLine: string): boolean {
  return system.kind === 'installed' && /(?:^|\s)init=\/bin\/(?:ba)?sh(?:\s|$)/.test(commandLine);
}

/** A system's host name: from its /etc/hostname, or else the domain's name. */
export function hostName(system: System, domainName: string): string {
  const text = system.kind === 'installed' ? readDiskFile(system.root, 'etc/hostname') : '';
  return /^[\w.-]{1,64}$/m.exec(text)?.[0] ?? domainName;
}

/** The system's name for people: from its /etc/os-release. */
export function systemName(system: System): string {
  const text = system.kind === 'installed' ? readDiskFile(system.root, 'etc/os-release') : '';
  return /^PRETTY_NAME="([\w ./()-]{1,60})"$/m.exec(text)?.[1] ?? 'Debian GNU/Linux 12 (bookworm)';
}

/** Gives an installed image the host name of its seed disk, as cloud-init does. */
export function takeHostName(system: System, name: string): void {
  if (system.kind !== 'installed' || !system.root.writable) return;
  if (readDiskFile(system.root, 'etc/cloud/cloud.cfg') === '') return;
  writeFileSync(diskPath(system.root, 'etc/hostname'), `${name}\n`);
}

/** The device of `/` in the disk's /etc/fstab; by default the disk itself. */
function rootDevice(disk: DiskConfig): string {
  const rows = readDiskFile(disk, 'etc/fstab')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/));
  return rows.find(([, point]) => point === '/')?.[0] ?? `/dev/${disk.device}`;
}
