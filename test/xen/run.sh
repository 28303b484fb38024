#!/bin/sh
# npm run test:xen: the whole suite on Debian 13 with Xen 4.20, then a part of it on Debian 12 with Xen 4.17. With POSTERN_XEN_RELEASE set, the
# whole suite on that release alone. Other words go to mocha instead: sh test/xen/run.sh dist/test/xen/power.xen.js -g reboots
set -u

suite() {
  mocha --jobs 2 --require dist/test/xen/lab/hooks.js --timeout 600000 "$@"
}

if [ $# -gt 0 ]; then
  suite "$@"
  exit
fi
failed=0
echo "the whole suite, on ${POSTERN_XEN_RELEASE:-Debian 13 with Xen 4.20}"
suite 'dist/test/xen/*.xen.js' || failed=1
if [ -z "${POSTERN_XEN_RELEASE:-}" ]; then
  echo 'power and rescue, on Debian 12 with Xen 4.17'
  POSTERN_XEN_RELEASE=bookworm suite dist/test/xen/power.xen.js dist/test/xen/rescue.xen.js || failed=1
fi
exit $failed
