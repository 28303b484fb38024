import { randomBytes } from 'node:crypto';
import { access, copyFile, mkdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { CD_MENU, DISK_MENU, image, KERNEL_FILES, RESCUE_MENU } from './boot-files.js';
import { livingProcesses } from './process-marks.js';
import { rawDisk } from './raw-disk.js';
import { xendDownMark, XEND_MINIMUM_RESTART } from './xend.js';
import type { DomainType } from './config/domain-config.js';
import type { HostSettings } from './host-settings.js';

/** A guest that gets a configuration file and a disk. */
export interface SimulatedDomain {
  readonly name: string;
  /** MiB; 128 by default. */
  readonly memory?: number;
  readonly vcpus?: number;
  /** Its /etc/fstab names a missing disk: it stops in its initramfs until somebody repairs that. */
  readonly brokenFstab?: boolean;
  /** Its kernel is on its own disk, where a boot loader finds it: in the domain, or in dom0. */
  readonly bootloader?: 'pvgrub' | 'pygrub';
  /** PV by default. An HVM guest boots from its disk and has a serial port. */
  readonly type?: DomainType;
  /** HVM: no serial port, so that it has no text console. */
  readonly noSerial?: boolean;
  /** HVM: its system has no drivers for Xen, so that only its power button reaches it. */
  readonly noXenDrivers?: boolean;
  /** MiB. Its disk is a raw file of this size, which an image can be written to; a directory by default. */
  readonly rawDisk?: number;
  /** It ignores requests to shut down. */
  readonly ignoresShutdown?: boolean;
  /** More lines for its configuration file, such as `on_crash="preserve"`. */
  readonly settings?: readonly string[];
}

export interface SimulatorOptions {
  /** Made when it is missing. Disks, configurations and running domains of an earlier host are kept. */
  readonly directory: string;
  /** Real durations are multiplied by this; 1 by default. */
  readonly timeScale?: number;
  /** The host's, in MiB; 8192 by default. */
  readonly memory?: number;
  /** After it domids begin again at 1; 32751, as on Xen, by default. */
  readonly greatestDomid?: number;
  /** xend restarts no domain that is younger; 60 s, as in Xen 4.1, by default. Milliseconds of the real thing. */
  readonly xendMinimumRestart?: number;
  /** Kernels write a line behind each prompt, as they do where the machine is slow. As before by default. */
  readonly noisyKernels?: boolean;
  readonly domains?: readonly SimulatedDomain[];
}

/** Absolute paths of a simulated host. */
export interface SimulatedHost {
  readonly directory: string;
  /** The executable that answers as `xl`. */
  readonly xl: string;
  /** The executable that answers as `xm` of Xen 4.1 would, for the same domains. */
  readonly xm: string;
  /** Makes seed disks as xorriso would, for a machine that has none. */
  readonly xorriso: string;
  /** Reads what guests wrote into Xen's store. */
  readonly xenstoreRead: string;
  /** Counts network and disks of all domains. */
  readonly xentop: string;
  /** While this file exists, xend does not run; only `xm` checks it. */
  readonly xendDown: string;
  /** A glob for the domains' configuration files. */
  readonly configs: string;
  readonly kernel: string;
  readonly ramdisk: string;
  readonly rescueKernel: string;
  readonly rescueRamdisk: string;
  /** A disk to attach read-only; in first place it shows a boot menu. */
  readonly rescueDisk: string;
  /** A boot loader image that boots the system on the first disk. */
  readonly pvgrub: string;
  /** The same for PVH. */
  readonly pvhgrub: string;
  /** A CD image that HVM guests can boot: a rescue system. */
  readonly rescueCd: string;
}

/** sun_path holds 104 bytes on some systems, and `/NNNNNN.sock` must fit. */
const LONGEST_SOCKET_DIRECTORY = 90;
const TOOLS = ['xl', 'xm', 'xorriso', 'xenstore-read', 'xentop'] as const;
/** For the processes to end by themselves. */
const STOP_MILLISECONDS = 3_000;
/** For the kernel to end those that were killed. */
const KILL_MILLISECONDS = 60_000;
const DEFAULT_MEMORY = 8192;
const MIB = 1024 * 1024;
/** What the system takes of a raw disk at first; the rest is sparse. */
const SYSTEM_BYTES = 128 * 1024;
const SMALLEST_SCALE = 0.001;
/** The one before DOMID_FIRST_RESERVED, xen/include/public/xen.h. */
const GREATEST_DOMID = 0x7fef;

/** Lays out a Xen host in a directory. A repeated call keeps what the guests have done to their disks. */
export async function installSimulator(options: SimulatorOptions): Promise<SimulatedHost> {
  const directory = resolve(options.directory);
  const images = join(directory, 'srv', 'xen');
  const host: SimulatedHost = {
    directory,
    xl: join(directory, 'bin', 'xl'),
    xm: join(directory, 'bin', 'xm'),
    xorriso: join(directory, 'bin', 'xorriso'),
    xenstoreRead: join(directory, 'bin', 'xenstore-read'),
    xentop: join(directory, 'bin', 'xentop'),
    xendDown: xendDownMark(directory),
    configs: join(directory, 'etc', 'xen', '*.cfg'),
    kernel: join(images, 'vmlinuz'),
    ramdisk: join(images, 'initrd.gz'),
    rescueKernel: join(images, 'rescue-vmlinuz'),
    rescueRamdisk: join(images, 'rescue-initrd.gz'),
    rescueDisk: join(images, 'rescue.img'),
    pvgrub: join(images, 'pvgrub'),
    pvhgrub: join(images, 'pvhgrub'),
    rescueCd: join(images, 'rescue.iso'),
  };
  for (const part of [
    'bin',
    'etc/xen',
    'srv/xen',
    'var/lock',
    'var/log/xen',
    'state/domains',
    'state/daemons',
  ]) {
    await mkdir(join(directory, part), { recursive: true });
  }
  await rm(join(directory, 'state', 'stopped'), { force: true });
  const settings = await settingsFor(directory, options);
  await replaceFile(join(directory, 'state', 'host.json'), JSON.stringify(settings));
  await replaceFile(
    join(directory, 'state', 'tools'),
    `${settings.sockets}\n${process.execPath}\n${beside('tools-process.js')}\n`,
  );
  for (const tool of TOOLS) {
    const file = join(directory, 'bin', tool);
    await copyFile(beside('tool.bin'), `${file}.new`);
    await rename(`${file}.new`, file);
  }

  for (const [path, role] of [
    [host.kernel, 'linux'],
    [host.ramdisk, 'linux'],
    [host.rescueKernel, 'rescue'],
    [host.rescueRamdisk, 'rescue'],
    [host.pvgrub, 'pvgrub'],
    [host.pvhgrub, 'pvhgrub'],
  ] as const) {
    await writeMissing(path, image(role));
  }
  await layFiles(host.rescueDisk, {
    'boot/grub/grub.cfg': RESCUE_MENU,
    ...KERNEL_FILES,
    'root/README': 'mount your disk on /mnt, mend it, umount /mnt, poweroff\n',
  });
  await layFiles(host.rescueCd, { 'boot/grub/grub.cfg': CD_MENU, ...KERNEL_FILES });
  for (const domain of options.domains ?? []) await layDomain(host, domain);
  return host;
}

/**
 * Ends every process of a simulated host, like pulling its plug; its disks stay. Harmless when
 * repeated, or without a host.
 *
 * @throws when a process cannot be ended.
 */
export async function stopSimulator(directory: string): Promise<void> {
  const home = resolve(directory);
  const state = join(home, 'state');
  const settings = await readSettings(state);
  if (!settings) return;
  // First, so that an `xl create` under way gives up instead of leaving a process behind.
  await writeFile(join(state, 'stopped'), '');
  const deadline = Date.now() + STOP_MILLISECONDS;
  let signal: NodeJS.Signals = 'SIGTERM';
  for (let living = livingProcesses(home); living.length > 0; living = livingProcesses(home)) {
    if (Date.now() > deadline) signal = 'SIGKILL';
    if (Date.now() > deadline + KILL_MILLISECONDS) {
      throw new Error(
        `processes of the simulated host do not end: ${living.map(({ pid }) => pid).join(', ')}`,
      );
    }
    for (const { pid } of living) kill(pid, signal);
    await sleep(20);
  }
  // A process that only begins now may still leave its mark, and ends when it has seen that the host is stopped.
  const all = { recursive: true, force: true, maxRetries: 20, retryDelay: 20 };
  for (const made of [join(state, 'domains'), join(state, 'daemons'), settings.sockets]) await rm(made, all);
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended before the signal came.
  }
}

async function readSettings(state: string): Promise<HostSettings | undefined> {
  try {
    return JSON.parse(await readFile(join(state, 'host.json'), 'utf8')) as HostSettings;
  } catch {
    return undefined;
  }
}

async function settingsFor(directory: string, options: SimulatorOptions): Promise<HostSettings> {
  const before = await readSettings(join(directory, 'state'));
  const near = join(directory, 'state', 'sockets');
  const far = join(tmpdir(), `xen-${randomBytes(6).toString('hex')}`);
  return {
    timeScale: Math.max(options.timeScale ?? 1, SMALLEST_SCALE),
    memory: options.memory ?? DEFAULT_MEMORY,
    sockets: before?.sockets ?? (Buffer.byteLength(near) <= LONGEST_SOCKET_DIRECTORY ? near : far),
    bootedAt: before?.bootedAt ?? Date.now(),
    greatestDomid: options.greatestDomid ?? GREATEST_DOMID,
    xendMinimumRestart: options.xendMinimumRestart ?? XEND_MINIMUM_RESTART,
    noisyKernels: options.noisyKernels ?? before?.noisyKernels ?? false,
  };
}

function beside(file: string): string {
  return fileURLToPath(new URL(`./${file}`, import.meta.url));
}

async function layDomain(host: SimulatedHost, domain: SimulatedDomain): Promise<void> {
  const { name } = domain;
  const disk = join(host.directory, 'srv', 'xen', `${name}.img`);
  const file = join(host.directory, 'etc', 'xen', `${name}.cfg`);
  await writeMissing(
    file,
    [
      `name = "${name}"`,
      `type = "${domain.type ?? 'pv'}"`,
      `memory = ${domain.memory ?? 128}`,
      `vcpus = ${domain.vcpus ?? 1}`,
      ...bootLines(host, domain),
      `disk = [ "file:${disk},xvda,w" ]`,
      'vif = [ ]',
      'on_poweroff = "destroy"',
      'on_reboot = "restart"',
      'on_crash = "destroy"',
      ...(domain.settings ?? []),
      '',
    ].join('\n'),
  );
  const root = domain.brokenFstab === true ? '/dev/xvdz' : '/dev/xvda';
  const files = {
    'etc/fstab': `# <file system> <mount point> <type> <options> <dump> <pass>\n${root} / ext4 errors=remount-ro 0 1\nproc /proc proc defaults 0 0\n`,
    'etc/hostname': `${name}\n`,
    'etc/issue': 'Debian GNU/Linux 12 \\n \\l\n\nLog in as root, without a password.\n\n',
    'etc/motd': "\nA simulated guest; 'help' lists what it can do.\n\n",
    'etc/sysctl.conf': 'kernel.sysrq = 1\n',
    'root/notes.txt': `These files are ${name}'s disk: what you change stays.\n`,
    'mnt/.keep': '',
    'tmp/.keep': '',
    ...(domain.noXenDrivers === true ? { 'etc/no-xen-drivers': 'yes\n' } : {}),
    ...(domain.bootloader === undefined && domain.type !== 'hvm'
      ? {}
      : { 'boot/grub/grub.cfg': DISK_MENU, ...KERNEL_FILES }),
    ...(domain.ignoresShutdown === true ? { 'etc/ignore-shutdown': 'yes\n' } : {}),
  };
  if (domain.rawDisk === undefined) return layFiles(disk, files);
  if (await exists(disk)) return;
  await writeFile(disk, rawDisk(files, SYSTEM_BYTES));
  await truncate(disk, domain.rawDisk * MIB);
}

function bootLines(host: SimulatedHost, domain: SimulatedDomain): readonly string[] {
  const { name, type, bootloader } = domain;
  if (type === 'hvm') return domain.noSerial === true ? [] : ['serial = "pty"'];
  if (bootloader === 'pvgrub') return [`kernel = "${type === 'pvh' ? host.pvhgrub : host.pvgrub}"`];
  if (bootloader === 'pygrub') return ['bootloader = "pygrub"'];
  return [
    `kernel = "${host.kernel}"`,
    `ramdisk = "${host.ramdisk}"`,
    `extra = "console=hvc0 domname=${name}"`,
  ];
}

/** Lays a disk's files once: an existing disk is the guest's own. */
async function layFiles(disk: string, files: Readonly<Record<string, string>>): Promise<void> {
  if (await exists(disk)) return;
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(disk, path)), { recursive: true });
    await writeFile(join(disk, path), text);
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function writeMissing(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: 'wx' }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
}

async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}
