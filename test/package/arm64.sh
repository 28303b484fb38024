#!/bin/sh
# Builds the package for arm64 on this machine, and runs it in a bare Debian for arm64, whose programs qemu carries out:
# `npm run test:package:arm64`. Needs root, Debian's packages mmdebstrap, g++-aarch64-linux-gnu and qemu-user-static, and
# the kernel's binfmt_misc. It takes a quarter of an hour on an idle machine. systemd is not booted, and no guest starts.
# It cannot say how a real arm64 machine keeps time or memory.
set -eu
[ "$(id -u)" = 0 ] || { echo 'test:package:arm64 needs root' >&2; exit 1; }
for each in mmdebstrap aarch64-linux-gnu-g++ qemu-aarch64-static; do
  command -v "$each" >/dev/null || { echo "test:package:arm64 needs $each: apt-get install mmdebstrap g++-aarch64-linux-gnu qemu-user-static" >&2; exit 1; }
done
grep -qs '^enabled' /proc/sys/fs/binfmt_misc/qemu-aarch64 || { echo 'programs for arm64 do not run here: systemctl restart binfmt-support, or mount binfmt_misc and register qemu-aarch64' >&2; exit 1; }
work=$(mktemp -d) root=$work/root
trap 'rm -rf --one-file-system "$work"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
node dist/server/package/command.js --arch arm64 "$work/made"
(cd "$work/made" && sha256sum -c --quiet SHA256SUMS)

mmdebstrap --quiet --mode=root --arch=arm64 --variant=minbase \
  --include=libstdc++6,openssh-client,systemd-standalone-sysusers,systemd-standalone-tmpfiles bookworm "$root"
cp "$work"/made/postern_*_arm64.deb "$root/srv/"
# A mount namespace and a process namespace of its own: all ends with it.
inside() {
  ROOT=$root unshare --mount --pid --fork --kill-child sh -euc '
    mount --make-rprivate / && mount -t proc proc "$ROOT/proc" && mount --rbind /dev "$ROOT/dev"
    exec chroot "$ROOT" env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"' sh "$@"
}
inside sh -euc '
  [ "$(uname -m)" = aarch64 ]
  dpkg -i /srv/postern_*_arm64.deb >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log; exit 1; }
  postern --version
  postern setup gate --host xen1 --listen 127.0.0.1:2224 --apply >/dev/null
  useradd -m carol'
# Both halves and the simulated Xen are those of the package. A customer logs in.
inside su carol -c '
  cd
  postern demo --port 0 >demo.log 2>&1 &
  demo=$!
  n=0
  until grep -q "^postern ready on" demo.log; do
    n=$((n + 1)); [ $n -lt 600 ] && kill -0 $demo || { cat demo.log; exit 1; }
    sleep 1
  done
  alice() { ssh -n -F .postern-demo/ssh_config alice "$@"; }
  alice list
  alice horatio status
  alice keys
  alice activity
  kill -INT $demo && wait $demo || true
  grep -h "native\|Abort\|fatal" .postern-demo/log/* && exit 1
  exit 0' || fail 'the demo on arm64'
echo 'arm64: the package installs, and both halves serve a customer'
