# For scripts that build native modules for the Node.js that comes with Postern: `. server/own-node.sh`. Sets `work`, a directory that is
# removed at the end, and `log` in it.
node=$(node -p process.execPath) || exit 1
# Its own headers, whatever Node.js npm runs on.
npm_config_nodedir=$(dirname "$(dirname "$node")")
export npm_config_nodedir
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
log=$work/log
# Debian's node-gyp links every module with the library of Debian's Node.js (-lnode), and ours crashes with two of them in it. This one is
# found first, and has nothing in it.
echo '/* nothing */' >"$work/libnode.so"
LDFLAGS="-L$work ${LDFLAGS:-}"
export LDFLAGS
