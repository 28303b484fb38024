#!/bin/sh
# Takes the steps of the container file in a directory that has Debian's base and the package, and starts what it
# starts: `container.sh ROOT`. No container program is needed. ROOT has the package in /tmp, as COPY puts it there.
set -eu
root=$1 file=config/container/Containerfile
log=$root/../container.log
line() { sed -n "s/^$1 //p" "$file"; }
fail() { echo "container: $*" >&2; cat "$log" >&2; exit 1; }

# The base has less than the packages that every Debian has, or its steps would prove nothing of debian:13-slim.
case $(line FROM) in debian:13-slim) ;; *) fail 'its base is another one' ;; esac
for each in systemd adduser openssh-client perl; do
  [ -z "$(chroot "$root" dpkg-query -W -f '${db:Status-Abbrev}' $each 2>/dev/null | grep '^i')" ] || fail "the base has $each"
done

# `step COMMAND`: as `docker build` runs it.
step() {
  ROOT=$root unshare --mount --pid --fork --kill-child sh -euc '
    mount --make-rprivate / && mount -t proc proc "$ROOT/proc" && mount --rbind /dev "$ROOT/dev"
    exec chroot "$ROOT" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"' sh "$@"
}
step sh -euc "$(sed -n '/^RUN /,/[^\\]$/p' "$file" | sed 's/^RUN //')" >"$log" 2>&1 || fail 'a step fails'
[ ! -e "$root/usr/bin/systemctl" ] || fail 'systemd is in it'
[ -z "$(ls "$root"/tmp/postern_* 2>/dev/null)" ] || fail 'the package stays in it'
[ "$(chroot "$root" stat -c '%a %U:%G' /var/lib/postern /run/postern-gate | sort -u)" = '700 postern:postern' ] || fail 'its directories'

# The settings are the machine's, which `docker run` mounts.
step postern setup gate --host xen1 --listen 127.0.0.1:2223 --apply >>"$log"
user=$(line USER)
words=$(sed -n 's/^ENTRYPOINT //p; s/^CMD //p' "$file" | tr -d '[],"' | tr '\n' ' ')
rights="setpriv --reuid=${user%:*} --regid=${user#*:} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all"
# As `docker run --read-only --cap-drop ALL` of docs/package.md: it can write its state and its run directory only. It
# is the first process there.
ROOT=$root unshare --mount --pid --fork --kill-child sh -euc '
  mount --make-rprivate / && mount --bind "$ROOT" "$ROOT" && mount --bind "$ROOT/var/lib/postern" "$ROOT/var/lib/postern"
  mount -t proc proc "$ROOT/proc" && mount --rbind /dev "$ROOT/dev"
  mount -o remount,bind,ro "$ROOT"
  mount -t tmpfs -o "mode=0700,uid=$(chroot "$ROOT" id -u postern)" tmpfs "$ROOT/run/postern-gate"
  exec chroot "$ROOT" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"' sh $rights $words >>"$log" 2>&1 &
container=$! gate=
# The gate gave up its parent's user, so it does not end with its parent.
trap 'kill -KILL $gate $container 2>/dev/null || true' EXIT
n=0
until grep -q 'postern gate ready on 127.0.0.1:2223' "$log"; do
  n=$((n + 1))
  [ $n -lt 600 ] && kill -0 $container || fail 'the gate is not ready'
  sleep 0.2
done
gate=$(cat "/proc/$container/task/$container/children") gate=${gate% }
# As `docker exec`.
inside() { nsenter -t "$gate" -m -p --root="/proc/$gate/root" --wd="/proc/$gate/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin $rights "$@"; }
! inside sh -c ': >/tmp/here' 2>/dev/null || fail 'it can write elsewhere'
grep -qx 'CapEff:.*0000000000000000' "/proc/$gate/status" || fail 'the gate has a right'
inside postern policy check >>"$log" 2>&1 || fail 'its policy'

# A customer logs in.
ssh-keygen -q -t ed25519 -N '' -f "$root/../alice"
inside postern customer add alice >>"$log" 2>&1
inside sh -c 'cat >/run/postern-gate/alice.pub && postern key add alice /run/postern-gate/alice.pub' <"$root/../alice.pub" >>"$log" 2>&1
ssh -n -i "$root/../alice" -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -p 2223 alice@127.0.0.1 keys 2>>"$log" |
  grep -q "$(ssh-keygen -lf "$root/../alice.pub" | cut -d ' ' -f 2)" || fail 'alice does not get in'
inside postern status >>"$log" 2>&1 || true
grep -q '^Gate ' "$log" || fail 'no status'

kill -TERM "$gate"
wait $container || fail "the gate ends with $?"
grep -q 'half.stopping' "$log" || fail 'the gate did not end by itself'
trap - EXIT
echo 'the container file: its steps run, and the gate serves a customer without a right, on a root that it cannot write'
