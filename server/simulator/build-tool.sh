#!/bin/sh
# Builds the program that stands for each of the simulated Xen's tools. `npm run build` runs this. It needs the C
# compiler with which `npm ci` built node-pty.
sources='server/simulator/tool.c server/simulator/tool-host.c'
built=dist/server/simulator/tool.bin
[ -z "$(find server/simulator -name 'tool*.[ch]' -newer "$built" 2>/dev/null || echo none)" ] && exit 0
mkdir -p "$(dirname "$built")"
# In one step, because another build may run beside this one.
"${CC:-cc}" -std=c11 -O2 -s -Wall -Wextra -Werror -o "$built.$$" $sources && mv -f "$built.$$" "$built" && exit 0
rm -f "$built.$$"
echo "postern: the simulator's program (server/simulator/tool.c) was not built, and without it there is no simulated Xen. Install a C compiler, then run npm run build again." >&2
exit 1
