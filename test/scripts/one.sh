#!/bin/sh
# Runs the tests of the named files, or the tests whose names contain the words.
#   npm run test:one -- test/gate/access/authorize.test.ts
#   npm run test:one -- "a session ends"
[ $# -gt 0 ] || { echo "usage: npm run test:one -- FILE... | WORDS" >&2; exit 2; }
npm run --silent build || exit
case $1 in
  *.ts)
    files=''
    for file; do
      built=dist/${file#./}
      files="$files ${built%.ts}.js"
    done
    # shellcheck disable=SC2086 # names of our own files, without spaces
    exec mocha --no-parallel --reporter spec $files
    ;;
  *) exec mocha --no-parallel --reporter spec --grep "$*" 'dist/test/**/*.test.js' ;;
esac
