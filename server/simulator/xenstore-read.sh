#!/bin/sh
# The simulated `xenstore-read`: values of `/local/domain/DOMID/...`, as guests' processes write them (host.ts).
XL_SIMULATOR=@HOST@
for path; do
  file=$XL_SIMULATOR/state/domains/${path#/local/domain/}
  key=${file#"$XL_SIMULATOR"/state/domains/*/}
  home=${file%"/$key"}
  case $path in
    /local/domain/[1-9]*/*) ;;
    *) home= ;;
  esac
  if [ ! -f "$home/store/$key" ]; then
    echo "xenstore-read: couldn't read path $path" >&2
    exit 1
  fi
  cat "$home/store/$key"
  echo
done
