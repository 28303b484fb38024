#!/bin/sh
# Runs lint beside the command in the arguments: two cores have room for both. Fails when either fails, and
# says which one.
lint_log=$(mktemp) || exit 1
trap 'rm -f "$lint_log"' EXIT
npm run --silent lint >"$lint_log" 2>&1 &
lint=$!
"$@"
status=$?
wait "$lint" || { cat "$lint_log" >&2; echo "lint failed" >&2; [ "$status" -ne 0 ] || status=1; }
exit "$status"
