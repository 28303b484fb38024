#!/bin/sh
# The simulated `xentop -b -f -i 1`: one table, from the files that the domains' processes publish (quick-look.ts).
XL_SIMULATOR=@HOST@
state=$XL_SIMULATOR/state

case "$*" in
  '-b -f -i 1') ;;
  *)
    echo 'xentop (simulated): only -b -f -i 1' >&2
    exit 1
    ;;
esac
[ ! -e "$state/stopped" ] && [ -r "$state/quick" ] || {
  echo 'Failed to initialize xenstat library' >&2
  exit 1
}

# The arguments: name, state, CPU seconds, KiB of memory and of its limit, VCPUs, KiB received and sent, requests to
# read and to write.
row() {
  printf '%10s %s %10d %6.1f %10d %6.1f %10s %9s %5d %4d %8d %8d %4d %8d %8d %8d %10d %10d %4d\n' \
    "$1" "$2" "$3" 0.0 "$4" 1.5 "$5" "$6" "$7" 1 "$8" "$9" 1 0 "${10}" "${11}" 0 "$((${11} * 8))" 0
}

now=$(date +%s%3N)
printf '      NAME  STATE   CPU(sec) CPU(%%)     MEM(k) MEM(%%)  MAXMEM(k) MAXMEM(%%) VCPUS NETS NETTX(k) NETRX(k) VBDS   VBD_OO   VBD_RD   VBD_WR  VBD_RSECT  VBD_WSECT SSID\n'
row Domain-0 -----r 120 1048576 'no limit' n/a 1 0 0 0 0
for file in "$state"/domains/*/quick; do
  [ -r "$file" ] || continue
  {
    read -r domid && IFS= read -r name && read -r uuid && read -r pid && read -r started && read -r memory &&
      read -r vcpus && read -r built_at && read -r paused && read -r fresh_until && read -r idle && read -r cpu &&
      read -r cpu_since
  } <"$file" 2>/dev/null || continue
  [ -d "/proc/$pid" ] || continue
  [ "$cpu_since" = - ] || cpu=$((cpu + now - cpu_since))
  # A guest that works uses its network and its disk, too.
  age=$(((now - built_at) / 1000))
  [ "$age" -ge 0 ] || age=0
  row "$name" --b--- $((cpu / 1000)) $((memory * 1024)) $((memory * 1024)) 1.5 "$vcpus" \
    $((age * 3 + cpu / 10)) $((age + cpu / 40)) $((cpu / 8)) $((age + cpu / 20))
done
