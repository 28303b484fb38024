import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { parseDiskSpec } from '../config/disk-spec.js';
import type { DomainConfig } from '../config/domain-config.js';
import type { ProfileBoot } from './boot-plan.js';

/** The firmware tries the CD drive first. From a CD that does not boot it goes on to the domain's own disk: SeaBIOS knows no other order. */
const CD_ONLY = 'd';
/** Keys by which QEMU boots a kernel instead of a drive (xl.cfg(5), direct kernel boot of HVM). */
const NOT_WITH_CD = ['kernel', 'ramdisk', 'cmdline', 'root', 'extra'];

/**
 * Boots an HVM domain from a CD image. The domain's own CD drives are left out, because the firmware boots the
 * first drive that it finds. Its other disks stay.
 *
 * @param image an xl disk specification of a CD drive
 * @returns a refusal where a disk of the domain has the drive's place
 */
export function cdromBoot(image: string, { boot, diskSpecs }: DomainConfig): ProfileBoot | Refusal {
  const drive = parseDiskSpec(image);
  const own = boot.disks.filter(({ cdrom }) => cdrom !== true);
  const taken = own.find(({ vdev }) => placeOf(vdev) === placeOf(drive.vdev));
  if (taken !== undefined) {
    return refusal(
      'not-on-this-host',
      `This server has a disk of its own (${taken.vdev}) where the boot profile has its CD (${drive.vdev}). Ask the host's operators.`,
      `${taken.vdev} and ${drive.vdev} are the same emulated drive`,
    );
  }
  const specs = diskSpecs.filter((spec) => parseDiskSpec(spec).cdrom !== true);
  const isDirect = boot.kernel !== null;
  return {
    without: isDirect ? NOT_WITH_CD : [],
    overrides: [
      { key: 'boot', value: CD_ONLY },
      { key: 'disk', value: [...specs, image] },
    ],
    shape: { bootOrder: CD_ONLY, ...(isDirect ? { kernel: null, ramdisk: null, cmdline: null } : {}) },
    disks: [...own, drive],
  };
}

/** `hdc`, `xvdc` and `sdc` are one emulated drive: xen-vbd-interface(7). */
function placeOf(vdev: string): string {
  return /^(?:hd|sd|xvd)([a-z]+)/.exec(vdev)?.[1] ?? vdev;
}
