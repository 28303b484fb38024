import { join } from 'node:path';

/** The disk of the rescue image in the guest; server/rescue-image counts on this name. */
const IMAGE_VDEV = 'xvdz';
/** The seed disk in the guest, which the dom0 half attaches. */
const SEED_VDEV = 'xvdy';

/** The profile for `profiles:` of dom0.yaml, indented to be pasted there. */
export function profileText(directory: string): string {
  return `  debian-rescue:
    title: Debian rescue system
    kind: direct
    kernel: ${join(directory, 'vmlinuz')}
    ramdisk: ${join(directory, 'initrd.img')}
    extra: console=hvc0 root=/dev/${IMAGE_VDEV} rootfstype=squashfs ro quiet net.ifnames=0 postern.seed=${SEED_VDEV}
    addDisks: ["file:${join(directory, 'rescue.squashfs')},${IMAGE_VDEV},r"]
    seed: asker
    disks: Your disks are attached as they are and writable; nothing is mounted or changed until you do it.
    hint: Type chroot-in for a shell in your own system. Leave the console with Ctrl-] and a dot, and choose normal boot.
`;
}
