#!/bin/sh
# Makes a simulated Xen host at the places of Xen's own files: /usr/sbin/xl, and the named domains in
# /etc/xen. `--stop` ends it.
set -eu
# A built work tree, which has the simulator. test/package has it elsewhere.
program=${PROGRAM:-/opt/postern}
[ -e "$program" ] || program=/srv/source
if [ "${1-}" = --stop ]; then
  cat >/tmp/fake-xen.mjs <<END
import { stopSimulator } from '$program/dist/server/simulator/install.js';
await stopSimulator('/srv/sim');
END
  "$program/node_modules/.bin/node" /tmp/fake-xen.mjs
  rm -rf /srv/sim /etc/xen /usr/sbin/xl
  exit
fi
cat >/tmp/fake-xen.mjs <<END
import { installSimulator } from '$program/dist/server/simulator/install.js';
const domains = process.argv.slice(2).map((name) => ({ name }));
await installSimulator({ directory: '/srv/sim', timeScale: 0.02, domains });
END
"$program/node_modules/.bin/node" /tmp/fake-xen.mjs "$@"
ln -sf /srv/sim/bin/xl /usr/sbin/xl
mkdir -p /etc/xen
for each; do cp "/srv/sim/etc/xen/$each.cfg" /etc/xen/; done
