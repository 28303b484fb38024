import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CHECKOUT } from './paths.js';
import type { Dom0Shell } from './dom0-shell.js';
import type { LabImage } from './image.js';

/** The parts of the checkout that a dom0 needs, besides the packages. */
const PROGRAM = [
  'dist/server',
  'dist/chunks',
  'dist/policy',
  'dist/config',
  'dist/menus',
  // Made by the last step of the build, which would take minutes in emulation.
  'dist/.schemas',
  'package.json',
  'server/postern',
  'policy/examples',
  'config',
];

/** Sources and binaries for other systems in the packages: three quarters of their size. */
const NOT_NEEDED = [
  '*.map',
  'node-pty/prebuilds',
  'node-pty/third_party',
  'node-pty/deps',
  'better-sqlite3/deps',
  'better-sqlite3/prebuilds/linuxmusl-*',
  'better-sqlite3/prebuilds/win32-*',
  'better-sqlite3/prebuilds/darwin-*',
  '*-arm64.node',
  'node-addon-api',
  'cpu-features/deps',
  'blessed/usr/fonts',
  'obj.target',
  '*.d.ts',
  // The image has the same binary, as the machine's own Node.js.
  'node-linux-*',
];

/**
 * The dom0 half's settings in the lab; everything else has its default.
 *
 * @param escapes whether this Xen's `xl console` has the option `-e`
 */
const settings = (escapes: boolean): string => `host: xen1
socketGroup: postern
unmanaged: [router]
deadlines:
  shutdownSeconds: 60
toolstack:
  environment: {LIBXL_BOOTLOADER_RESTRICT: "1"}
  consoleEscapeOption: ${escapes}
profiles:
  rescue:
    title: Rescue system
    kind: direct
    kernel: /srv/xen/guest/vmlinux
    ramdisk: /srv/xen/guest/initrd.img
    extra: console=hvc0 rescue
    disks: Your disk is attached as /dev/xvda, writable; nothing is mounted or changed until you do it.
    hint: "mount /dev/xvda /mnt, mend what is broken, umount /mnt; then leave with Ctrl-] . and choose 7."
  pvgrub-rescue:
    title: Boot menu of the rescue disk
    kind: disk
    disk: file:/srv/xen/rescue.img,xvdz,r
    kernel: /usr/lib/grub-xen/grub-x86_64-xen.bin
    disks: Your disk stays /dev/xvda, writable. The rescue disk is /dev/xvdz, read-only.
    hint: Choose with the arrow keys and Enter.
  pygrub-rescue:
    title: Rescue disk by PyGRUB
    kind: disk
    disk: file:/srv/xen/rescue.img,xvdz,r
    bootloader: pygrub
    disks: Your disk stays /dev/xvda, writable. The rescue disk is /dev/xvdz, read-only.
  installer:
    title: Install Debian anew
    kind: direct
    kernel: /srv/xen/guest/vmlinux
    ramdisk: /srv/xen/guest/initrd.img
    extra: console=hvc0 install-suite=\${install-suite} install-host=\${domain}
    parameters:
      install-suite: {title: Debian release, values: [bookworm, trixie]}
    disks: The installer writes over /dev/xvda when you tell it to.
  own-shell:
    title: Your own system, a root shell only
    kind: own
    extra: init=/bin/sh
    disks: Your disk is the system's own, mounted read-only until you change it (mount -o remount,rw /).
  grub-rescue:
    title: Boot menu of the rescue disk
    kind: disk
    disk: file:/srv/xen/rescue.img,xvdz,r
    kernels:
      pv: /usr/lib/grub-xen/grub-x86_64-xen.bin
      pvh: /usr/lib/grub-xen/grub-i386-xen_pvh.bin
    disks: Your disk stays /dev/xvda, writable. The rescue disk is /dev/xvdz, read-only.
    hint: Choose with the arrow keys and Enter.
`;

/**
 * Installs the dom0 half as docs/install-dom0.md and docs/install-beside.md say: the program in /opt/postern,
 * user, directories and units, settings, the login of the gate's link. Parts that are already installed from
 * this checkout stay.
 *
 * @returns whether anything was installed
 */
export async function installDom0Half(shell: Dom0Shell, image: LabImage): Promise<boolean> {
  const stamps = installStamps();
  const there = (
    await shell.must('cat /opt/postern/.packages /opt/postern/.program 2>/dev/null || true')
  ).split('\n');
  if (there[0] === stamps.packages && there[1] === stamps.program) return false;
  await shell.must('mkdir -p /opt/postern');
  if (there[0] !== stamps.packages) {
    const packages = productionPackages();
    await shell.must('rm -rf /opt/postern/node_modules');
    await shell.copy(packages.from, packages.names, '/opt/postern', NOT_NEEDED);
    await shell.must('cat > /opt/postern/.packages', `${stamps.packages}\n`);
  }
  await shell.must('rm -rf /opt/postern/dist');
  await shell.copy(CHECKOUT, PROGRAM, '/opt/postern', NOT_NEEDED);
  await shell.must(
    `set -e
cd /opt/postern
ln -sf /opt/postern/server/postern /usr/local/sbin/postern
/usr/local/sbin/postern setup dom0 --apply
cat > /etc/postern/dom0.yaml
id postern-link > /dev/null 2>&1 ||
  adduser --quiet --system --ingroup postern --shell /usr/sbin/nologin --home /var/lib/postern-link postern-link
install -d -m 0700 -o postern-link /var/lib/postern-link/.ssh
id xen-qemuuser-range-base > /dev/null 2>&1 ||
  adduser --quiet --system --uid 131072 --no-create-home --home /nonexistent xen-qemuuser-range-base
systemctl enable --quiet postern-dom0
rm -f /run/postern/dom0.sock
systemctl restart postern-dom0`,
    settings(image.release.consoleEscapes),
  );
  const key = readFileSync(join(image.directory, 'link_ed25519.pub'), 'utf8');
  await shell.must(
    'cat > /var/lib/postern-link/.ssh/authorized_keys',
    `restrict,port-forwarding,permitopen="[/run/postern/dom0.sock]:*",command="/bin/false" ${key}`,
  );
  await shell.must(
    'cat > /etc/ssh/sshd_config.d/postern-link.conf && systemctl reload ssh',
    `Match User postern-link
    AllowStreamLocalForwarding local
    AllowTcpForwarding local
    PermitTTY no
    X11Forwarding no
`,
  );
  // The unit has started before the half listens, and a snapshot comes next.
  await shell.must(
    'for try in $(seq 300); do test -S /run/postern/dom0.sock && exit 0; sleep 1; done; systemctl status postern-dom0; exit 1',
  );
  await shell.must('cat > /opt/postern/.program && sync', `${stamps.program}\n`);
  return true;
}

/** Two hashes of what this checkout installs: equal stamps mean an equal dom0 half. */
export function installStamps(): { readonly packages: string; readonly program: string } {
  return {
    packages: stampOf(['package-lock.json']),
    program: stampOf([...PROGRAM, 'dist/test/xen/lab/dom0-install.js']),
  };
}

/** The packages of the product, without those for development. */
function productionPackages(): { readonly from: string; readonly names: readonly string[] } {
  const from = dirname(realpathSync(join(CHECKOUT, 'node_modules')));
  const list = execFileSync('npm', ['ls', '--omit=dev', '--all', '--parseable'], {
    cwd: from,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const names = list
    .split('\n')
    .map((line) => line.slice(line.indexOf('/node_modules/') + 1))
    .filter((name) => name.startsWith('node_modules/'));
  return { from, names: [...new Set(names)] };
}

function stampOf(names: readonly string[]): string {
  const hash = createHash('sha256');
  for (const name of names) {
    const path = join(CHECKOUT, name);
    const files = statSync(path).isFile()
      ? [path]
      : readdirSync(path, { withFileTypes: true, recursive: true })
          .filter((entry) => entry.isFile() && !entry.name.endsWith('.map'))
          .map((entry) => join(entry.parentPath, entry.name))
          .sort();
    for (const file of files) hash.update(`${file}\0`).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 16);
}
