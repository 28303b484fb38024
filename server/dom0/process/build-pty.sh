#!/bin/sh
# Makes node-pty work with the Node.js that comes with Postern. npm runs this after an install. Debian's npm
# builds native modules for the machine's own Node.js, whatever `allowScripts` in package.json says. npm 11
# builds node-pty correctly, and leaves out cpu-features, which ssh2 would load but does not need.
rm -rf node_modules/cpu-features/build
# What is for another processor cannot be tried here.
loads() { [ -z "${POSTERN_CROSS-}" ] && node -e 'require("node-pty")'; }
loads >/dev/null 2>&1 && exit 0
. server/own-node.sh
node-gyp rebuild -C node_modules/node-pty --target="$version" >"$log" 2>&1 &&
  { [ -n "${POSTERN_CROSS-}" ] || loads >>"$log" 2>&1; } && exit 0
tail -n 20 "$log" >&2
echo "postern: node-pty was not built, and without it there are no consoles. Install a C++ compiler, make and python3, then run npm ci again." >&2
exit 1
