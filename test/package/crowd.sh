# Fifty sessions over an upgrade, for inside.sh: `. crowd.sh`. Ten customers have five each, as the shipped policy lets
# them: a menu of each kind, a console, and two `log --follow`. Meanwhile a program in each guest counts, a line in 60 ms.
CROWD='alice beatrice celia dora emilia fanny greta hero imogen julia' GUESTS='horatio ophelia yorick'
# Whose console types into each guest: guest_of's first ones.
TYPISTS='alice beatrice celia'
crowd=/tmp/crowd

# Each has a key, and is an owner of all guests.
make_crowd() {
  mkdir $crowd
  for customer in $CROWD; do
    [ -e "/root/$customer" ] || ssh-keygen -q -t ed25519 -N '' -f "/root/$customer"
    postern customer add "$customer" 2>/dev/null || true
    postern key add "$customer" "/root/$customer.pub" >/dev/null 2>&1 || true
    [ "$customer" = alice ] || for server in $GUESTS; do postern role add "$customer" "$server" owner >/dev/null; done
  done
}

# The guests in turn.
guest_of() {
  case $1 in
    beatrice | emilia | hero) echo ophelia ;;
    celia | fanny | imogen) echo yorick ;;
    *) echo horatio ;;
  esac
}

# `visit CUSTOMER NAME WORDS...`: a session, whose output is in $crowd/CUSTOMER-NAME.log. It types what is written into
# $crowd/CUSTOMER-NAME.keys.
visit() {
  who=$1 log=$crowd/$1-$2.log keys=$crowd/$1-$2.keys && shift 2
  : >"$keys" >"$log"
  tail -n +1 -f "$keys" 2>/dev/null | ssh -i "/root/$who" -o BatchMode=yes -o StrictHostKeyChecking=accept-new -p 2222 "$@" >"$log" 2>&1 &
}

# Waits for a word in what a session shows.
shows() {
  n=0
  until grep -aq "$2" "$1"; do
    n=$((n + 1))
    [ $n -lt 240 ] || { cat "$1"; fail "$1 does not show $2"; }
    sleep 0.5
  done
}

# $1: a word for this time. Every menu and console shows something of its own before this returns.
open_crowd() {
  for customer in $CROWD; do
    at=$customer@127.0.0.1 server=$(guest_of "$customer")
    visit "$customer" "$1-full" -tt "$at"
    visit "$customer" "$1-plain" -tt "$at" menu --plain
    visit "$customer" "$1-console" -tt "$at" "$server" console
    for n in 1 2; do visit "$customer" "$1-follow-$n" "$at" "$server" log --follow; done
    for each in full plain console; do shows "$crowd/$customer-$1-$each.log" 'horatio\|ophelia\|yorick\|count '; done
  done
  # A log has nothing yet of the time since these customers have their roles.
  await sh -c "[ \"\$(postern session list --json | grep -o openedAt | wc -l)\" -ge 50 ]"
}

# Has each guest count. What it says is in its log alone: the picture of a console may skip.
count_in_guests() {
  for customer in $TYPISTS; do
    printf 'root\r' >>"$crowd/$customer-$1-console.keys"
    await sh -c "ssh -n -i /root/alice -o BatchMode=yes -p 2222 alice@127.0.0.1 $(guest_of "$customer") screen | grep -q 'root@'"
    printf 'count 3\r' >>"$crowd/$customer-$1-console.keys"
    shows "$crowd/$customer-$1-follow-1.log" '^count 3'
  done
  for each in "$crowd"/*-"$1"-follow-*.log; do shows "$each" '^count 3'; done
}

# Every session has ended, and its customer was told why.
crowd_was_told() {
  for each in "$crowd"/*-"$1"-*.log; do
    shows "$each" 'is being restarted'
  done
  await sh -c "! pgrep -x ssh"
}

# What `log --follow` showed has no gap, and nothing twice: also over the restart of the dom0 half. Its last line may be
# cut off.
followed_all() {
  for each in "$crowd"/*-"$1"-follow-*.log; do
    tr -d '\r' <"$each" | grep -aE '^count [0-9]+$' | sed '$d' |
      awk 'NR > 1 && $2 != last + 1 { exit 1 } { last = $2 } END { if (NR < 10) exit 1 }' || { cat "$each"; fail "$each has a gap"; }
  done
}

# Ends the counting, and looks for each number, once and in its order. `log` alone shows the last thousand lines.
counted_all() {
  for customer in $TYPISTS; do
    server=$(guest_of "$customer")
    printf '\003echo counted\r' >>"$crowd/$customer-$1-console.keys"
    await sh -c "ssh -n -i /root/alice -o BatchMode=yes -p 2222 alice@127.0.0.1 $server log --lines 100000 >/tmp/said && grep -aq '^counted' /tmp/said"
    tr -d '\r' </tmp/said | grep -aE '^count [0-9]+$' | cut -d ' ' -f 2 >/tmp/counted
    last=$(tail -n 1 /tmp/counted)
    [ "$last" -gt 50 ] || fail "$server counted to $last only"
    seq 1 "$last" | diff - /tmp/counted || fail "the log of $server lacks something, or has it twice"
    echo "$server counted to $last; its log has each number once"
  done
}
