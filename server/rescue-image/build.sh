#!/bin/sh
# Builds a rescue image from Debian packages: sh build.sh OUT SUITE SIZE ID [MIRROR…]
#
#   OUT     an empty directory; gets vmlinuz, initrd.img, rescue.squashfs and packages.txt
#   SUITE   Debian's name of the release: bookworm or trixie
#   SIZE    full, or small: without the packages that are marked so
#   ID      one word by which the parts of one image know each other
#   MIRROR  as mmdebstrap takes it; deb.debian.org with its updates when there is none
#
# Needs mmdebstrap, squashfs-tools, tar, and root or a range in subuid(5). `postern rescue-image build` runs it.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=$1
suite=$2
size=$3
id=$4
shift 4

case $size in
  full) packages=$(sed 's/#.*//' "$here/packages") ;;
  *) packages=$(sed '/# .*full$/d; s/#.*//' "$here/packages") ;;
esac
# shellcheck disable=SC2086 # one word for each
packages=$(echo $packages | tr ' ' ',')
mode=unshare
[ "$(id -u)" != 0 ] || mode=root

# Our files get root's ownership, and modes by which only root can write, whatever the checkout has.
for part in initramfs root; do
  tar -C "$here/$part" --owner=root:0 --group=root:0 --numeric-owner --mode='a+rX,go-w' --sort=name -cf "$out/$part.ours" .
done
cp "$here/finish.sh" "$out/finish.sh"

set -- "$suite" "$out/root.tar" "$@"
# Drivers that no guest of Xen has.
for modules in sound drivers/gpu drivers/media drivers/infiniband drivers/net/wireless drivers/staging drivers/iio drivers/hid \
  net/bluetooth net/wireless; do
  set -- "--dpkgopt=path-exclude=/lib/modules/*/kernel/$modules/*" "--dpkgopt=path-exclude=/usr/lib/modules/*/kernel/$modules/*" "$@"
done
# The parts of these packages for an initramfs: nothing there may touch the customer's disks.
for owner in lvm2 mdadm btrfs cryptroot ntfs_3g fsck; do
  set -- "--dpkgopt=path-exclude=/usr/share/initramfs-tools/hooks/$owner" \
    "--dpkgopt=path-exclude=/usr/share/initramfs-tools/scripts/*/$owner" "$@"
done
mmdebstrap --mode="$mode" --variant=minbase --format=tar --quiet \
  --dpkgopt=force-confold \
  --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --aptopt='APT::Install-Recommends "false"' \
  --essential-hook='mkdir -p "$1/etc/initramfs-tools"' \
  --essential-hook="echo $id > \"\$1/etc/rescue-image-id\"" \
  --essential-hook="tar-in '$out/initramfs.ours' /etc/initramfs-tools" \
  --customize-hook="tar-in '$out/root.ours' /" \
  --customize-hook="upload '$out/finish.sh' /finish.sh" \
  --customize-hook='chroot "$1" sh /finish.sh' \
  --customize-hook="download /made/vmlinuz '$out/vmlinuz'" \
  --customize-hook="download /made/initrd.img '$out/initrd.img'" \
  --customize-hook="download /made/packages.txt '$out/packages.txt'" \
  --customize-hook='rm -rf "$1/made" "$1/finish.sh"' \
  --include="$packages" \
  "$@"

# zstd is unpacked fastest, and small blocks need least of a small guest's memory.
mksquashfs - "$out/rescue.squashfs" -tar -root-mode 0755 -root-uid 0 -root-gid 0 -comp zstd -b 128K -no-progress -quiet < "$out/root.tar"
rm -f "$out/root.tar" "$out/initramfs.ours" "$out/root.ours" "$out/finish.sh"
