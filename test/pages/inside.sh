#!/bin/sh
# Follows docs/install-dom0.md, then docs/install-beside.md, on a bare Debian: run by run.sh as root in a chroot, which is thrown away. Each
# command of the pages is run as it stands, but REPOSITORY, which is /srv/postern.git. No systemd runs in a chroot: what `systemctl` would
# start is started by what the installed units say. Xen is a simulated host, put where Xen's own files are.
set -eu
commands() { awk -f /srv/page-commands.awk "/srv/docs/$1"; }
stop() { kill $(cat /run/test-pids) 2>/dev/null || true; }
trap stop EXIT
: >/run/test-pids

# As a unit of the installed ones says: its user, its directories, its program.
start() {
  unit=/etc/systemd/system/$1.service instance=
  case $1 in *@*) instance=${1#*@} unit=/etc/systemd/system/${1%@*}@.service ;; esac
  [ -f "$unit" ] || { echo "Unit $1.service could not be found." >&2; return 1; }
  value() { sed -n "s/^$1=//p" "$unit" | sed "s/%i/$instance/g"; }
  user=$(value User)
  for directory in "/run/$(value RuntimeDirectory)" "/var/lib/$(value StateDirectory)"; do
    case $directory in */) continue ;; esac
    mkdir -p "$directory" && chmod 0700 "$directory" && chown "${user:-root}:" "$directory"
  done
  # shellcheck disable=SC2046 # the words of the unit
  setpriv ${user:+--reuid=$user --regid=$user --init-groups} $(value ExecStart) >"/tmp/$1.log" 2>&1 &
  echo $! >>/run/test-pids
}

# Waits for a file or a socket. $2: whose log is shown when it does not come.
await() {
  n=0
  while [ ! -e "$1" ]; do
    n=$((n + 1)); [ $n -lt 300 ] || { echo "$1 did not come" >&2; cat "/tmp/$2.log" >&2; return 1; }
    sleep 0.1
  done
}

systemctl() {
  case "$1 ${2-}" in
  'enable --now')
    shift 2
    for each; do
      start "$each"
      case $each in
      postern-dom0) await /run/postern/dom0.sock "$each" ;;
      postern-gate) await /run/postern-gate/control.sock "$each" ;;
      postern-host@*) await "/run/postern-host-${each#*@}/dom0.sock" "$each" ;;
      esac
    done
    ;;
  'reload ssh') mkdir -p /run/sshd && kill -HUP "$(cat /run/sshd.pid)" ;;
  *) echo "systemctl $*: no such thing is stood in for" >&2; return 1 ;;
  esac
}

follow() {
  page=$1
  commands "$page" >/tmp/commands
  while IFS= read -r command <&3; do
    printf '%s$ %s\n' "$page" "$command"
    # apt, as it is for scripts: it asks nothing.
    case $command in
    'apt update') command='apt-get update -q >/tmp/apt.log' ;;
    'apt install '*) command="DEBIAN_FRONTEND=noninteractive apt-get install -y -q ${command#apt install } >/tmp/apt.log" ;;
    esac
    before "$command"
    # The gate asks a host that it does not reach once more, a little later.
    [ "$command" != 'postern doctor' ] || { n=0; until postern doctor >/tmp/doctor.log || [ $n -ge 20 ]; do n=$((n + 1)); sleep 0.5; done; }
    eval "$(printf %s "$command" | sed 's#^git clone REPOSITORY#git clone -q /srv/postern.git#')" || {
      echo "FAILED: $command" >&2
      exit 1
    }
  done 3</tmp/commands
}

# What the page has the reader write or look at in an editor, before the next command.
before() {
  case $1 in
  'postern setup both') sh /srv/fake-xen.sh ;;
  'postern key add alice'*)
    useradd -m alice && chmod 0700 /home/alice && install -d -m 0700 /home/alice/.ssh
    ssh-keygen -q -t ed25519 -N '' -f /home/alice/.ssh/id_ed25519 && chown -R alice: /home/alice/.ssh
    ;;
  # A host that an admin reaches has its sshd already; its address is one of this machine's own.
  ssh-keyscan*)
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q openssh-server >/tmp/apt.log
    echo '127.0.0.9 xen1.example.net' >>/etc/hosts
    echo 'ListenAddress 127.0.0.9' >/etc/ssh/sshd_config.d/here.conf
    mkdir -p /run/sshd && /usr/sbin/sshd && await /run/sshd.pid sshd && cat /run/sshd.pid >>/run/test-pids
    ;;
  'systemctl enable --now postern-host@'*) block ssh_config >/etc/postern/ssh_config ;;
  '/usr/sbin/sshd -t'*)
    block sshd_config >/etc/ssh/sshd_config.d/postern-link.conf
    block authorized_keys | sed "s#ssh-ed25519 AAAA… gate#$(cat /etc/postern/link_ed25519.pub)#" >/var/lib/postern-link/.ssh/authorized_keys
    ;;
  esac
}

# The fenced block of this kind in docs/install-beside.md.
block() { awk -v kind="$1" '$0 == "```" kind { inside = 1; next } /^```$/ { inside = 0 } inside' /srv/docs/install-beside.md; }

follow install-dom0.md
su alice -c "ssh -o StrictHostKeyChecking=accept-new -p 2222 alice@localhost list" | grep -q horatio
echo "install-dom0.md: alice sees horatio"

# Another machine now: nothing of Postern but the program.
stop
while kill -0 $(cat /run/test-pids) 2>/dev/null; do sleep 0.1; done
: >/run/test-pids
userdel postern
rm -rf /etc/postern /var/lib/postern* /run/postern* /etc/systemd/system/postern* /etc/sysusers.d/postern* /etc/tmpfiles.d/postern*
follow install-beside.md
postern customer add alice >/dev/null && postern key add alice ~alice/.ssh/id_ed25519.pub >/dev/null && postern role add alice horatio owner
rm -f /home/alice/.ssh/known_hosts
su alice -c "ssh -o StrictHostKeyChecking=accept-new -p 2222 alice@localhost list" | grep -q horatio
echo "install-beside.md: alice sees horatio, over the link"
su -s /bin/sh postern -c "ssh -F /etc/postern/ssh_config -o BatchMode=yes xen1 id" && { echo "the link's login runs commands" >&2; exit 1; }
echo "install-beside.md: the link's login runs nothing"
