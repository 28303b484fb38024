#!/bin/sh
# Builds a small Debian as its cloud images are: one partition, GRUB's menu, cloud-init, sshd. sh debian.sh OUT SUITE UNPACK
#
#   OUT     an empty directory; gets debian.raw.zst
#   SUITE   Debian's name of the release
#   UNPACK  as unpack-kernel.sh takes it
#
# Needs root, mmdebstrap, e2fsprogs and zstd. PV guests boot it by GRUB. test/xen/reinstall.xen.ts writes it to their disks.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=$1
suite=$2
unpack=$3
root=$out/root
packages=systemd-sysv,udev,linux-image-cloud-amd64,initramfs-tools,openssh-server,cloud-init,cloud-guest-utils,fdisk,e2fsprogs,iproute2,zstd

# Only the guest's own disk is in the initramfs.
sh "$here/bootstrap.sh" "$suite" "$root" "$packages" \
  --dpkgopt='path-exclude=/usr/share/i18n/*' \
  --dpkgopt='path-exclude=/usr/lib/udev/hwdb.d/*' \
  --dpkgopt='path-exclude=/lib/modules/*/kernel/drivers/md/*' \
  --dpkgopt='path-exclude=/usr/lib/modules/*/kernel/drivers/md/*' \
  --essential-hook='printf "%s\n" xen-blkfront ext4 crc32c_generic > "$1/etc/initramfs-tools/modules"' \
  --essential-hook='printf "%s\n" MODULES=list COMPRESS=zstd > "$1/etc/initramfs-tools/conf.d/guest"'

cp -R "$here/debian/." "$root/"
cp "$root"/boot/initrd.img-* "$root/boot/initrd.img"
sh "$here/unpack-kernel.sh" "$root"/boot/vmlinuz-* "$unpack" | gzip -1 > "$root/boot/vmlinux.gz"
# Each system has its own.
: > "$root/etc/machine-id"
: > "$root/etc/resolv.conf"
echo debian > "$root/etc/hostname"
rm -rf "$root"/boot/*-amd64 "$root"/etc/ssh/ssh_host_* "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
# The rest is what an emulated guest need not wait for.
for unit in apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer dpkg-db-backup.timer \
  getty@tty1.service systemd-networkd-wait-online.service systemd-networkd-persistent-storage.service systemd-network-generator.service \
  modprobe@configfs.service modprobe@drm.service modprobe@efi_pstore.service modprobe@fuse.service systemd-modules-load.service \
  systemd-binfmt.service systemd-hwdb-update.service systemd-journal-catalog-update.service systemd-journal-flush.service \
  systemd-pstore.service systemd-random-seed.service systemd-sysusers.service systemd-udev-load-credentials.service \
  systemd-update-done.service systemd-update-utmp.service ldconfig.service dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount \
  sys-kernel-tracing.mount; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
chroot "$root" systemctl --quiet enable systemd-networkd.service

# Room is for what the first boot writes; the rest of the disk becomes the file system's then. sfdisk is the image's own.
mib=$(($(du -smx "$root" | cut -f1) + 40))
truncate -s "$((mib + 2))M" "$out/debian.raw"
: > "$root/tmp/disk"
mount --bind "$out/debian.raw" "$root/tmp/disk"
status=0
printf 'label: gpt\nstart=2048, size=%s, type=linux\n' "$((mib * 2048))" | chroot "$root" sfdisk -q /tmp/disk || status=$?
umount "$root/tmp/disk"
[ $status = 0 ] || exit $status
rm "$root/tmp/disk"
# GRUB reads this file system, too.
mke2fs -q -t ext4 -b 4096 -O '^metadata_csum,^64bit,resize_inode' -L system -d "$root" -E offset=1048576 "$out/debian.raw" "${mib}M"
zstd -q -3 --rm "$out/debian.raw"
rm -rf "$root"
