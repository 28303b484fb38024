# docs/install-beside.md, to be sourced.
before() {
  case $1 in
  'postern setup dom0'*) sh /srv/fake-xen.sh horatio ;;
  # An admin's host already has its sshd. Its address here is one of this machine's own.
  ssh-keyscan*)
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q openssh-server >/tmp/apt.log
    echo '127.0.0.9 xen1.example.net xen1' >>/etc/hosts
    echo 'ListenAddress 127.0.0.9' >/etc/ssh/sshd_config.d/here.conf
    mkdir -p /run/sshd
    /usr/sbin/sshd -o PidFile=/run/test/ssh.pid
    await /run/test/ssh.pid ssh
    ;;
  'systemctl enable --now postern-host@'*) block install-beside.md ssh_config >/etc/postern/ssh_config ;;
  '/usr/sbin/sshd -t'*)
    block install-beside.md sshd_config >/etc/ssh/sshd_config.d/postern-link.conf
    block install-beside.md authorized_keys | sed "s#ssh-ed25519 AAAA… gate#$(cat /etc/postern/link_ed25519.pub)#" \
      >/var/lib/postern-link/.ssh/authorized_keys
    ;;
  esac
}
follow install-beside.md
postern customer add alice >/dev/null
postern key add alice ~alice/.ssh/id_ed25519.pub >/dev/null
postern role add alice horatio owner
as_customer alice list | grep -q horatio
echo "install-beside.md: alice sees horatio, over the link"
! su -s /bin/sh postern -c "ssh -F /etc/postern/ssh_config -o BatchMode=yes xen1 id" || { echo "the link's login runs commands" >&2; exit 1; }
echo "install-beside.md: the link's login runs nothing"
