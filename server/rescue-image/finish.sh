#!/bin/sh
# Runs in the new system, as its root: makes a rescue system of it, and leaves kernel, initramfs and the list of packages in /made.
set -eu

mkdir /made
dpkg-query -W -f '${Package} ${Version}\n' > /made/packages.txt

# Nothing of the machine that built it, and nothing by which anybody could come in: a host key is made at each boot.
rm -f /etc/ssh/ssh_host_* /etc/machine-id /var/lib/dbus/machine-id /var/lib/systemd/random-seed
: > /etc/machine-id
rm -rf /root/.ssh /etc/resolv.conf
ln -s /run/systemd/resolve/resolv.conf /etc/resolv.conf
echo rescue > /etc/hostname
printf '127.0.0.1 localhost\n::1 localhost\n127.0.1.1 rescue\n' > /etc/hosts
: > /etc/motd
: > /etc/issue
: > /etc/fstab
usermod -p '*' root
chmod 0755 /usr/local/sbin/* /usr/local/lib/rescue/*

# No service starts by itself but ours; none trims, checks, assembles or monitors a disk of the customer's.
systemctl set-default --quiet multi-user.target
# The rest is what a small guest need not wait for.
for unit in ssh.service ssh.socket sshd.service sshd-keygen.service rsync.service nftables.service \
  lvm2-monitor.service blk-availability.service dm-event.socket lvm2-lvmpolld.socket \
  mdmonitor.service mdmonitor-oneshot.timer mdcheck_start.timer mdcheck_continue.timer smartmontools.service smartd.service \
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
  dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount \
  sys-fs-fuse-connections.mount proc-sys-fs-binfmt_misc.automount \
  modprobe@configfs.service modprobe@drm.service modprobe@efi_pstore.service modprobe@fuse.service \
  ldconfig.service systemd-ask-password-console.path systemd-ask-password-wall.path systemd-binfmt.service systemd-boot-random-seed.service \
  systemd-creds.socket systemd-firstboot.service systemd-hibernate-clear.service systemd-hwdb-update.service \
  systemd-journal-catalog-update.service systemd-journal-flush.service systemd-logind.service systemd-modules-load.service \
  systemd-network-generator.service systemd-networkd-persistent-storage.service systemd-networkd-wait-online.service \
  systemd-pcrextend.socket systemd-pcrlock.socket systemd-pcrmachine.service systemd-pcrphase.service \
  systemd-pcrphase-sysinit.service systemd-pstore.service systemd-random-seed.service systemd-sysext.socket \
  systemd-sysusers.service systemd-tmpfiles-clean.timer systemd-tpm2-setup.service systemd-tpm2-setup-early.service \
  systemd-udev-load-credentials.service systemd-update-done.service systemd-update-utmp.service \
  systemd-update-utmp-runlevel.service getty@tty1.service serial-getty@hvc0.service grub-common.service; do
  ln -sf /dev/null "/etc/systemd/system/$unit"
done
mkdir -p /etc/systemd/system-generators
# They look for partitions to mount and swap to use on all disks, read volume groups, and start other SSH servers.
for generator in systemd-gpt-auto-generator systemd-hibernate-resume-generator lvm2-activation-generator systemd-cryptsetup-generator \
  systemd-ssh-generator; do
  ln -sf /dev/null "/etc/systemd/system-generators/$generator"
done
systemctl enable --quiet systemd-networkd.service systemd-resolved.service rescue-seed.service rescue-sshd.service rescue-console.service

# LVM and RAID wait until somebody asks for them.
for rules in 64-md-raid-assembly.rules 69-lvm.rules 69-lvm-metad.rules; do
  ln -sf /dev/null "/etc/udev/rules.d/$rules"
done

# xl on older hosts reads neither LZ4 nor zstd, so the ELF is taken out of the bzImage and packed with gzip. Its place and length stand in
# Linux's boot protocol (setup_sects, payload_offset, payload_length); the last four bytes are the unpacked length.
set -- /boot/vmlinuz-*
kernel=$1
if [ $# != 1 ] || [ ! -f "$kernel" ]; then
  echo "there is not one kernel in /boot: $*" >&2
  exit 1
fi
number() { od -An -v -t "u$2" -j "$1" -N "$2" "$kernel" | tr -d ' '; }
start=$((($(number 497 1) + 1) * 512 + $(number 584 4)))
magic=$(od -An -v -t x1 -j "$start" -N 4 "$kernel" | tr -d ' ')
payload() { tail -c "+$((start + 1))" "$kernel" | head -c "$(($(number 588 4) - 4))"; }
case $magic in
  28b52ffd) payload | zstd -dqc > /made/vmlinux ;;
  02214c18) payload | lz4 -dqc > /made/vmlinux ;;
  fd377a58) payload | xz -dqc > /made/vmlinux ;;
  1f8b*) payload | gzip -dqc > /made/vmlinux ;;
  *) echo "the kernel $kernel is packed in a way that is not known here ($magic)" >&2; exit 1 ;;
esac
gzip -n -c /made/vmlinux > /made/vmlinuz
rm /made/vmlinux
cp /boot/initrd.img-* /made/initrd.img
find /boot -mindepth 1 -delete
rm -rf /initrd.img* /vmlinuz* /var/cache/apt/* /var/cache/debconf/* /var/lib/apt/lists/* /var/log/*.log /var/log/apt
# systemd compares these with /usr, and would rebuild caches at each boot.
touch /etc/.updated /var/.updated
