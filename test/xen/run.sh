#!/bin/sh
# npm run test:xen: the whole suite on Debian 13 with Xen 4.20, and a part of it on Debian 12 with Xen 4.17. With POSTERN_XEN_RELEASE set, the
# whole suite on that release alone. Other words go to mocha instead: sh test/xen/run.sh dist/test/xen/power.xen.js -g reboots
set -u

suite() {
  exec mocha --jobs 2 --require dist/test/xen/lab/hooks.js --timeout 1200000 "$@"
}

[ $# -eq 0 ] || suite "$@"

# Both workers end at the same time when the files that take longest begin first.
first='boot-loaders reinstall rescue-image crash killed dom0-half pvh transcript by-hand power rescue'
for name in $first; do
  set -- "$@" "dist/test/xen/$name.xen.js"
done
if [ -z "${POSTERN_XEN_RELEASE:-}" ]; then
  echo 'the whole suite on Debian 13 with Xen 4.20; power and rescue on Debian 12 with Xen 4.17'
  set -- "$@" dist/test/xen/bookworm/*.xen.js
else
  echo "the whole suite, on $POSTERN_XEN_RELEASE"
fi
for file in dist/test/xen/*.xen.js; do
  case " $first " in
    *" $(basename "$file" .xen.js) "*) ;;
    *) set -- "$@" "$file" ;;
  esac
done
suite "$@"
