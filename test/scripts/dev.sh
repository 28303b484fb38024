#!/bin/sh
# Builds after each change and restarts the demo. Arguments go to the demo. Ctrl-C ends both.
npm run --silent build || exit
# The compiler only checks: what it would write is not what users start.
node node_modules/typescript-native/bin/tsc -p tsconfig.json --noEmit --watch --preserveWatchOutput &
compiler=$!
node dist/server/watch-programs.js &
bundler=$!
trap 'kill "$compiler" "$bundler" 2>/dev/null' EXIT
trap : INT TERM
node --watch-path=dist/server --watch-path=dist/chunks --watch-preserve-output dist/server/postern.js demo "$@"
