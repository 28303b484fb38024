#!/bin/sh
# Builds the lab's image from Debian packages: sh build.sh OUT NODE SUITE XEN [RESCUE]
#
#   OUT    an empty directory; gets xen, vmlinuz, initrd.img, root.img, id_ed25519 and known_host
#   NODE   the node binary that goes into dom0
#   SUITE  Debian's name of the release that dom0 is: trixie or bookworm
#   XEN    its version of Xen: 4.20 or 4.17
#   RESCUE a directory of `postern rescue-image build`, which dom0 gets as /srv/xen/rescue-image. Then it gets /srv/xen/debian.raw.zst, too
#
# Needs root, Debian 12, mmdebstrap, e2fsprogs, xz-utils, and lz4 or zstd as the release's kernels are packed. Asks apt by package name
# only, with the machine's own sources or mmdebstrap's. docs/xen-lab.md says what each part is for.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=$1
node=$2
suite=$3
xen=$4
rescue=${5:-}
root=$out/root
guest=$out/guest
case $suite in
  bookworm) unpack=lz4 ;;
  *) unpack=zstd ;;
esac

# The image for reinstallations is built meanwhile, where there is a rescue image.
debian=
if [ -n "$rescue" ]; then
  mkdir -p "$out/debian"
  sh "$here/debian.sh" "$out/debian" "$suite" "$unpack" > "$out/debian.log" 2>&1 &
  debian=$!
fi

packages=$(sed "s/#.*//; s/XEN/$xen/" "$here/packages" | tr -s ' \n' ',,' | sed 's/^,//; s/,$//')

sh "$here/bootstrap.sh" "$suite" "$root" "$packages" \
  --essential-hook="copy-in '$here/initramfs/modules' /etc/initramfs-tools" \
  --essential-hook="copy-in '$here/initramfs/conf.d/lab' /etc/initramfs-tools/conf.d"

cloud=$(cd "$root/lib/modules" && echo *-cloud-amd64)
stock=$(cd "$root/lib/modules" && ls -d *-amd64 | grep -v cloud)

gunzip -c "$root/boot/xen-$xen-amd64.gz" > "$out/xen"
cp "$root/boot/vmlinuz-$stock" "$out/vmlinuz"
cp "$root/boot/initrd.img-$stock" "$out/initrd.img"

# --- the customers' machines: a busybox in an initramfs that mounts a disk with a busybox
mkdir -p "$guest/initramfs/bin" "$guest/initramfs/lib"
cp "$root/bin/busybox" "$guest/initramfs/bin/"
# Debian 13 packs its modules with xz.
blkfront=$root/lib/modules/$cloud/kernel/drivers/block/xen-blkfront.ko
if [ -f "$blkfront" ]; then
  cp "$blkfront" "$guest/initramfs/lib/"
else
  xz -dc "$blkfront.xz" > "$guest/initramfs/lib/xen-blkfront.ko"
fi
install -m 0755 "$here/guest/initramfs-init" "$guest/initramfs/init"
(cd "$guest/initramfs" && find . | "$root/bin/busybox" cpio -o -H newc 2> "$out/cpio.log" | gzip -1) > "$guest/initrd.img"

# Three forms of one kernel: as Debian packs it; unpacked, for who need not test the unpacking, which takes a second in emulation; and for
# boot loaders for PV inside a disk: PV-GRUB knows neither lz4 nor zstd.
mkdir -p "$root/srv/xen/guest" "$root/srv/xen/disks"
cp "$root/boot/vmlinuz-$cloud" "$guest/vmlinuz"
sh "$here/unpack-kernel.sh" "$guest/vmlinuz" "$unpack" > "$guest/vmlinux"
gzip -1 < "$guest/vmlinux" > "$guest/vmlinux.gz"
cp "$guest/vmlinuz" "$guest/vmlinux" "$guest/initrd.img" "$root/srv/xen/guest/"

# disk NAME FILE SIZE: a whole-disk ext4 of what is in $guest/NAME, which GRUB and pygrub can read as well. What is in boot/NAME is laid
# over it, with the initramfs and the kernels that its grub.cfg names: GRUB for PVH boots the one that Debian packs, PV-GRUB and pygrub the
# other.
disk() {
  if [ -d "$here/guest/boot/$1" ]; then
    mkdir -p "$guest/$1/boot"
    cp -R "$here/guest/boot/$1/." "$guest/$1/boot/"
    cp "$guest/initrd.img" "$guest/$1/boot/"
    for kernel in vmlinuz vmlinux.gz; do
      ! grep -q "/boot/$kernel " "$guest/$1/boot/grub/grub.cfg" || cp "$guest/$kernel" "$guest/$1/boot/"
    done
  fi
  mke2fs -q -t ext4 -O '^metadata_csum,^64bit,^has_journal' -d "$guest/$1" "$2" "$3"
}

# system NAME: a system of a busybox and little else.
system() {
  tree=$guest/$1
  mkdir -p "$tree/bin" "$tree/etc" "$tree/dev" "$tree/proc" "$tree/sys" "$tree/run" "$tree/tmp" "$tree/root" "$tree/mnt"
  cp "$root/bin/busybox" "$tree/bin/"
  ln -s bin "$tree/sbin"
  for applet in $("$root/bin/busybox" --list); do
    [ "$applet" = busybox ] || ln -s busybox "$tree/bin/$applet"
  done
  cp "$here"/guest/etc/* "$tree/etc/"
  chmod 0755 "$tree/etc/rc"
  echo "$1" > "$tree/etc/hostname"
  case $1 in
    ophelia) sed -i 's/xvda/xvdz/' "$tree/etc/fstab" ;;
  esac
}
for name in horatio ophelia yorick guildenstern rosencrantz hamlet laertes; do
  system "$name"
  size=16M
  [ ! -d "$here/guest/boot/$name" ] || size=32M
  disk "$name" "$root/srv/xen/disks/$name.img" "$size"
done
disk rescue "$root/srv/xen/rescue.img" 40M
if [ -n "$rescue" ]; then
  cp -a "$rescue" "$root/srv/xen/rescue-image"
  wait "$debian" || { cat "$out/debian.log"; exit 1; }
  mv "$out/debian/debian.raw.zst" "$root/srv/xen/"
  rm -rf "$out/debian" "$out/debian.log"
fi

# --- dom0
cp -R "$here/dom0/." "$root/"
install -m 0755 "$node" "$root/usr/bin/node"
cc -shared -fPIC -Wall -Werror -o "$root/usr/local/lib/lab-domid.so" "$here/domid.c"
ssh-keygen -q -t ed25519 -N '' -C 'the lab' -f "$out/id_ed25519"
ssh-keygen -q -t ed25519 -N '' -C 'the gate' -f "$out/link_ed25519"
rm -f "$root"/etc/ssh/ssh_host_*
ssh-keygen -q -t ed25519 -N '' -C dom0 -f "$root/etc/ssh/ssh_host_ed25519_key"
cut -d' ' -f1,2 "$root/etc/ssh/ssh_host_ed25519_key.pub" > "$out/host_key"
install -d -m 0700 "$root/root/.ssh"
cp "$out/id_ed25519.pub" "$root/root/.ssh/authorized_keys"
for unit in apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer dpkg-db-backup.timer \
  systemd-pstore.service systemd-network-generator.service systemd-machine-id-commit.service getty@tty1.service serial-getty@hvc0.service; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -sf /lib/systemd/system/systemd-networkd.service "$root/etc/systemd/system/multi-user.target.wants/"
ln -sf /dev/null "$root/etc/systemd/system/systemd-networkd-wait-online.service"
rm -rf "$root"/boot/* "$root/lib/modules/$cloud" "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
echo 5d0f3f1be4b34e7d8d3c1a6f0c9b7a21 > "$root/etc/machine-id"

mke2fs -q -t ext4 -d "$root" "$out/root.img" 3000M
rm -rf "$root" "$guest" "$out/cpio.log"
