import { posix } from 'node:path';

import type { Call, Command, Result } from './command.js';

function mount(call: Call): Result {
  const { files, disks, cwd } = call.around;
  const operands: string[] = [];
  let readOnly = false;
  for (let at = 0; at < call.args.length; at++) {
    const argument = call.args[at] ?? '';
    if (argument === '-o') readOnly = /(^|,)ro(,|$)/.test(call.args[++at] ?? '') || readOnly;
    else if (argument === '-t') at++;
    else if (argument === '-r') readOnly = true;
    else if (!argument.startsWith('-')) operands.push(argument);
  }
  const [source, target] = operands;
  if (source === undefined) return { out: files.read('/proc/mounts') };
  if (target === undefined) return { err: `mount: ${source}: can't find in /etc/fstab.\n`, status: 1 };
  const point = posix.resolve(cwd, target);
  if (!files.exists(point) || !files.isDirectory(point)) {
    return { err: `mount: ${target}: mount point does not exist.\n`, status: 32 };
  }
  const disk = disks.find(({ device }) => source === `/dev/${device}`);
  if (!disk) return { err: `mount: ${target}: special device ${source} does not exist.\n`, status: 32 };
  if (files.mounts.some((mounted) => mounted.source === source)) {
    return { err: `mount: ${target}: ${source} already mounted.\n`, status: 32 };
  }
  const { directory } = disk;
  if (directory === null) {
    const why = 'wrong fs type, bad option, bad superblock on';
    return {
      err: `mount: ${target}: ${why} ${source}, missing codepage or helper program, or other error.\n`,
      status: 32,
    };
  }
  files.mount({ source, point, directory, writable: disk.writable && !readOnly });
  if (disk.writable || readOnly) return {};
  return { err: `mount: ${target}: WARNING: source write-protected, mounted read-only.\n` };
}

function umount(call: Call): Result {
  const { files, cwd } = call.around;
  const [target] = call.args.filter((argument) => !argument.startsWith('-'));
  if (target === undefined) return { err: 'umount: bad usage\n', status: 1 };
  const point = posix.resolve(cwd, target);
  if (files.mounts.some((mounted) => mounted.point === point) && `${cwd}/`.startsWith(`${point}/`)) {
    return { err: `umount: ${target}: target is busy.\n`, status: 32 };
  }
  if (files.unmount(point) || files.unmount(target)) return {};
  return { err: `umount: ${target}: not mounted.\n`, status: 32 };
}

function lsblk({ around }: Call): Result {
  const rows = around.disks.map(({ device, writable }, index) => {
    const point = around.files.mounts.find(({ source }) => source === `/dev/${device}`)?.point ?? '';
    return `${device} 202:${String(index * 16).padEnd(4)} 0   4G  ${writable ? 0 : 1} disk ${point}\n`;
  });
  return { out: `NAME MAJ:MIN RM SIZE RO TYPE MOUNTPOINTS\n${rows.join('')}` };
}

function df({ around }: Call): Result {
  const rows = around.files.mounts.map(
    ({ source, point }) => `${source.padEnd(15)}   4061888    912340   2923500  24% ${point}\n`,
  );
  return { out: `Filesystem      1K-blocks      Used Available Use% Mounted on\n${rows.join('')}` };
}

export const MOUNT_COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['mount', mount],
  ['umount', umount],
  ['lsblk', lsblk],
  ['df', df],
]);
