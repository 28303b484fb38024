#!/bin/sh
# Takes the steps of the container file in a directory that has Debian's base and the package, and starts what it
# starts: `container.sh ROOT`. No container program is needed. ROOT has the package in /tmp, as COPY puts it there.
set -eu
root=$1 file=config/container/Containerfile
steps() { sed -n '/^RUN /,/[^\\]$/p' "$file" | sed 's/^RUN //'; }
inside() {
  ROOT=$root unshare --mount --pid --fork --kill-child sh -euc '
    mount --make-rprivate / && mount -t proc proc "$ROOT/proc" && mount --rbind /dev "$ROOT/dev"
    exec chroot "$ROOT" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"' sh "$@"
}
inside sh -euc "$(steps)" >"$root/../container.log" 2>&1 || { cat "$root/../container.log" >&2; exit 1; }
[ ! -e "$root/usr/bin/systemctl" ] || { echo 'systemd is in the container' >&2; exit 1; }

# As `docker run` does: settings are mounted, the program is the entry point's with the command's words.
inside postern setup gate --host xen1 --listen 127.0.0.1:2223 --apply >/dev/null
words=$(sed -n 's/^ENTRYPOINT //p; s/^CMD //p' "$file" | tr -d '[],"' | tr '\n' ' ')
inside sh -euc "
  setpriv --reuid=postern --regid=postern --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all $words >/tmp/gate.log 2>&1 &
  n=0
  until grep -q 'postern gate ready on 127.0.0.1:2223' /tmp/gate.log; do
    n=\$((n + 1)); [ \$n -lt 300 ] || { cat /tmp/gate.log >&2; exit 1; }
    sleep 0.2
  done
  setpriv --reuid=postern --regid=postern --clear-groups postern customer add alice
  kill \$! && wait \$! || true
  grep -q 'half.stopping' /tmp/gate.log"
echo 'the container file: its steps run, and the gate serves without a right'
