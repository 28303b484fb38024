#!/bin/sh
# Builds the native part of ssh2 for the Node.js that comes with Postern, from that package's own headers: npm
# itself may run on another Node.js. npm runs this after an install. Without the native part SSH works, at
# about 1.5 times the CPU.
. server/own-node.sh
# Since Node.js 24.19 this header makes each object take a cleanup hook back when it is collected. The
# collector may run where there is no environment to take it from, and Node.js then aborts. The gate would end
# when it collects the ciphers of some closed connection.
header=$work/node_object_wrap.h
sed 's/^ *\(Add\|Remove\)CleanupHook();$//' "$npm_config_nodedir/include/node/node_object_wrap.h" >"$header" || exit 1
# The header's place is another one in each build. In an assertion of it the module would differ from build to build.
CXXFLAGS="${CXXFLAGS:-} -include $header -fmacro-prefix-map=$work/="
export CXXFLAGS
node-gyp rebuild -C node_modules/ssh2/lib/protocol/crypto --target="$version" \
  --real_openssl_major="$(node -p 'process.versions.openssl.split(".")[0]')" >"$log" 2>&1 && exit 0
tail -n 20 "$log" >&2
echo "postern: the native part of ssh2 was not built, so SSH costs about 1.5 times the CPU. Install a C++ compiler, make and python3, then run npm ci again." >&2
# A package without it would cost all its users more.
[ -z "${POSTERN_CROSS-}" ] || exit 1
