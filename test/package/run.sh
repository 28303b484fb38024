#!/bin/sh
# Builds the package, and installs, upgrades, removes and purges it on bare Debian 12 and 13 that are booted with their
# own systemd: `npm run test:package [RELEASE...]`. Needs root, Debian's package mmdebstrap and Debian's mirror. It
# takes the work tree. With REPRODUCE=1 it builds the package once more, in a clone of the last commit, and compares.
set -eu
[ "$(id -u)" = 0 ] || { echo "test:package boots Debian and needs root" >&2; exit 1; }
command -v mmdebstrap >/dev/null || { echo "test:package needs the Debian package mmdebstrap" >&2; exit 1; }
[ $# -gt 0 ] || set -- bookworm trixie
top=$(pwd)
work=$(mktemp -d)
booted=
# unshare(1) ignores SIGTERM. Its --kill-child ends the machine with it.
end() {
  [ -z "$booted" ] || { kill -KILL "$booted" 2>/dev/null && wait "$booted" 2>/dev/null; } || true
  rm -rf --one-file-system "$work"
}
trap end EXIT
# A build that is killed in its midst leaves nothing that looks like a package. The next one takes its remains away.
# With all that it has started, or dpkg-deb would go on compressing.
setsid node dist/server/package/command.js "$work/made" &
killed=$!
until ls "$work"/made/.unfinished-*/postern_*.deb >/dev/null 2>&1; do
  kill -0 "$killed" || { echo 'the build ended before it was killed' >&2; exit 1; }
  sleep 0.1
done
kill -s KILL -- "-$killed" && ! wait "$killed" 2>/dev/null
[ -z "$(ls "$work/made")" ] || { echo 'a build that was killed left a package:' >&2; ls "$work/made" >&2; exit 1; }
node dist/server/package/command.js "$work/made"
[ -z "$(ls -A "$work/made" | grep -v '^postern\|^SHA256SUMS$')" ] || { echo 'remains of a build that was killed:' >&2; ls -A "$work/made" >&2; exit 1; }
if [ -n "${REPRODUCE-}" ]; then
  git clone -q "$top" "$work/another/place"
  (cd "$work/another/place" && npm ci --silent && npm run --silent package -- "$work/again")
  cmp "$work/made/SHA256SUMS" "$work/again/SHA256SUMS"
  (cd "$work/made" && sha256sum -c --quiet SHA256SUMS)
  rm -rf "$work/another" "$work/again"
  echo 'two builds in two directories have the same bytes'
fi

# The halves of 1.0.0 beside those of now. Its program is made from the history.
released=1.0.0
commit=$(git rev-parse -q --verify "v$released^{commit}" || git log -1 --format=%H --grep="^CHANGELOG: describe $released,")
if [ -n "$commit" ]; then
  git clone -q "$top" "$work/released"
  (cd "$work/released" && git checkout -q "$commit" && npm ci --silent && npm run --silent build)
  POSTERN_RELEASED=$work/released POSTERN_RELEASED_VERSION=$released mocha --no-parallel dist/test/package/released-halves.package.js
  rm -rf "$work/released"
else
  echo "there is no $released in this history: its halves were not run" >&2
fi

# As debian:13-slim: without systemd.
mmdebstrap --quiet --mode=root --variant=minbase trixie "$work/container"
cp "$work"/made/postern_* "$work/container/tmp/"
cp /etc/resolv.conf "$work/container/etc/resolv.conf"
sh test/package/container.sh "$work/container"
cp "$work"/made/postern_* "$work/container/tmp/"
chroot "$work/container" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive sh -euc '
  { apt-get update && apt-get install -y --no-install-recommends lintian; } >/tmp/apt.log 2>&1 || { cat /tmp/apt.log; exit 1; }
  lintian --allow-root --fail-on error /tmp/postern_*'
echo 'lintian finds no error'
rm -rf --one-file-system "$work/container"

for release; do
  root=$work/$release
  mmdebstrap --quiet --mode=root --variant=minbase --include=systemd-sysv,ca-certificates,procps "$release" "$root"
  cp "$work"/made/postern_* test/package/inside.sh test/package/crowd.sh test/pages/fake-xen.sh "$root/srv/"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  # A machine behind a proxy has its own certificate authorities.
  [ -z "${NODE_EXTRA_CA_CERTS-}" ] || cp "$NODE_EXTRA_CA_CERTS" "$root/etc/authorities.pem"
  SOURCE=$top sh test/package/boot.sh "$root" >"$work/$release.log" 2>&1 &
  booted=$!
  # The first process of the machine is the child of unshare(1).
  n=0
  until first=$(cat "/proc/$booted/task/$booted/children" 2>/dev/null) && [ -n "$first" ] &&
    inside() { nsenter -t "${first% }" -m -p -i -u -C --root="/proc/${first% }/root" --wd="/proc/${first% }/root" "$@"; } &&
    inside systemctl is-system-running 2>&1 | grep -Eqx "running|degraded"; do
    n=$((n + 1))
    [ $n -lt 300 ] || { echo "$release does not boot" >&2; cat "$work/$release.log" >&2; exit 1; }
    sleep 0.2
  done
  inside env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    DEBIAN_FRONTEND=noninteractive sh -eu /srv/inside.sh
  kill -KILL "$booted" && wait "$booted" 2>/dev/null || true
  booted=
  rm -rf --one-file-system "$root"
  echo "$release: the package holds"
done
