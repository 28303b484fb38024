#!/bin/sh
# Builds the native part of ssh2 for the Node.js that comes with Postern, from that package's own headers: npm itself may
# run on another Node.js. npm runs this after an install. Without the native part SSH works, at about 1.5 times the CPU.
node=$(node -p process.execPath) || exit 1
npm_config_nodedir=$(dirname "$(dirname "$node")")
export npm_config_nodedir
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
node-gyp rebuild -C node_modules/ssh2/lib/protocol/crypto --target="$(node -p process.version)" \
  --real_openssl_major="$(node -p 'process.versions.openssl.split(".")[0]')" >"$log" 2>&1 && exit 0
tail -n 20 "$log" >&2
echo "postern: the native part of ssh2 was not built, so SSH costs about 1.5 times the CPU. Install a C++ compiler, make and python3, then run npm ci again." >&2
