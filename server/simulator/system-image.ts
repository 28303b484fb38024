import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { rawDisk } from './raw-disk.js';

const MIB = 1024 * 1024;

/** A system image for reinstallations on a simulated host. */
export interface SystemImage {
  readonly file: string;
  /** Hex. */
  readonly sha256: string;
}

/** Writes a small image like the cloud images of Debian: cloud-init takes the host name from the seed disk. */
export function writeSystemImage(file: string, mebibytes: number): SystemImage {
  const files = {
    'etc/cloud/cloud.cfg': 'preserve_hostname: false\n',
    'etc/fstab': '/dev/xvda / ext4 errors=remount-ro 0 1\nproc /proc proc defaults 0 0\n',
    'etc/hostname': 'localhost\n',
    'etc/issue':
      'Debian GNU/Linux 13 \\n \\l\n\nInstalled from an image. Log in as root, without a password.\n\n',
    'etc/motd': "\nA simulated guest, installed anew; 'help' lists what it can do.\n\n",
    'etc/os-release': 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n',
    'etc/sysctl.conf': 'kernel.sysrq = 1\n',
    'mnt/.keep': '',
    'root/.keep': '',
    'tmp/.keep': '',
  };
  // Not zeros: these would hardly be written, and nobody saw the progress.
  const image = rawDisk(files, mebibytes * MIB, 0xe5);
  writeFileSync(file, image);
  return { file, sha256: createHash('sha256').update(image).digest('hex') };
}
