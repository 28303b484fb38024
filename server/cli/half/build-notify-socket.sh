#!/bin/sh
# Builds the few lines of C by which the halves tell systemd how they are. `npm run build` runs this. It needs the C
# compiler with which `npm ci` built node-pty, and works with any Node.js (Node-API).
source=server/cli/half/notify-socket.c
built=dist/server/cli/half/notify-socket.node
[ "$built" -nt "$source" ] && exit 0
node=$(node -p process.execPath) || exit 1
headers=$(dirname "$(dirname "$node")")/include/node
mkdir -p "$(dirname "$built")"
# In one step, because another build may run beside this one.
"${CC:-cc}" -std=c11 -O2 -Wall -Wextra -Werror -fPIC -shared -DNODE_GYP_MODULE_NAME=notify_socket \
  -I"$headers" -o "$built.$$" "$source" && mv -f "$built.$$" "$built" && exit 0
rm -f "$built.$$"
echo "postern: $source was not built, and without it systemd cannot know whether Postern runs. Install a C compiler, then run npm run build again." >&2
exit 1
