#!/bin/sh
# Builds after each change and restarts the demo. Arguments go to the demo. Ctrl-C ends both.
npm run --silent build || exit
tsc -p tsconfig.json --watch --preserveWatchOutput &
compiler=$!
trap 'kill "$compiler" 2>/dev/null' EXIT
trap : INT TERM
node --watch-path=dist/config --watch-path=dist/menus --watch-path=dist/policy --watch-path=dist/server --watch-preserve-output \
  dist/server/postern.js demo "$@"
