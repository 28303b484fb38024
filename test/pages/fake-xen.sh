#!/bin/sh
# A simulated Xen host where Xen's own files are: /usr/sbin/xl, and a domain horatio in /etc/xen.
set -eu
cat >/tmp/fake-xen.mjs <<'END'
import { installSimulator } from '/opt/postern/dist/server/simulator/install.js';
await installSimulator({ directory: '/srv/sim', timeScale: 0.02, domains: [{ name: 'horatio' }] });
END
/opt/postern/node_modules/.bin/node /tmp/fake-xen.mjs
ln -sf /srv/sim/bin/xl /usr/sbin/xl
mkdir -p /etc/xen
cp /srv/sim/etc/xen/*.cfg /etc/xen/
