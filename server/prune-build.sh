#!/bin/sh
# Removes what was built from files that are gone or have another name now: a test of theirs would still run.
LC_ALL=C
export LC_ALL
[ -d dist ] || exit 0
find config menus policy server test -name '*.ts' | sed 's/\.ts$/.js/' | sort >dist/.sources
(cd dist && find config menus policy server test -name '*.js' 2>/dev/null) | sort | comm -13 dist/.sources - |
  while IFS= read -r built; do rm -f "dist/$built" "dist/$built.map"; done
rm -f dist/.sources
