# docs/day-one.md and docs/import.md, to be sourced: a Xen host whose customers have accounts with sudo, a
# menu and forced commands.
DEBIAN_FRONTEND=noninteractive apt-get install -y -q openssh-server sudo >/tmp/apt.log
# The customers know the key of the host's sshd.
sed -i '/console.example.net/d' /etc/hosts && echo '127.0.0.1 console.example.net' >>/etc/hosts
rm -f /etc/ssh/sshd_config.d/here.conf && install -d -m 0755 /run/sshd
sh /srv/fake-xen.sh horatio ophelia yorick
ln -sf xl /usr/sbin/xm
for each in alice bob mallory; do
  [ -d "/home/$each" ] || account "$each"
  echo "console.example.net $(cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub)" >"/home/$each/.ssh/known_hosts"
done
printf 'alice ALL=NOPASSWD:/usr/sbin/xm console horatio\nbob ALL=NOPASSWD:/usr/sbin/xm console yorick\n' >/etc/sudoers.d/customers
chmod 0440 /etc/sudoers.d/customers
for each in alice:horatio bob:yorick mallory:horatio; do
  who=${each%:*}
  echo "command=\"sudo xm console ${each#*:}\" $(cat "/home/$who/.ssh/id_ed25519.pub")" >"/home/$who/.ssh/authorized_keys"
  chown "$who:" "/home/$who/.ssh/authorized_keys" "/home/$who/.ssh/known_hosts"
done
install -d -m 0700 /root/.ssh && install -m 0600 /home/alice/.ssh/id_ed25519 /root/.ssh/ && cp /home/alice/.ssh/known_hosts /root/.ssh/

# Its first lines install the program, which is there already: they must equal those of install-dom0.md.
program() { sed -n '/^## 1/,/^## 2/s/^ *\(apt \)/\1/p' "/srv/docs/$1"; }
[ -n "$(program day-one.md)" ] && [ "$(program day-one.md)" = "$(program install-dom0.md)" ] || { echo 'day-one.md has the program otherwise than install-dom0.md' >&2; exit 1; }

before() { :; }
follow day-one.md
for each in alice:horatio bob:yorick; do
  su "${each%:*}" -c "ssh -o StrictHostKeyChecking=yes -p 2222 ${each%:*}@console.example.net list" | grep -q "${each#*:}"
done
! su mallory -c 'ssh -o BatchMode=yes -p 2222 mallory@console.example.net list' || { echo 'mallory was believed' >&2; exit 1; }
echo 'day-one.md: alice and bob log in with the keys that they had, and mallory does not'
