#!/bin/sh
# Takes the kernel's ELF out of a bzImage: sh unpack-kernel.sh VMLINUZ UNPACK > vmlinux
#
#   UNPACK  the program for what is in VMLINUZ: lz4 (Debian 12) or zstd (Debian 13)
#
# Its place and length stand in Linux's boot protocol: setup_sects, payload_offset and payload_length.
set -eu

number() { od -An -v -t "u$2" -j "$1" -N "$2" "$kernel" | tr -d ' '; }

kernel=$1
payload=$((($(number 497 1) + 1) * 512 + $(number 584 4)))
tail -c "+$((payload + 1))" "$kernel" | head -c "$(($(number 588 4) - 4))" | "$2" -dqc
