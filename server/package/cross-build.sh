#!/bin/sh
# Makes what a package for another processor has of machine code: `cross-build.sh arm64 DIRECTORY`, in the work tree. The directory gets
# node_modules, with the Node.js for that processor, and what the build compiles from C. `npm run package` runs it,
# because node-gyp comes with npm. It needs Debian's cross compiler.
set -eu
arch=$1 into=$2
case $arch in
  arm64) triplet=aarch64-linux-gnu package=g++-aarch64-linux-gnu ;;
  x64) triplet=x86_64-linux-gnu package=g++-x86-64-linux-gnu ;;
  *) echo "there is no compiler for $arch" >&2 && exit 1 ;;
esac
for each in g++ gcc ar strip; do
  command -v "$triplet-$each" >/dev/null || { echo "$triplet-$each is not there: apt-get install $package" >&2; exit 1; }
done
for each in package.json package-lock.json server/own-node.sh server/dom0/process/build-pty.sh server/gate/ssh/build-native-crypto.sh \
  server/cli/half/build-notify-socket.sh server/cli/half/notify-socket.c server/simulator/build-tool.sh server/simulator/tool*.[ch]; do
  mkdir -p "$into/$(dirname "$each")"
  cp "$each" "$into/$each"
done
cd "$into"
# `--ignore-scripts`: npm would build for this machine.
npm ci --omit=dev --cpu="$arch" --os=linux --ignore-scripts --no-audit --no-fund --silent
export POSTERN_CROSS="$arch" CC="$triplet-gcc" CXX="$triplet-g++" AR="$triplet-ar" LINK="$triplet-g++"
sh server/dom0/process/build-pty.sh
sh server/gate/ssh/build-native-crypto.sh
sh server/cli/half/build-notify-socket.sh
sh server/simulator/build-tool.sh
