# Stand-ins for the pages' commands, to be sourced: systemctl and journalctl, which need a running systemd.
# Both refuse arguments that they do not know. A unit's log is /tmp/UNIT.log, its process id
# /run/test/UNIT.pid.
mkdir -p /run/test

commands() { awk -f /srv/page-commands.awk "/srv/docs/$1"; }

# Prints a page's fenced blocks of one kind. $1: the page; $2: the kind.
block() { awk -v kind="$2" '$0 == "```" kind { inside = 1; next } /^```$/ { inside = 0 } inside' "/srv/docs/$1"; }

is_running() { [ -e "/run/test/$1.pid" ] && kill -0 "$(cat "/run/test/$1.pid" 2>/dev/null)" 2>/dev/null; }

# Prints a unit file's setting, by its key.
value() { sed -n "s/^$2=//p" "$1" | sed "s/%i/$3/g"; }

# Starts a unit as its file says: user, directories, rights as far as setpriv(1) can, program, and the command
# after it.
start() {
  unit=/etc/systemd/system/$1.service instance=
  case $1 in *@*) instance=${1#*@} unit=/etc/systemd/system/${1%@*}@.service ;; esac
  # Units of the package, where nothing of the admin's is before them.
  [ -e "$unit" ] || unit=/usr/lib/systemd/system/${unit##*/}
  [ -f "$unit" ] || { echo "Unit $1.service could not be found." >&2; return 5; }
  ! is_running "$1" || return 0
  user=$(value "$unit" User "$instance")
  for directory in "/run/$(value "$unit" RuntimeDirectory "$instance")" "/var/lib/$(value "$unit" StateDirectory "$instance")"; do
    case $directory in */) continue ;; esac
    mkdir -p "$directory" && chmod 0700 "$directory" && chown "${user:-root}:" "$directory"
  done
  rights=
  [ -z "$user" ] || rights="--reuid=$user --regid=$user --init-groups"
  ! grep -q '^NoNewPrivileges=yes' "$unit" || rights="$rights --no-new-privs"
  ! grep -q '^CapabilityBoundingSet=$' "$unit" || rights="$rights --bounding-set=-all --inh-caps=-all"
  # shellcheck disable=SC2046,SC2086 # the words of the unit
  (umask "$(value "$unit" UMask | grep . || echo 0022)"; cd /; exec env -i PATH="$PATH" LANG=C.UTF-8 setpriv $rights \
    $(value "$unit" ExecStart "$instance")) >>"/tmp/$1.log" 2>&1 3>&- &
  echo $! >"/run/test/$1.pid"
  post=$(value "$unit" ExecStartPost "$instance")
  # shellcheck disable=SC2086
  [ -z "$post" ] || setpriv $rights ${post#-} >>"/tmp/$1.log" 2>&1 || case $post in -*) ;; *) return 1 ;; esac
}

# Stops the main process only, as with `KillMode=process`, and removes the runtime directory.
stop() {
  is_running "$1" || { rm -f "/run/test/$1.pid"; return 0; }
  kill "$(cat "/run/test/$1.pid" 2>/dev/null)"
  n=0
  while is_running "$1"; do n=$((n + 1)); [ $n -lt 150 ] || { echo "$1 does not stop" >&2; return 1; }; sleep 0.1; done
  rm -f "/run/test/$1.pid"
  case $1 in
  postern-gate) rm -rf /run/postern-gate ;;
  postern-host@*) rm -rf "/run/postern-host-${1#*@}" ;;
  esac
}

stop_all() { for each in /run/test/*.pid; do [ ! -e "$each" ] || stop "$(basename "$each" .pid)"; done; }

# Waits for a file or a socket. $2: the unit whose log is shown on failure.
await() {
  n=0
  while [ ! -e "$1" ]; do
    n=$((n + 1)); [ $n -lt 300 ] || { echo "$1 did not come" >&2; cat "/tmp/$2.log" >&2; return 1; }
    sleep 0.1
  done
}

# Waits until a command's output matches. $1: the command; $2: an extended regular expression.
await_said() {
  n=0
  until eval "$1" 2>&1 | grep -Eq "$2"; do
    n=$((n + 1)); [ $n -lt 60 ] || { echo "$1 does not say $2, but:" >&2; eval "$1" >&2; return 1; }
    sleep 0.5
  done
}

systemctl() {
  case "$1 ${2-}" in
  'enable --now') shift 2; for each; do start "$each" || return; done ;;
  'reload ssh') is_running ssh && kill -HUP "$(cat /run/test/ssh.pid)" ;;
  'start postern-'* | 'stop postern-'*) [ $# = 2 ] && "$1" "$2" ;;
  'restart postern-'*) [ $# = 2 ] && stop "$2" && start "$2" ;;
  *) echo "systemctl $*: no such thing is stood in for" >&2; return 1 ;;
  esac
}

# Prints logs of units. With `-p warning` it shows only lines of level warning or worse.
journalctl() {
  units='' priority=7 output=short
  while [ $# -gt 0 ]; do
    case "$1 ${2-}" in
    '-u postern-gate' | '-u postern-dom0') units="$units /tmp/$2.log" ;;
    '-p warning') priority=4 ;;
    '-o cat') output=cat ;;
    *) echo "journalctl $1 ${2-}: no such thing is stood in for" >&2; return 1 ;;
    esac
    shift 2
  done
  # shellcheck disable=SC2086
  [ $priority = 7 ] && cat $units || grep -hE '"level":"?(warn|error|fatal|[456]0)' $units || true
}

# Runs each command of a page unchanged, except that REPOSITORY is /srv/postern.git. `before COMMAND` does what
# the page tells the reader to do or write before it.
follow() {
  page=$1
  commands "$page" >/tmp/commands
  [ -s /tmp/commands ] || { echo "$page has no commands" >&2; return 1; }
  while IFS= read -r command <&3; do
    printf '%s$ %s\n' "$page" "$command"
    # apt's form for scripts, which asks nothing.
    case $command in
    'apt update') command='apt-get update -q >/tmp/apt.log' ;;
    'apt install '*) command="DEBIAN_FRONTEND=noninteractive apt-get install -y -q ${command#apt install } >/tmp/apt.log" ;;
    esac
    before "$command" || { echo "FAILED before: $command" >&2; return 1; }
    eval "$(printf %s "$command" | sed 's#^git clone REPOSITORY#git clone -q /srv/postern.git#')" </dev/null || {
      echo "FAILED: $command" >&2
      return 1
    }
  done 3</tmp/commands
}

# An account with a key.
account() {
  useradd -m "$1" && chmod 0700 "/home/$1" && install -d -m 0700 "/home/$1/.ssh"
  ssh-keygen -q -t ed25519 -N '' -f "/home/$1/.ssh/id_ed25519" && chown -R "$1:" "/home/$1/.ssh"
}

# Logs a customer in from this machine. $1: the customer; then a command.
as_customer() {
  who=$1
  shift
  su "$who" -c "ssh -o StrictHostKeyChecking=accept-new -p 2222 $who@localhost $*"
}

# Makes this a new machine: of Postern only the program stays, and there are no domains.
new_machine() {
  stop_all
  sh /srv/fake-xen.sh --stop
  # Only the program from source stays.
  ! dpkg -s postern >/dev/null 2>&1 || apt-get purge -y -q postern >/tmp/apt.log
  userdel -r postern-link 2>/dev/null || true
  userdel postern
  rm -rf /etc/postern /var/lib/postern* /run/postern* /etc/systemd/system/postern* /etc/systemd/system/*.wants/postern* /etc/sysusers.d/postern* /etc/tmpfiles.d/postern* \
    /etc/ssh/sshd_config.d/postern* /home/*/.ssh/known_hosts /root/.ssh /tmp/postern-*.log
}
