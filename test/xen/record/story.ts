/** A step of the recording: shell for dom0 before it, and the name of a file of test/fixtures/xl-4.17. */
export interface Step {
  /** Runs first; what it prints is not recorded. */
  readonly first?: string;
  /** Records the commands of this file anew. */
  readonly records: string;
  /** In this directory of dom0. */
  readonly within?: string;
  /** Or records this line of a terminal instead. */
  readonly terminal?: string;
}

/** Waits until a guest computes no more: it has booted, and nobody has read its console. */
const idle = (name: string): string =>
  `for i in $(seq 90); do now=$(xl list ${name} | awk 'NR == 2 { print $6 }'); [ "$now" = "$last" ] && break; last=$now; sleep 3; done;`;
/** Destroys again and again: one that reboots comes back meanwhile. */
const gone = (name: string): string =>
  `while xl domid ${name} > /dev/null 2>&1; do xl destroy ${name} 2> /dev/null; sleep 0.5; done;`;
const booted = (name: string): string => `${gone(name)} xl create -q /etc/xen/${name}.cfg; ${idle(name)}`;

const CRASHES =
  '# pt xl console horatio -- s:\\r x:login:  s:root\\r x:# $ s:echo c > /proc/sysrq-trigger\\r w:4 s:\\x1d e:10';

/** What stands on the host, in the paths of the first recording. */
export const SETTING = `set -e
cd /srv/xen
for kernel in vmlinuz rescue-vmlinuz; do cp guest/vmlinuz $kernel; done
for ramdisk in initrd.gz rescue-initrd.gz; do cp guest/initrd.img $ramdisk; done
cp disks/horatio.img disks/yorick.img .
cp disks/yorick.img ophelia.img
cp disks/guildenstern.img horatio-grub.img
cp disks/rosencrantz.img ophelia-menu.img
for disk in horatio-grub ophelia-menu; do
  mount -o loop $disk.img /mnt
  if [ $disk = ophelia-menu ]; then
    rm -r /mnt/boot/grub/grub.cfg
    printf 'default 0\\ntimeout 2\\n' > /mnt/boot/grub/menu.lst
    for title in 'ophelia normal' 'ophelia single user'; do
      single=; [ "$title" = 'ophelia normal' ] || single=' single'
      printf '\\ntitle %s\\nroot (hd0)\\nkernel /boot/vmlinux.gz root=/dev/xvda ro console=hvc0 domname=ophelia from=menulst%s\\ninitrd /boot/initrd.img\\n' "$title" "$single" >> /mnt/boot/grub/menu.lst
    done
  fi
  umount /mnt
done
config() {
  cat > /etc/xen/$1.cfg <<END
# $1, as the first recording had it: eleven lines.
#
#
name = "$2"
type = "pv"
$3
memory = 128
vcpus = 1
extra = "console=hvc0 domname=$2"
disk = [ "file:/srv/xen/$4.img,xvda,w" ]
#
END
}
direct='kernel = "/srv/xen/vmlinuz"; ramdisk = "/srv/xen/initrd.gz"'
config horatio horatio "$direct" horatio
config ophelia ophelia "$direct" ophelia
config horatio-pvgrub horatio 'kernel = "/usr/lib/grub-xen/grub-x86_64-xen.bin"' horatio-grub
config ophelia-pvgrub ophelia 'kernel = "/usr/lib/grub-xen/grub-x86_64-xen.bin"' ophelia-menu
config ophelia-pygrub ophelia 'bootloader = "pygrub"' ophelia-menu
sed -i /^extra/d /etc/xen/*-pygrub.cfg /etc/xen/*-pvgrub.cfg
printf 'name = "bad\\nkernel = \\n' > /tmp/bad.cfg
printf 'name="bad2"\\ntype="pv"\\nmemory=64\\n' > /tmp/bad2.cfg
printf 'type="pv"\\nkernel="/srv/xen/vmlinuz"\\nmemory=64\\n' > /tmp/bad3.cfg
printf 'kernel="/second/file"\\nextra="from second file"\\n' > /tmp/second.cfg
`;

/** The recordings in an order in which each finds the domains that it needs. */
export const STORY: readonly Step[] = [
  { records: '42-dryrun-cases', within: '/tmp/xl-cfg' },
  { records: '40-dryrun' },
  { records: '01-list-empty' },
  { records: '02-create' },
  { first: `${idle('horatio')} ${idle('ophelia')}`, records: '03-list-two' },
  ...['03-list-long-json', '03-list-long-json-one', '04-list-name', '05-list-unknown'].map(only),
  ...['06-domid-domname', '07-console-unknown', '12-sysrq', '08-create-running'].map(only),
  ...['09-create-badcfg', '10-create-nomem', '11-pause', '13-uptime', '14-info', '16-misc'].map(only),
  { first: `${gone('x1')} ${gone('horatio')}`, records: '20-timings' },
  { first: gone('horatio'), records: '21-shutdown-notrunning' },
  { records: '21-reboot-notrunning' },
  { first: `${gone('ophelia')} ${booted('horatio')}`, records: '21-shutdown' },
  { first: booted('horatio'), records: '22-shutdown-w' },
  { first: booted('horatio'), records: '23-shutdown-twice' },
  { first: booted('horatio'), records: '24-reboot' },
  { first: booted('horatio'), records: '24-reboot-w' },
  { first: booted('horatio'), records: '25-destroy' },
  { first: gone('horatio'), records: '26-shutdown-early' },
  { first: gone('horatio'), records: '28-create-p' },
  { first: gone('horatio'), records: '28-create-e' },
  { records: '27-log' },
  { first: booted('horatio'), records: '35-console-notty' },
  {
    first: `${booted('horatio')} (sleep 20; xl destroy horatio) > /dev/null 2>&1 < /dev/null &`,
    records: '33-console-during-destroy',
  },
  { first: `${gone('horatio')} ${gone('ophelia')}`, records: '50-pvgrub-grubcfg' },
  { first: gone('ophelia'), records: '51-pvgrub-menulst' },
  { first: gone('ophelia'), records: '60-pygrub-menulst' },
  { first: gone('ophelia'), records: '62-pygrub-entry1-args' },
  { first: gone('ophelia'), records: '63-pygrub-extra' },
  { first: gone('ophelia'), records: '65-pygrub-kernel-override-keeps-bootloader' },
  { first: gone('ophelia'), records: '66-pygrub-bootloader-empty' },
  { records: '67-pygrub-nodisk' },
  { first: `${booted('horatio')} ${booted('ophelia')}`, records: '80-crash' },
  { first: gone('horatio'), records: '81-same-disk-twice' },
  { records: '82-rename-mem' },
  { records: '85-crash-preserve', terminal: CRASHES },
  { first: gone('horatio'), records: '86-crash-restart-default', terminal: CRASHES },
  // The last: dom0 may take the shutdown of Domain-0 to heart.
  { first: gone('horatio'), records: '21-destroy-notrunning' },
];

function only(records: string): Step {
  return { records };
}
