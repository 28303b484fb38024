/** A file that stands in for a kernel, a ramdisk or a boot loader. */
export function image(role: string): string {
  return `A stand-in for an image: the simulated host reads only the role.\nrole: ${role}\n`;
}

/** The files that a boot loader finds on a disk that it boots. */
export const KERNEL_FILES = { 'boot/vmlinux.gz': image('linux'), 'boot/initrd.img': image('linux') };

/** The boot menu of an installed system. */
export const DISK_MENU = `set default=0
set timeout=1

menuentry "Linux" {
  linux /boot/vmlinux.gz console=hvc0 root=/dev/xvda ro
  initrd /boot/initrd.img
}
`;

/** The boot menu of the rescue CD. */
export const CD_MENU = `set default=0
set timeout=1

menuentry "Rescue system" {
  linux /boot/vmlinux.gz console=ttyS0 rescue
  initrd /boot/initrd.img
}
`;

/**
 * The boot menu of the rescue disk. Under PV-GRUB a customer chooses here; pygrub shows no
 * menu and takes the default.
 */
export const RESCUE_MENU = `set default=1
set timeout=120

menuentry "Normal boot: your own disk" {
  root=xen/xvda
  configfile /boot/grub/grub.cfg
}

menuentry "Rescue system" {
  linux /boot/vmlinux.gz console=hvc0 rescue
  initrd /boot/initrd.img
}

menuentry "Installer: Debian 12" {
  linux /boot/vmlinux.gz console=hvc0 install-suite=bookworm
  initrd /boot/initrd.img
}
`;
