import type { DiskConfig, DomainConfig } from './config/domain-config.js';
import { GrubCommands } from './guest/grub-commands.js';
import { parseGrubConfig, parseMenuList, type GrubEntry, type GrubMenu } from './guest/grub-config.js';
import { imageRole, readDiskFile, type LoadedKernel } from './guest/loaded-kernel.js';

/** The menus that pygrub looks for on the disk; the first one found counts. */
const MENUS: readonly (readonly [string, (text: string) => GrubMenu])[] = [
  ['/boot/grub/menu.lst', parseMenuList],
  ['/boot/grub/grub.cfg', parseGrubConfig],
];

/** Why a boot loader in dom0 found nothing to boot. */
export interface BootloaderFailure {
  readonly problem: 'no-disk' | 'failed';
  /** The boot loader's exit status. */
  readonly status: number;
}

/**
 * The first kernel of a domain: its own, or with `bootloader=` the one that pygrub finds on the first disk.
 * With a boot loader `kernel=` is a path inside the guest's disk, an empty bootloader is one that cannot be
 * run, and `extra=` is appended.
 */
export function decideKernel(config: DomainConfig): LoadedKernel | BootloaderFailure {
  if (config.type === 'hvm') return bootedByFirmware(config);
  const extra = config.cmdline ?? '';
  if (config.bootloader === undefined) {
    return { role: imageRole(config.kernel), commandLine: extra, disk: undefined };
  }
  const [disk] = config.disks;
  if (!disk) return { problem: 'no-disk', status: 1 };
  if (config.bootloader === '') return { problem: 'failed', status: 255 };
  const entry: GrubEntry | undefined =
    config.kernel === undefined
      ? entryOf(config)
      : { title: '', commands: [['linux', `/${config.kernel.replace(/^\/+/, '')}`]] };
  // pygrub reads only the first disk: it does not find what an entry names on another one.
  const outcome = entry && new GrubCommands([disk], disk).runEntry(entry);
  if (!outcome || !('boot' in outcome)) return { problem: 'failed', status: 1 };
  const args = config.bootloaderArguments.flatMap((argument) => /^--args=(.*)$/.exec(argument)?.[1] ?? []);
  const commandLine = [outcome.boot.commandLine, args.at(-1) ?? extra]
    .filter((part) => part !== '')
    .join(' ');
  return { ...outcome.boot, commandLine };
}

/** The default of the first drive that has a boot menu: those of the boot order, then the others, as SeaBIOS tries them. */
function bootedByFirmware({ disks, bootOrder = 'cda' }: DomainConfig): LoadedKernel {
  const drives = Array.from(`${bootOrder}cd`).flatMap((letter) => {
    const isWanted = ({ cdrom }: DiskConfig): boolean =>
      (letter === 'c' && cdrom === undefined) || (letter === 'd' && cdrom !== undefined);
    return disks.filter((disk) => isWanted(disk)).slice(0, 1);
  });
  for (const drive of drives) {
    const entry = entryOf({ disks: [drive], bootloaderArguments: [] });
    const outcome = entry && new GrubCommands([drive], drive).runEntry(entry);
    if (outcome && 'boot' in outcome) return outcome.boot;
  }
  return { role: 'firmware', commandLine: '', disk: undefined };
}

/** Whether the guest answers over Xen's own interface. An HVM guest does when its system has the drivers. */
export function hasXenDrivers(config: DomainConfig, kernel: LoadedKernel | BootloaderFailure): boolean {
  if (config.type !== 'hvm') return true;
  if (isFailure(kernel) || kernel.role === 'firmware') return false;
  return readDiskFile(kernel.disk, 'etc/no-xen-drivers') === '';
}

/** `xl console` reads an HVM guest's first emulated serial port. */
export function hasTextConsole({ type, serial }: DomainConfig): boolean {
  return type !== 'hvm' || [serial].flat()[0] === 'pty';
}

export function isFailure(kernel: LoadedKernel | BootloaderFailure): kernel is BootloaderFailure {
  return 'problem' in kernel;
}

/** The entry that `--entry=N` names, or the default. */
function entryOf({
  disks,
  bootloaderArguments,
}: Pick<DomainConfig, 'disks' | 'bootloaderArguments'>): GrubEntry | undefined {
  for (const [path, parse] of MENUS) {
    const text = readDiskFile(disks[0], path);
    if (text === '') continue;
    const menu = parse(text);
    const named = bootloaderArguments
      .flatMap((argument) => /^--entry=(\d+)$/.exec(argument)?.[1] ?? [])
      .at(-1);
    return menu.entries[named === undefined ? menu.chosen : Number(named)];
  }
  return undefined;
}
