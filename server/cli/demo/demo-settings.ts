import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DemoHost, DemoLayout } from './demo-layout.js';
import { makeDirectorySync } from '../../wire/make-directory.js';

/** Paths of the simulated Xen host. */
interface DemoXen {
  /** The executable named `xl`. */
  readonly xl: string;
  /** The glob of the domains' configuration files. */
  readonly configs: string;
  readonly rescueKernel: string;
  readonly rescueRamdisk: string;
  /** What makes seed disks: then the rescue system has network and keys. */
  readonly seeds?: string;
  /** The executable named `xenstore-read`, which reads the claims of guests. */
  readonly xenstoreRead: string;
  /** The executable named `xentop`, which counts network and disks. */
  readonly xentop: string;
  /** What customers may reinstall with. */
  readonly image?: { readonly file: string; readonly sha256: string };
}

/** Scalars are written as JSON, which YAML 1.2 includes. */
const quote = (value: string): string => JSON.stringify(value);

/**
 * Writes the halves' settings. Each start writes them again, because the port may differ.
 *
 * @param second the second host, when there is one
 */
export function writeDemoSettings(
  layout: DemoLayout,
  port: number,
  xen: DemoXen,
  second: { readonly host: DemoHost; readonly xen: DemoXen } | null = null,
): void {
  const first = {
    host: { name: 'xen1', settings: layout.dom0Settings, socket: layout.dom0Socket, state: layout.dom0State },
    xen,
  };
  const hosts = second === null ? [first] : [first, second];
  for (const directory of [
    dirname(layout.gateSettings),
    dirname(layout.controlSocket),
    layout.gateState,
    layout.logs,
    ...hosts.flatMap(({ host: { socket, state } }) => [dirname(socket), state]),
  ]) {
    makeDirectorySync(directory, 0o700);
  }
  writeFileSync(
    layout.gateSettings,
    `# The demo's gate. Written anew at each start of the demo.
site: the Postern demo
listen: [${quote(`127.0.0.1:${port}`)}]
hostKey: ${quote(layout.hostKey)}
state: ${quote(layout.gateState)}
controlSocket: ${quote(layout.controlSocket)}
policy: ${quote(layout.policy)}
hosts:
${hosts.map(({ host: { name, socket } }) => `  - name: ${name}\n    socket: ${quote(socket)}\n`).join('')}motd: |
  Welcome to Postern. ophelia does not boot: choose 6 there to rescue her.
`,
    { mode: 0o600 },
  );
  for (const { host, xen: its } of hosts) writeDom0Settings(host, its);
  const policy = join(layout.policy, '10-default.yaml');
  if (existsSync(policy)) return;
  makeDirectorySync(layout.policy, 0o700);
  copyFileSync(defaultPolicy(), policy);
  if (xen.image !== undefined) writeFileSync(join(layout.policy, '20-reinstall.yaml'), REINSTALL_POLICY);
}

function writeDom0Settings(
  host: Pick<DemoHost, 'name' | 'settings' | 'socket' | 'state'>,
  xen: DemoXen,
): void {
  writeFileSync(
    host.settings,
    `# The demo's dom0 half, on a simulated Xen host. Written anew at each start of the demo.
host: ${host.name}
socket: ${quote(host.socket)}
state: ${quote(host.state)}
toolstack:
  kind: xl
  command: ${quote(xen.xl)}
domains: [${quote(xen.configs)}]
profiles:
  rescue:
    title: Rescue system
    kind: direct
    kernel: ${quote(xen.rescueKernel)}
    ramdisk: ${quote(xen.rescueRamdisk)}
    extra: console=hvc0 rescue
    disks: Your disk is attached as /dev/xvda, writable; nothing is mounted or changed until you do it (mount /dev/xvda /mnt).
    hint: umount /mnt, leave with Ctrl-] and a dot, and choose 7 Normal boot.
${seedSettings(xen)}${imageSettings(xen)}usage:
  xentop: ${quote(xen.xentop)}
observe:
  intervalSeconds: 0.25
`,
    { mode: 0o600 },
  );
}

/** The rest of the rescue profile, more profiles, and the network of the demo's domains. */
function seedSettings({ seeds, xenstoreRead, rescueKernel, rescueRamdisk }: DemoXen): string {
  if (seeds === undefined) return '';
  return `    seed: asker
  single-user:
    title: Own system, a shell in the place of init
    kind: own
    extra: init=/bin/sh
    disks: Your disk stays as it is; the shell begins with it read-only (mount -o remount,rw /).
  installer:
    title: Debian installer
    kind: direct
    kernel: ${quote(rescueKernel)}
    ramdisk: ${quote(rescueRamdisk)}
    extra: console=hvc0 install-suite=\${suite}
    parameters:
      suite:
        title: suite
        values: [trixie, bookworm]
        chooser: customer
    disks: An installer of Debian would erase your disk; the one of the demo only says so.
    keep: true
seeds:
  command: ${quote(seeds)}
  xenstoreRead: ${quote(xenstoreRead)}
  networks:
    - subnet: 192.0.2.0/24
      gateway: 192.0.2.1
      nameServers: [192.0.2.53]
`;
}

function imageSettings({ image, seeds }: DemoXen): string {
  if (image === undefined) return '';
  return `images:
  debian-13:
    title: Debian 13 (trixie)
    file: ${quote(image.file)}
    sha256: ${image.sha256}
${seeds === undefined ? '' : '    seed: asker\n'}reinstall:
  # So slow that you see the progress.
  mibPerSecond: 2
`;
}

const REINSTALL_POLICY = `# Alice may erase her servers and install a new system. Nobody may who is not named.
rules:
  - id: reinstall
    allow: [reinstall]
    customers: [alice]
    roles: [owner]
    images: [debian-13]

limits:
  - id: reinstallations
    actions: [reinstall]
    per: domain
    count: 5
    within: 1d

tests:
  - {customer: alice, role: owner, domain: horatio, image: debian-13, allow: [reinstall]}
  - {customer: bob, role: owner, domain: yorick, image: debian-13, deny: [reinstall]}
`;

/** The default policy that installations start from. It lies beside the sources, not in dist/. */
export function defaultPolicy(): string {
  return fileURLToPath(new URL('../../../../policy/examples/10-default.yaml', import.meta.url));
}
