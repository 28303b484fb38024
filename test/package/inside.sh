#!/bin/sh
# In a booted Debian, as root, made by run.sh: follows the life of the package, with a customer and a running guest of
# a simulated Xen host. /srv/source is the work tree, for the simulator only.
set -eu
export PROGRAM=/srv/source

say() { printf '\n$ %s\n' "$*"; }
run() { say "$@"; "$@"; }
fail() { echo "FAILED: $*" >&2; exit 1; }

# Waits for up to a minute until a command succeeds.
await() {
  n=0
  until "$@" >/dev/null 2>&1; do
    n=$((n + 1))
    [ $n -lt 120 ] || { "$@" || true; fail "$*"; }
    sleep 0.5
  done
}
as_alice() { ssh -n -i /root/alice -o StrictHostKeyChecking=accept-new -o BatchMode=yes -p 2222 alice@127.0.0.1 "$@"; }
apt_get() { run apt-get -y -q -o Dpkg::Use-Pty=0 -o Acquire::https::CAInfo="${SSL_CERT_FILE-}" "$@"; }
state() { systemctl show -P "$2" "$1"; }
start_both() {
  run systemctl start postern-dom0 postern-gate || { journalctl -n 40 --no-pager -u postern-dom0 -u postern-gate; fail 'the halves do not start'; }
}
is_off() { [ "$(state "$1" ActiveState)" = inactive ]; }

. /srv/crowd.sh

[ ! -e /etc/authorities.pem ] || export SSL_CERT_FILE=/etc/authorities.pem
apt_get update >/dev/null
deb=$(echo /srv/postern_*.deb)
version=$(dpkg-deb -f "$deb" Version)

say "apt install $deb"
apt-get install -y -q -o Dpkg::Use-Pty=0 "$deb" >/tmp/apt.log 2>&1 || { cat /tmp/apt.log; fail install; }
grep -i postern /tmp/apt.log
[ "$(run postern --version | tail -1)" = "$version" ] || fail 'another version runs'
for unit in postern-gate postern-dom0; do
  [ "$(systemctl is-enabled $unit)" = disabled ] || fail "$unit is enabled by the package"
  is_off $unit || fail "$unit is started by the package"
done
[ ! -e /etc/postern ] || fail 'the package made settings'
[ "$(stat -c '%a %U:%G' /run/postern)" = '750 root:postern' ] || fail 'the directory of the socket'
[ -z "$(find /usr/lib/postern -perm /022 ! -type l)" ] || fail 'others can write to the program'
run dpkg --verify postern
# minbase has neither man nor fish.
for file in man/man1/postern.1.gz man/man5/postern-gate.yaml.5.gz bash-completion/completions/postern \
  zsh/vendor-completions/_postern fish/vendor_completions.d/postern.fish; do
  # Debian's own settings for small systems leave manual pages out of the disk, but not out of the package.
  dpkg -L postern | grep -qx "/usr/share/$file" || fail "$file"
done
run bash -c '. /usr/share/bash-completion/completions/postern && complete -p postern'

sh /srv/fake-xen.sh horatio ophelia yorick
run postern setup both --site console.example.net --apply
for unit in postern-gate postern-dom0; do
  [ "$(systemctl is-enabled $unit)" = enabled ] || fail "setup did not enable $unit"
done
postern setup both | grep -q '^nothing to do$' || fail 'setup does something twice'
start_both
await postern doctor
run postern doctor
ssh-keygen -q -t ed25519 -N '' -f /root/alice
run postern customer add alice
run postern key add alice /root/alice.pub
run postern role add alice horatio owner
await sh -c "postern domain list | grep -q '^horatio '"
run as_alice list
run as_alice horatio start --wait
for name in ophelia yorick; do
  postern role add alice $name owner
  run as_alice $name start --wait
done
# As with Xen: the process that restarts the guest when it reboots.
guest=$(pgrep -f 'xl create' | head -1)
[ -n "$guest" ] || fail 'there is no guest'

# The next version, which differs in its number only.
newer=/tmp/postern_newer.deb next=$version.1
dpkg-deb -R "$deb" /tmp/newer
mv "/tmp/newer/usr/lib/postern/$version" "/tmp/newer/usr/lib/postern/$next"
ln -sfn "../lib/postern/$next/server/postern" /tmp/newer/usr/sbin/postern
sed -i "s/\"version\": \"$version\"/\"version\": \"$next\"/" "/tmp/newer/usr/lib/postern/$next/package.json"
sed -i "s/^Version: .*/Version: $next/" /tmp/newer/DEBIAN/control
sed -i "s#usr/lib/postern/$version/#usr/lib/postern/$next/#" /tmp/newer/DEBIAN/md5sums
dpkg-deb --root-owner-group -Zgzip -z1 -b /tmp/newer "$newer" >/dev/null

# The halves run the new files, the dom0 half first. Fifty customers' sessions are open. All are told, and can be opened
# again. The guests and all logins stay, and no byte that a guest said is lost.
gate=$(state postern-gate MainPID) dom0=$(state postern-dom0 MainPID)
make_crowd
open_crowd before
count_in_guests before
apt_get install "$newer"
[ "$(state postern-gate MainPID)" != "$gate" ] || fail 'the gate was not restarted'
[ "$(state postern-dom0 MainPID)" != "$dom0" ] || fail 'the dom0 half was not restarted'
[ "$(state postern-dom0 ActiveEnterTimestampMonotonic)" -le "$(state postern-gate ActiveEnterTimestampMonotonic)" ] || fail 'the gate came first'
crowd_was_told before
followed_all before
open_crowd after
counted_all after
say 'fifty sessions were told, and fifty are open again'
[ "$(postern --version)" = "$next" ] || fail 'the version'
[ "$(ls /usr/lib/postern)" = "$next" ] || { find "/usr/lib/postern/$version"; fail 'something of the former version stays'; }
await as_alice list
run as_alice list
kill -0 "$guest" || fail 'the guest has gone with the upgrade'

# Back again, with a sentence.
apt_get install --allow-downgrades "$deb" | tee /tmp/downgrade.log
grep -q "^postern: this version is older than $next" /tmp/downgrade.log || fail 'a downgrade says nothing'
await as_alice list
kill -0 "$guest" || fail 'the guest has gone with the downgrade'

key=$(postern hostkey | head -1)
apt_get remove postern
[ ! -e /usr/sbin/postern ] || fail 'the command stays'
[ ! -e /usr/lib/postern ] || { find /usr/lib/postern; fail 'something of the program stays'; }
for unit in postern-gate postern-dom0; do is_off $unit || fail "$unit runs after the package was removed"; done
kill -0 "$guest" || fail 'the guest has gone with the package'
apt_get purge postern | tee /tmp/purge.log
grep -q '^postern: these stay: /etc/postern /var/lib/postern /var/lib/postern-dom0$' /tmp/purge.log || fail 'purge does not say what stays'
for file in /etc/postern/gate.yaml /etc/postern/policy.d/10-default.yaml /var/lib/postern/postern.db /var/lib/postern/ssh_host_ed25519_key; do
  [ -s "$file" ] || fail "purge took $file"
done
[ -z "$(find /etc/systemd -name 'postern*')" ] || fail 'purge leaves links'

say "apt install $deb"
apt-get install -y -q -o Dpkg::Use-Pty=0 "$deb" >/tmp/apt.log 2>&1
grep -q '^postern: the settings of an earlier installation are here, .*postern setup both$' /tmp/apt.log || fail 'nobody says what to do'
[ "$(systemctl is-enabled postern-gate)" = disabled ] || fail 'purge left the gate enabled'
run postern setup both --apply
for unit in postern-gate postern-dom0; do
  [ "$(systemctl is-enabled $unit)" = enabled ] || fail "setup did not enable $unit again"
done
postern setup both | grep -q '^nothing to do$' || fail 'setup does something twice after a purge'
start_both
await as_alice list
[ "$(postern hostkey | head -1)" = "$key" ] || fail 'another host key'
run as_alice horatio status
run postern audit verify
kill -0 "$guest" || fail 'the guest has gone'

# The demo needs neither root nor Xen.
useradd -m carol
su carol -c 'cd && exec timeout -s INT 120 postern demo --port 0' >/tmp/demo.log 2>&1 &
await grep -q '^postern ready on' /tmp/demo.log
pkill -INT -u carol -f 'postern.js demo'
wait $! || true
echo 'demo: ready, and ended'
