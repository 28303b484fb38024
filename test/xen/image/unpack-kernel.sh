#!/bin/sh
# Makes a kernel that boot loaders for PV inside a disk can boot: sh unpack-kernel.sh VMLINUZ UNPACK > vmlinux.gz
#
#   UNPACK  the program for what is in VMLINUZ: lz4 (Debian 12) or zstd (Debian 13), which PV-GRUB does not know
#
# The ELF is taken out of the bzImage, and compressed with gzip. Its place and length stand in Linux's boot protocol: setup_sects,
# payload_offset and payload_length.
set -eu

number() { od -An -v -t "u$2" -j "$1" -N "$2" "$kernel" | tr -d ' '; }

kernel=$1
payload=$((($(number 497 1) + 1) * 512 + $(number 584 4)))
tail -c "+$((payload + 1))" "$kernel" | head -c "$(($(number 588 4) - 4))" | "$2" -dqc | gzip -1
