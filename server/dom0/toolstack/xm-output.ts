import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { parseGuestName } from '../../wire/guest-name.js';
import type { GuestName } from '../../wire/guest-name.js';
import type { ConfigReading, ConfiguredDisk, GuestFacts, ListedDomain, LongDomain } from './toolstack.js';
import { firstReason, presentable } from './reason.js';
import { parseSxp, sxpAtom, sxpChildren } from './sxp.js';
import type { Sxp } from './sxp.js';
import { parseDomid, parseState } from './xl-output.js';

/**
 * The domains of an `xm list -l` that exist. xend also lists domains that it stores and that are off, without
 * a domid (XendConfig.to_sxp, xend/XendConfig.py of Xen 4.1).
 */
function domains(text: string): { name: GuestName | null; domid: number; domain: Sxp }[] | undefined {
  const found = parseSxp(text);
  if (found === undefined || found.some((top) => typeof top === 'string' || top[0] !== 'domain'))
    return undefined;
  return found.flatMap((domain) => {
    const name = parseGuestName(sxpAtom(domain, 'name') ?? '') ?? null;
    const domid = Number(sxpAtom(domain, 'domid') ?? 0);
    return !Number.isInteger(domid) || domid <= 0 ? [] : [{ name, domid, domain }];
  });
}

/** Reads from `xm list -l` what `xl list -v` says. @returns undefined when the text is no such listing */
export function parseXmList(text: string): ListedDomain[] | undefined {
  return domains(text)?.flatMap(({ name, domid, domain }) => {
    if (name === null) return [];
    return {
      name,
      domid,
      memoryMiB: Number(sxpAtom(domain, 'memory') ?? 0),
      vcpus: Number(sxpAtom(domain, 'online_vcpus') ?? sxpAtom(domain, 'vcpus') ?? 0),
      flags: parseState(sxpAtom(domain, 'state') ?? '------'),
      cpuSeconds: Number(sxpAtom(domain, 'cpu_time') ?? 0),
      uuid: sxpAtom(domain, 'uuid') ?? null,
    };
  });
}

/**
 * Reads `xm domid NAME` (xm_domid, xm/main.py). A domain that xend stores and that is off has no domid, and
 * Python prints that as `None`.
 *
 * @returns null when it is off, undefined when the text is no domid of a guest
 */
export function parseXmDomid(text: string): number | null | undefined {
  return /^None\n?$/.test(text) ? null : parseDomid(text);
}

/** Reads `xm list -l`. @returns undefined when the text is no such listing */
export function parseXmLongList(text: string): LongDomain[] | undefined {
  return domains(text)?.map(({ name, domid, domain }) => ({
    name,
    domid,
    guest: guestFacts(domain),
    boot: bootShape(domain),
  }));
}

/**
 * Reads `xm create --dryrun FILE`: the `(vm …)` that make_config of xm/create.py makes, after any
 * output of the file itself.
 *
 * @returns undefined when the text is no configuration
 */
export function parseXmDryRun(text: string): ConfigReading | undefined {
  const found = parseSxp(text.slice(Math.max(0, text.search(/^\(vm\b/m))));
  const domain = found?.length === 1 ? found[0] : undefined;
  if (domain === undefined || typeof domain === 'string' || domain[0] !== 'vm') return undefined;
  const name = sxpAtom(domain, 'name');
  if (name === undefined) return undefined;
  const number = (key: string): number | null => {
    const value = Number(sxpAtom(domain, key) ?? NaN);
    return Number.isInteger(value) ? value : null;
  };
  return {
    name,
    uuid: sxpAtom(domain, 'uuid')?.toLowerCase() ?? null,
    memoryMiB: number('memory') ?? number('maxmem'),
    vcpus: number('vcpus'),
    guest: guestFacts(domain),
    boot: bootShape(domain),
    nics: sxpChildren(domain, 'device').flatMap((device) =>
      sxpChildren(device, 'vif').map((vif) => ({
        // xm draws a MAC at each dry run, so a MAC in its answer says nothing.
        mac: null,
        bridge: sxpAtom(vif, 'bridge') ?? null,
        ip: sxpAtom(vif, 'ip') ?? null,
      })),
    ),
    actions: {
      poweroff: sxpAtom(domain, 'on_poweroff') ?? 'destroy',
      reboot: sxpAtom(domain, 'on_reboot') ?? 'restart',
      crash: sxpAtom(domain, 'on_crash') ?? 'restart',
    },
    rest: createHash('sha256')
      .update(JSON.stringify(withoutBoot(domain)))
      .digest('hex'),
  };
}

/** xm's error about a configuration: any reason that does not mention xend. The dry run does not ask xend. */
export function xmConfigRefusal(stderr: string, file: string): string | undefined {
  const bare = stderr.replaceAll(file, file.slice(file.lastIndexOf('/') + 1));
  const reason = firstReason(bare);
  return reason === null || /xend/i.test(reason) ? undefined : presentable(reason, 200);
}

/** The keys that a boot profile sets, and those that xm may draw anew each time. */
const OF_A_BOOT = ['uuid', 'bootloader', 'bootargs', 'kernel', 'ramdisk', 'root', 'args', 'boot', 'mac'];

/** A configuration without these keys and without its disks. */
function withoutBoot(value: Sxp): Sxp {
  if (typeof value === 'string') return value;
  return value.filter((each) => !isOfABoot(each)).map(withoutBoot);
}

function isOfABoot(value: Sxp): boolean {
  if (typeof value === 'string') return false;
  const [key, inner] = value;
  if (key === 'device' && typeof inner === 'object') return DISK_CLASSES.some((kind) => kind === inner[0]);
  return typeof key === 'string' && OF_A_BOOT.includes(key);
}

/** xend's images are `(linux …)` and `(hvm …)` (create.py of xm, XendConfig.py). */
function guestFacts(domain: Sxp): GuestFacts {
  const image = imageOf(domain);
  const isHvm = typeof image !== 'string' && image[0] === 'hvm';
  return isHvm
    ? { type: 'hvm', textConsole: sxpAtom(image, 'serial') === 'pty' }
    : { type: 'pv', textConsole: true };
}

function imageOf(domain: Sxp): Sxp {
  return sxpChildren(domain, 'image')[0]?.[1] ?? [];
}

function bootShape(domain: Sxp): ConfigReading['boot'] {
  const image = imageOf(domain);
  const order = sxpAtom(image, 'boot');
  const kernel = sxpAtom(image, 'kernel') ?? null;
  // xm's files name an HVM guest's firmware as its kernel.
  const isFirmware = kernel !== null && basename(kernel) === 'hvmloader';
  const root = sxpAtom(image, 'root');
  const args = sxpAtom(image, 'args');
  const cmdline = [root === undefined ? [] : [`root=${root}`], args ?? []].flat().join(' ');
  return {
    kernel: isFirmware ? null : kernel,
    ramdisk: sxpAtom(image, 'ramdisk') ?? null,
    cmdline: cmdline === '' ? null : cmdline,
    bootloader: sxpAtom(domain, 'bootloader') ?? null,
    ...(order === undefined ? {} : { bootOrder: order }),
    disks: sxpChildren(domain, 'device').flatMap((device) =>
      DISK_CLASSES.flatMap((kind) => sxpChildren(device, kind)).map(disk),
    ),
  };
}

/** xend's device classes for disks: `tap:…` and `tap2:…` are not among the `vbd`s (XendDevices.py). */
const DISK_CLASSES = ['vbd', 'tap', 'tap2'];

/**
 * `(uname file:/srv/a.img)`, `(dev xvda:disk)`, and the mode as the configuration has it:
 * `r`, `ro`, `w`, `rw`, `w!`.
 */
function disk(vbd: Sxp): ConfiguredDisk {
  const dev = sxpAtom(vbd, 'dev') ?? '';
  const mode = sxpAtom(vbd, 'mode') ?? 'r';
  return {
    target: (sxpAtom(vbd, 'uname') ?? '').replace(/^(?:[a-z0-9]+:)+/, ''),
    vdev: dev.replace(/:(?:disk|cdrom)$/, '').replace(/^ioemu:/, ''),
    writable: mode.includes('w') && !dev.endsWith(':cdrom'),
    ...(dev.endsWith(':cdrom') ? { cdrom: true } : {}),
    ...(mode === 'w!' ? { shareable: true } : {}),
  };
}
