# For scripts that build native modules for the Node.js that comes with Postern: `. server/own-node.sh`. Sets `work`, a directory that is
# removed at the end, and `log` in it.
# Sets `version`, that of the Node.js. With POSTERN_CROSS=arm64 the modules are for that processor, and CC and CXX name its compilers.
node=$(node -p process.execPath) || exit 1
version=$(node -p process.version) || exit 1
# Its own headers, whatever Node.js npm runs on.
npm_config_nodedir=$(dirname "$(dirname "$node")")
if [ -n "${POSTERN_CROSS-}" ]; then
  npm_config_nodedir=$PWD/node_modules/node-linux-$POSTERN_CROSS npm_config_arch=$POSTERN_CROSS
  export npm_config_arch
fi
export npm_config_nodedir
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
log=$work/log
# Debian's node-gyp links every module with the library of Debian's Node.js (-lnode), and ours crashes with two of them in it. This one is
# found first, and has nothing in it.
echo '/* nothing */' >"$work/libnode.so"
LDFLAGS="-L$work ${LDFLAGS:-}"
export LDFLAGS
