#!/bin/sh
# Boots a Debian in a directory with its systemd as the first process, in namespaces of its own: `boot.sh ROOT`. It
# keeps this machine's network. The end of this process ends everything in it.
set -eu
ROOT=$1 exec unshare --mount --pid --ipc --uts --cgroup --fork --kill-child sh -euc '
  mount --make-rprivate /
  mount --bind "$ROOT" "$ROOT"
  mount -t proc proc "$ROOT/proc"
  mount -t sysfs -o ro sysfs "$ROOT/sys"
  # The unified hierarchy, also where this machine still has the older ones.
  mount -t cgroup2 cgroup2 "$ROOT/sys/fs/cgroup"
  mount -t tmpfs -o mode=755 tmpfs "$ROOT/dev"
  for each in null zero full random urandom tty; do : >"$ROOT/dev/$each" && mount --bind "/dev/$each" "$ROOT/dev/$each"; done
  mkdir "$ROOT/dev/pts" "$ROOT/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$ROOT/dev/pts"
  ln -s pts/ptmx "$ROOT/dev/ptmx" && ln -s /proc/self/fd "$ROOT/dev/fd"
  for each in dev/shm run tmp; do mount -t tmpfs tmpfs "$ROOT/$each"; done
  chmod 1777 "$ROOT/tmp" "$ROOT/dev/shm"
  if [ -n "${SOURCE-}" ]; then
    mkdir -p "$ROOT/srv/source" && mount --bind "$SOURCE" "$ROOT/srv/source" && mount -o remount,bind,ro "$ROOT/srv/source"
  fi
  cd "$ROOT"
  exec chroot . env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --show-status=0
'
