#!/bin/sh
# Follows the pages for admins on a bare Debian, made by mmdebstrap: `npm run test:pages [RELEASE...]`. Needs
# root, Debian's package mmdebstrap and Debian's mirror. It takes docs and the package from the work tree, and the
# program that is installed from source from the last commit.
set -eu
[ "$(id -u)" = 0 ] || { echo "test:pages makes chroots and needs root" >&2; exit 1; }
command -v mmdebstrap >/dev/null || { echo "test:pages needs the Debian package mmdebstrap" >&2; exit 1; }
[ $# -gt 0 ] || set -- bookworm trixie
top=$(pwd)
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
node dist/server/package/command.js "$work/made"
for release; do
  root=$work/$release
  # Every Debian that boots has systemd and netbase; git and npm need `ca-certificates` for https.
  mmdebstrap --quiet --mode=root --variant=minbase --include=systemd,netbase,ca-certificates "$release" "$root"
  git clone -q --bare "$top" "$root/srv/postern.git"
  # In the first directory of root's, where the pages say `./postern_…`.
  cp "$work"/made/postern_* "$root/"
  cp -r docs README.md test/pages/*.sh test/pages/*.awk "$root/srv/"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  # A machine behind a proxy has its own certificate authorities.
  [ -z "${NODE_EXTRA_CA_CERTS-}" ] || cp "$NODE_EXTRA_CA_CERTS" "$root/etc/authorities.pem"
  # The mounts are in their own namespace and go with it.
  ROOT=$root TOP=$top unshare --mount --pid --fork --kill-child sh -c '
    mount --make-rprivate /
    mount -t proc proc "$ROOT/proc" && mount --rbind /dev "$ROOT/dev"
    # The simulated Xen, before there is a program from source.
    mkdir -p "$ROOT/srv/source" && mount --bind "$TOP" "$ROOT/srv/source" && mount -o remount,bind,ro "$ROOT/srv/source"
    exec chroot "$ROOT" env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
      ${NODE_EXTRA_CA_CERTS:+NODE_EXTRA_CA_CERTS=/etc/authorities.pem npm_config_cafile=/etc/authorities.pem} sh /srv/inside.sh'
  echo "$release: the pages hold"
done
