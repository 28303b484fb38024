#!/bin/sh
# The simulated `xl`. Frequent commands that only read are answered here, from files that the domains'
# processes publish (quick-look.ts): starting Node.js costs twenty times as much. Everything else, every error
# included, is xl.ts. A property test compares the two.
XL_SIMULATOR=@HOST@
export XL_SIMULATOR
state=$XL_SIMULATOR/state

other() { exec @NODE@ @PROGRAM@ "$@"; }

# Reads the published record of a living domain into variables, line by line; fails when its process is gone.
look() {
  [ -r "$1/quick" ] || return 1
  {
    IFS= read -r domid && IFS= read -r name && IFS= read -r uuid && IFS= read -r pid && IFS= read -r started &&
      IFS= read -r memory && IFS= read -r vcpus && IFS= read -r built_at && IFS= read -r paused && IFS= read -r fresh_until &&
      IFS= read -r idle && IFS= read -r cpu && IFS= read -r cpu_since && IFS= read -r shutdown && IFS= read -r configured &&
      IFS= read -r created
  } <"$1/quick" 2>/dev/null || return 1
  { IFS= read -r stat <"/proc/$pid/stat"; } 2>/dev/null || return 1
  # proc(5): the fields after the command's name, which may hold spaces. The 1st is the
  # state, the 20th the start time.
  stat=${stat##*) }
  [ "${stat%% *}" != Z ] || return 1
  [ "$started" = - ] && return 0
  at=1
  while [ $at -lt 20 ]; do stat=${stat#* } at=$((at + 1)); done
  [ "${stat%% *}" = "$started" ]
}

# In the order of numbers, because globs sort by letters.
each() {
  for directory in "$state"/domains/[0-9] "$state"/domains/[0-9][0-9] "$state"/domains/[0-9][0-9][0-9] \
    "$state"/domains/[0-9][0-9][0-9][0-9] "$state"/domains/[0-9][0-9][0-9][0-9][0-9]; do
    if look "$directory"; then "$@"; fi
  done
}

# The arguments: name, domid, memory, VCPUs, state, tenths of a second, UUID, reason.
row() {
  printf '%-40s %5d %5d %5d     %s %7d.%d' "$1" "$2" "$3" "$4" "$5" $(($6 / 10)) $(($6 % 10))
  [ -z "$verbose" ] || printf ' %s %8s %16s' "$7" "$8" -
  printf '\n'
}

domain_row() {
  [ "$now" -ge "$built_at" ] || { memory=0 vcpus=0; }
  [ "$cpu_since" = - ] || cpu=$((cpu + (now - cpu_since) * rate / 1000))
  running=- blocked=- pause=- down=- why=-
  [ "$paused" = 0 ] || pause=p
  if [ "$shutdown" != - ]; then
    down=s
    case $shutdown in 1) why=r ;; 3) why=c ;; esac
  elif [ "$idle" = 1 ]; then
    if [ "$paused" = 0 ] || [ "$now" -lt "$fresh_until" ]; then blocked=b; fi
  elif [ "$paused" = 0 ]; then
    running=r
  fi
  row "$name" "$domid" "$memory" "$vcpus" "$running$blocked$pause$down$why-" $(((cpu + 50) / 100)) "$uuid" "$shutdown"
}

table() {
  now=$(date +%s%3N)
  { IFS= read -r booted_at && IFS= read -r rate; } <"$state/quick"
  printf 'Name                                        ID   Mem VCPUs\tState\tTime(s)'
  [ -z "$verbose" ] || printf '   UUID                            Reason-Code\tSecurity Label'
  printf '\n'
  row Domain-0 0 1024 1 r----- $((1200 + (now - booted_at + 500) / 1000)) 00000000-0000-0000-0000-000000000000 -
  each domain_row
}

# The arguments: name, domid, milliseconds since the epoch.
uptime_row() {
  seconds=$(((now - $3) / 1000)) days=''
  case $((seconds / 86400)) in
    0) ;;
    1) days='1 day, ' ;;
    *) days="$((seconds / 86400)) days, " ;;
  esac
  printf '%-33s %4d %s%2d:%02d:%02d\n' "$1" "$2" "$days" $((seconds / 3600 % 24)) $((seconds / 60 % 60)) $((seconds % 60))
}

domain_uptime() { uptime_row "$name" "$domid" "$created"; }

uptimes() {
  now=$(date +%s%3N)
  { IFS= read -r booted_at; } <"$state/quick"
  printf 'Name                                ID Uptime\n'
  uptime_row Domain-0 0 "$booted_at"
  each domain_uptime
}

long_one() { [ "$configured" = 1 ] && set_all="$set_all $domid" || incomplete=yes; }

long() {
  set_all='' incomplete=
  each long_one
  [ -z "$incomplete" ] || other list -l
  printf '[\n'
  set -- "$state/domain-0.json"
  for domid in $set_all; do set -- "$@" "$state/domains/$domid/long.json"; done
  cat "$@" || exit 1
  printf '\n]\n\n'
}

named() { [ "$name" != "$wanted" ] || [ -n "$found" ] || found=$domid; }

find_named() {
  found=
  case $wanted in '' | [0-9]* | -* | Domain-0) return ;; esac
  each named
}

if [ $# -gt 3 ] || [ -e "$state/stopped" ] || [ ! -r "$state/quick" ]; then other "$@"; fi
case "$# $*" in
  '1 list') verbose='' && table ;;
  '2 list -v') verbose=yes && table ;;
  '2 list -l') long ;;
  '1 uptime') uptimes ;;
  '2 domid '*)
    wanted=$2
    find_named
    [ -n "$found" ] || other "$@"
    printf '%s\n' "$found"
    ;;
  '2 domname '*)
    case $2 in '' | *[!0-9]* | 0* | ??????*) other "$@" ;; esac
    look "$state/domains/$2" || other "$@"
    printf '%s\n' "$name"
    ;;
  '3 list -l '*)
    wanted=$3
    find_named
    if [ -z "$found" ] || ! look "$state/domains/$found" || [ "$configured" = 0 ]; then other "$@"; fi
    printf '[\n'
    # The first line is the comma after the domain before.
    { read -r comma && cat; } <"$state/domains/$found/long.json"
    printf '\n]\n\n'
    ;;
  '3 -N create /'*)
    kept=$state/dry$3.
    { [ -f "$3" ] && [ -r "${kept}json" ] && cmp -s -- "$3" "${kept}cfg"; } || other "$@"
    IFS= read -r uuid </proc/sys/kernel/random/uuid
    text=$(cat "${kept}json")
    printf 'Parsing config from %s\n' "$3" >&2
    case $text in *@UUID@*) text=${text%%@UUID@*}$uuid${text#*@UUID@} ;; esac
    printf '%s\n' "$text"
    ;;
  *) other "$@" ;;
esac
