#!/bin/sh
# A small Debian in a directory, by mmdebstrap: sh bootstrap.sh SUITE ROOT PACKAGES [WORD...]
#
#   PACKAGES  Debian's names, with commas
#   WORD      more of mmdebstrap's
#
# Without documentation, and without the half of the kernel's modules that no machine in the lab has.
set -eu

suite=$1
root=$2
packages=$3
shift 3
for path in /usr/share/doc /usr/share/man /usr/share/locale; do
  set -- "$@" "--dpkgopt=path-exclude=$path/*"
done
for modules in sound drivers/gpu drivers/media drivers/infiniband drivers/net/wireless drivers/net/ethernet \
  drivers/staging drivers/iio drivers/usb drivers/scsi drivers/hid net/bluetooth net/wireless; do
  for lib in /lib /usr/lib; do
    set -- "$@" "--dpkgopt=path-exclude=$lib/modules/*/kernel/$modules/*"
  done
done
exec mmdebstrap --mode=root --variant=minbase --format=directory --quiet \
  --dpkgopt=force-confold \
  --aptopt='APT::Install-Recommends "false"' \
  --essential-hook='mkdir -p "$1/etc/initramfs-tools/conf.d"' \
  --include="$packages" \
  "$@" \
  "$suite" "$root"
