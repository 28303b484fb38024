import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readDomainConfig } from '../../dom0/config/domain-config.js';
import { glob } from '../../dom0/config/glob.js';
import type { RootDirectory } from '../command/root-directory.js';

/** Facts about a Xen host that dom0.yaml needs. Paths are as on that host. */
export interface HostFindings {
  readonly toolstack: { readonly kind: 'xl' | 'xm'; readonly command: string } | null;
  /** Globs of the domains' configuration files. */
  readonly domains: readonly string[];
  /** How many configuration files the globs match. */
  readonly count: number;
  /** The directory of the image that `postern rescue-image build` has made. */
  readonly rescueImage: string | null;
  /** A kernel and a ramdisk named as a rescue system. */
  readonly rescue: { readonly kernel: string; readonly ramdisk: string } | null;
  /** A PV-GRUB image. It boots a rescue disk, which only an admin can name. */
  readonly pvgrub: string | null;
  /** The same image for PVH guests. */
  readonly pvhgrub: string | null;
  /** Xen's console daemon. */
  readonly consoled: string | null;
}

const PROGRAMS = [
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
  '/usr/local/sbin',
  '/usr/local/bin',
  '/opt/xen/sbin',
];
const CONFIGS = '/etc/xen/*';
const USUAL_CONFIGS = '/etc/xen/*.cfg';
/** Where rescue images are kept. */
export const RESCUE_IMAGES = '/srv/xen/rescue-image';
const PRESENT_IMAGE = join(RESCUE_IMAGES, 'current');
const RESCUE = ['/srv/xen/rescue', '/srv/xen', '/var/lib/xen/rescue', '/boot'];
const PVGRUB = ['/usr/lib/grub-xen/grub-x86_64-xen.bin', '/usr/lib/xen/boot/pv-grub-x86_64.gz'];
const PVHGRUB = ['/usr/lib/grub-xen/grub-i386-xen_pvh.bin'];
const LARGEST_CONFIG = 256 * 1024;

/** Looks at a host; runs nothing on it. */
export async function examineHost(root: RootDirectory): Promise<HostFindings> {
  const first = (paths: readonly string[]): string | null =>
    paths.find((path) => isFile(root.at(path))) ?? null;
  const kind = (['xl', 'xm'] as const).find(
    (name) => first(PROGRAMS.map((path) => join(path, name))) !== null,
  );
  const command = kind === undefined ? null : first(PROGRAMS.map((path) => join(path, kind)));
  const configs = (await glob(root.at(CONFIGS))).filter(isDomain);
  const usual = configs.filter((path) => path.endsWith('.cfg'));
  return {
    toolstack: kind === undefined || command === null ? null : { kind, command },
    domains: usual.length === configs.length ? [USUAL_CONFIGS] : [CONFIGS],
    count: configs.length,
    rescueImage: first([join(PRESENT_IMAGE, 'profile.yaml')]) === null ? null : PRESENT_IMAGE,
    rescue: rescueIn(root),
    pvgrub: first(PVGRUB),
    pvhgrub: first(PVHGRUB),
    consoled: first([...PROGRAMS.map((path) => join(path, 'xenconsoled')), ...xenLibraries(root)]),
  };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function isDomain(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isFile() !== true || stats.size > LARGEST_CONFIG) return false;
  try {
    return typeof readDomainConfig(path, readFileSync(path, 'utf8')) !== 'string';
  } catch {
    return false;
  }
}

/** A directory named `rescue` may hold any kernel. Elsewhere the file's own name must contain `rescue`. */
function rescueIn(root: RootDirectory): HostFindings['rescue'] {
  for (const directory of RESCUE) {
    const names = namesIn(root.at(directory));
    const ours = basename(directory) === 'rescue' ? names : names.filter((name) => name.includes('rescue'));
    const kernel = ours.find((name) => /vmlinuz|bzImage/.test(name));
    const ramdisk = ours.find((name) => /initrd|initramfs/.test(name));
    if (kernel === undefined || ramdisk === undefined) continue;
    return { kernel: join(directory, kernel), ramdisk: join(directory, ramdisk) };
  }
  return null;
}

/** Debian keeps it in a directory of the Xen version. */
function xenLibraries(root: RootDirectory): readonly string[] {
  return namesIn(root.at('/usr/lib'))
    .filter((name) => name.startsWith('xen-'))
    .map((name) => join('/usr/lib', name, 'bin/xenconsoled'));
}

function namesIn(directory: string): readonly string[] {
  return existsSync(directory) ? readdirSync(directory).sort() : [];
}
