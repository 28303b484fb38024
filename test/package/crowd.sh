# Fifty sessions over an upgrade, for inside.sh: `. crowd.sh`. Five customers have ten each: menus of both kinds,
# consoles, and `log --follow`. Meanwhile a program in each guest counts, a line in 60 ms.
CROWD='alice beatrice celia dora emilia' GUESTS='horatio ophelia yorick'
crowd=/tmp/crowd

# Each has a key, and is an owner of all guests.
make_crowd() {
  mkdir $crowd
  for customer in $CROWD; do
    [ -e "/root/$customer" ] || ssh-keygen -q -t ed25519 -N '' -f "/root/$customer"
    postern customer add "$customer" 2>/dev/null || true
    postern key add "$customer" "/root/$customer.pub" >/dev/null 2>&1 || true
    [ "$customer" = alice ] || for guest in $GUESTS; do postern role add "$customer" "$guest" owner >/dev/null; done
  done
}

# `visit CUSTOMER NAME WORDS...`: a session, whose output is in $crowd/CUSTOMER-NAME.log. It types what is written into
# $crowd/CUSTOMER-NAME.keys.
visit() {
  who=$1 log=$crowd/$1-$2.log keys=$crowd/$1-$2.keys && shift 2
  : >"$keys" >"$log"
  tail -n +1 -f "$keys" 2>/dev/null | ssh -i "/root/$who" -o BatchMode=yes -o StrictHostKeyChecking=accept-new -p 2222 "$@" >"$log" 2>&1 &
}

# $1: a word for this time. Every session shows something of its own before this returns.
open_crowd() {
  for customer in $CROWD; do
    at=$customer@127.0.0.1
    for n in 1 2; do visit "$customer" "$1-full-$n" -tt "$at"; done
    for n in 1 2; do visit "$customer" "$1-plain-$n" -tt "$at" menu --plain; done
    for guest in $GUESTS; do
      visit "$customer" "$1-console-$guest" -tt "$at" "$guest" console
      visit "$customer" "$1-follow-$guest" "$at" "$guest" log --follow
    done
    for each in "$crowd/$customer-$1"-*.log; do await grep -aq "horatio\|ophelia\|yorick\|count " "$each"; done
  done
  [ "$(postern session list --json | grep -o '"openedAt"' | wc -l)" -ge 50 ] || { postern session list; fail 'there are no fifty sessions'; }
}

# Has each guest count. What it says is in its log alone: the picture of a console may skip.
count_in_guests() {
  for guest in $GUESTS; do
    printf 'root\r' >>"$crowd/alice-$1-console-$guest.keys"
    await sh -c "ssh -n -i /root/alice -o BatchMode=yes -p 2222 alice@127.0.0.1 $guest screen | grep -q '^root@.*#'"
    printf 'count 3\r' >>"$crowd/alice-$1-console-$guest.keys"
    await grep -aq '^count 3' "$crowd/alice-$1-follow-$guest.log"
  done
}

# Every session has ended, and its customer was told why.
crowd_was_told() {
  for each in "$crowd"/*-"$1"-*.log; do
    await grep -aq 'is being restarted' "$each"
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

# Ends the counting, and looks for each number, once and in its order.
counted_all() {
  for guest in $GUESTS; do
    printf '\003echo counted\r' >>"$crowd/alice-$1-console-$guest.keys"
    await sh -c "ssh -n -i /root/alice -o BatchMode=yes -p 2222 alice@127.0.0.1 $guest log >/tmp/said && grep -aq '^counted' /tmp/said"
    tr -d '\r' </tmp/said | grep -aE '^count [0-9]+$' | cut -d ' ' -f 2 >/tmp/counted
    last=$(tail -n 1 /tmp/counted)
    [ "$last" -gt 50 ] || fail "$guest counted to $last only"
    seq 1 "$last" | cmp - /tmp/counted || fail "the log of $guest lacks something, or has it twice"
    echo "$guest counted to $last; its log has each number once"
  done
}
