# docs/day-two/, to be sourced after install-beside.sh: a gate with two hosts, and customers. The second
# host, xen2, is this machine with its own /etc/xen, xl, dom0 half and sshd, in its own mount namespace.
sed -i 's/ xen1$/ xen1 console.example.net/; $a 127.0.0.10 xen2.example.net xen2' /etc/hosts
ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
install -m 0600 /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys
ssh-keyscan -t ed25519 xen1 2>/dev/null | sed 's/^xen1 /xen1,xen2 /' >/root/.ssh/known_hosts
{ echo 'Host console.example.net'; echo '  Port 2222'; echo '  StrictHostKeyChecking accept-new'; echo '  IdentityFile /home/%r/.ssh/id_ed25519'; } >/root/.ssh/config

# By default a deletion waits for minutes.
printf 'observe:\n  intervalSeconds: 1\n  goneAfterSeconds: 1\n' >>/etc/postern/dom0.yaml
printf 'domains:\n  graceSeconds: 4\n' >>/etc/postern/gate.yaml

mkdir -p /srv/xen2/sim /srv/xen2/etc /srv/xen2/state /srv/xen2/run
chown root:postern /srv/xen2/run && chmod 0750 /srv/xen2/run
cat >/srv/xen2.sh <<'END'
mount --bind /srv/xen2/sim /srv/sim && mount --bind /srv/xen2/etc /etc/xen
mount --bind /srv/xen2/state /var/lib/postern-dom0 && mount --bind /srv/xen2/run /run/postern
sh /srv/fake-xen.sh
sed 's/^host: .*/host: xen2/' /etc/postern/dom0.yaml >/srv/xen2/dom0.yaml
/usr/sbin/sshd -o ListenAddress=127.0.0.10 -o PidFile=/run/test/ssh2.pid
/opt/postern/server/postern dom0 --settings /srv/xen2/dom0.yaml >>/tmp/xen2.log 2>&1 </dev/null &
echo $! >/run/test/xen2.pid
END
# The root of a chroot may be no mount, and then its propagation cannot be set; it is private already.
unshare --mount --propagation unchanged sh -e /srv/xen2.sh
await /srv/xen2/run/dom0.sock xen2
# As install-beside.md says about a second host.
block install-beside.md ssh_config | sed 's/xen1/xen2/' >>/etc/postern/ssh_config
sed 's/^xen1[^ ]*/xen2.example.net/' /etc/postern/link_known_hosts | cat - /etc/postern/link_known_hosts >/tmp/known_hosts
cat /tmp/known_hosts >/etc/postern/link_known_hosts
sed -i 's#^hosts:.*#&\n  - name: xen2\n    socket: /run/postern-host-xen2/dom0.sock#' /etc/postern/gate.yaml
systemctl enable --now postern-host@xen2
sh /srv/fake-xen.sh horatio ophelia yorick
systemctl restart postern-dom0
systemctl restart postern-gate
account bob
account carol
for each in bob carol; do postern customer add $each; postern key add $each "/home/$each/.ssh/id_ed25519.pub"; done >/dev/null
await_said 'postern domain list' '^yorick +xen1 \(off\)'
postern role add alice ophelia owner
postern role add bob yorick owner
as_customer bob yorick start --wait

before() {
  case $page:$1 in
  *keys.md:*'key add-all'*)
    install -d /root/new-keys
    for each in alice bob; do ssh-keygen -q -t ed25519 -N '' -f /tmp/new-$each && cp /tmp/new-$each.pub /root/new-keys/$each.pub; done
    ;;
  *two-hosts.md:'ssh root@xen1 xl shutdown'*) cp -r /srv/sim/srv/xen/yorick.img /srv/xen2/sim/srv/xen/ ;;
  *two-hosts.md:'ssh bob@'*) await_said 'postern domain list' '^yorick +xen2 \(off\) +bob owner' ;;
  *domain.md:'ssh root@xen1 rm '*) cp /etc/xen/ophelia.cfg /root/ophelia.cfg ;;
  *domain.md:'postern role list'*) await_said 'postern domain list' '^ophelia +- .*retired' ;;
  *domain.md:'postern role remove'*) await_said 'postern domain list' '^ophelia +xen1 ' ;;
  esac
}
for each in announcement maintenance keys two-hosts domain upgrade disk-full logs restore customer; do follow day-two/$each.md; done
for each in /srv/docs/day-two/*.md; do
  case "README announcement maintenance keys two-hosts domain upgrade disk-full logs restore customer" in
  *"$(basename "$each" .md)"*) ;;
  *) echo "$each was not followed" >&2; exit 1 ;;
  esac
done
as_customer carol list | grep -q ophelia
! as_customer alice list || { echo 'alice was removed and logs in' >&2; exit 1; }
echo "day-two: carol sees ophelia, alice has left"
