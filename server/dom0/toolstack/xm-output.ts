import { parseGuestName } from '../../wire/guest-name.js';
import type { GuestName } from '../../wire/guest-name.js';
import type { Disk, ListedDomain, LongDomain } from './toolstack.js';
import { parseSxp, sxpAtom, sxpChildren } from './sxp.js';
import type { Sxp } from './sxp.js';
import { parseDomid, parseState } from './xl-output.js';

/**
 * The domains of an `xm list -l` that exist: xend also lists those that it stores and that are off, without a domid
 * (XendConfig.to_sxp, xend/XendConfig.py of Xen 4.1).
 */
function domains(text: string): { name: GuestName; domid: number; domain: Sxp }[] | undefined {
  const found = parseSxp(text);
  if (found === undefined || found.some((top) => typeof top === 'string' || top[0] !== 'domain'))
    return undefined;
  return found.flatMap((domain) => {
    const name = parseGuestName(sxpAtom(domain, 'name') ?? '');
    const domid = Number(sxpAtom(domain, 'domid') ?? 0);
    return name === undefined || !Number.isInteger(domid) || domid <= 0 ? [] : [{ name, domid, domain }];
  });
}

/** Reads `xm list -l` for what `xl list -v` says. @returns undefined when this is not a listing */
export function parseXmList(text: string): ListedDomain[] | undefined {
  return domains(text)?.map(({ name, domid, domain }) => ({
    name,
    domid,
    memoryMiB: Number(sxpAtom(domain, 'memory') ?? 0),
    vcpus: Number(sxpAtom(domain, 'online_vcpus') ?? sxpAtom(domain, 'vcpus') ?? 0),
    flags: parseState(sxpAtom(domain, 'state') ?? '------'),
    cpuSeconds: Number(sxpAtom(domain, 'cpu_time') ?? 0),
    uuid: sxpAtom(domain, 'uuid') ?? null,
  }));
}

/**
 * Reads `xm domid NAME` (xm_domid, xm/main.py). A domain that xend stores and that is off has no domid, and Python prints that as `None`.
 *
 * @returns null when it is off, undefined when this is no domid of a guest
 */
export function parseXmDomid(text: string): number | null | undefined {
  return /^None\n?$/.test(text) ? null : parseDomid(text);
}

/** Reads `xm list -l`. @returns undefined when this is not a listing */
export function parseXmLongList(text: string): LongDomain[] | undefined {
  return domains(text)?.map(({ name, domid, domain }) => {
    const image = sxpChildren(domain, 'image')[0]?.[1] ?? [];
    const root = sxpAtom(image, 'root');
    const args = sxpAtom(image, 'args');
    const cmdline = [root === undefined ? [] : [`root=${root}`], args ?? []].flat().join(' ');
    return {
      name,
      domid,
      boot: {
        kernel: sxpAtom(image, 'kernel') ?? null,
        ramdisk: sxpAtom(image, 'ramdisk') ?? null,
        cmdline: cmdline === '' ? null : cmdline,
        bootloader: sxpAtom(domain, 'bootloader') ?? null,
        disks: sxpChildren(domain, 'device').flatMap((device) =>
          DISK_CLASSES.flatMap((kind) => sxpChildren(device, kind)).map(disk),
        ),
      },
    };
  });
}

/** xend's device classes of disks: `tap:…` and `tap2:…` are not among the `vbd`s (XendDevices.py). */
const DISK_CLASSES = ['vbd', 'tap', 'tap2'];

/** `(uname file:/srv/a.img)`, `(dev xvda:disk)`, and the mode as the configuration has it: `r`, `ro`, `w`, `rw`, `w!`. */
function disk(vbd: Sxp): Disk {
  return {
    target: (sxpAtom(vbd, 'uname') ?? '').replace(/^(?:[a-z0-9]+:)+/, ''),
    vdev: (sxpAtom(vbd, 'dev') ?? '').replace(/:.*$/, ''),
    writable: (sxpAtom(vbd, 'mode') ?? 'r').includes('w'),
  };
}
