#!/bin/sh
# Lint beside what is given as arguments (a command): two cores have room for both. Fails when either does, and says which.
lint_log=$(mktemp) || exit 1
trap 'rm -f "$lint_log"' EXIT
npm run --silent lint >"$lint_log" 2>&1 &
lint=$!
"$@"
status=$?
wait "$lint" || { cat "$lint_log" >&2; echo "lint failed" >&2; [ "$status" -ne 0 ] || status=1; }
exit "$status"
