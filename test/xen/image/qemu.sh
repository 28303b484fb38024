#!/bin/sh
# Unpacks Debian 13's QEMU with the libraries that it needs, on any Debian: sh qemu.sh OUT
#
#   OUT  an empty directory; gets qemu-system-x86_64, which runs from there
#
# The emulation of Debian 12's takes a fifth more. Needs root and mmdebstrap.
set -eu

out=$1
mmdebstrap --mode=root --variant=extract --format=directory --quiet \
  --aptopt='APT::Install-Recommends "false"' --include=qemu-system-x86 trixie "$out/root"
rm -rf "$out/root/usr/share/doc" "$out/root/usr/share/man" "$out/root/usr/share/locale" "$out/root/var"
cat > "$out/qemu-system-x86_64" <<'PROGRAM'
#!/bin/sh
root=$(dirname "$0")/root
exec "$root/usr/lib64/ld-linux-x86-64.so.2" --library-path "$root/usr/lib/x86_64-linux-gnu" "$root/usr/bin/qemu-system-x86_64" \
  -L "$root/usr/share/qemu" -L "$root/usr/share/seabios" "$@"
PROGRAM
chmod 0755 "$out/qemu-system-x86_64"
"$out/qemu-system-x86_64" --version
