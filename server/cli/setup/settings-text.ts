import { profileText } from '../rescue-image/profile-text.js';
import type { HostFindings } from '../installation/host-findings.js';

/** Gate settings that differ from machine to machine. */
interface GateAnswers {
  readonly site: string;
  readonly listen: readonly string[];
  /** The Xen host's name. */
  readonly host: string;
  /** The dom0 half's socket, at the path that the gate uses. */
  readonly socket: string;
}

/** Scalars are written as JSON, which YAML includes. */
const quote = (value: string): string =>
  /^[A-Za-z0-9/][A-Za-z0-9._/-]*$/.test(value) ? value : JSON.stringify(value);

/** The first text of gate.yaml. */
export function gateSettingsText({ site, listen, host, socket }: GateAnswers): string {
  return `# The gate's settings. Everything that is not here has a default: docs/settings.md lists them all.
site: ${quote(site)}

# A port of its own beside the machine's sshd, or port 22 on an address of its own.
listen: [${listen.map((address) => JSON.stringify(address)).join(', ')}]

hosts:
  - name: ${quote(host)}
    socket: ${quote(socket)}

# Customers read this in the menu. Put in the address that takes reports of security problems (SECURITY.md).
# motd: Report security problems to security@example.net.
`;
}

/** The first text of dom0.yaml. */
export function dom0SettingsText(host: string, found: HostFindings): string {
  const { toolstack, domains } = found;
  return `# The dom0 half's settings. Everything that is not here has a default: docs/settings.md lists them all.
host: ${quote(host)}
socketGroup: postern

toolstack:
  kind: ${toolstack?.kind ?? 'xl'}
  command: ${quote(toolstack?.command ?? '/usr/sbin/xl')}

# The existing configuration files are the list of managed domains. You enter nothing twice.
domains: [${domains.map((pattern) => JSON.stringify(pattern)).join(', ')}]

# Domains that customers never reach, whatever roles say.
unmanaged: []

# Ways to boot besides a domain's own configuration. Paths stay here and never cross the socket.
${profiles(found)}`;
}

/** Without an address a guest asks by DHCP. */
const SEEDS = `
# The networks of the guests, for the seed disk of the rescue system (docs/rescue-images.md).
# seeds:
#   networks:
#     - {subnet: 192.0.2.0/24, gateway: 192.0.2.1, nameServers: [192.0.2.53]}
`;

function profiles({ rescueImage, rescue, pvgrub, pvhgrub }: HostFindings): string {
  const images = Object.entries({ pv: pvgrub, pvh: pvhgrub }).flatMap(([type, path]) =>
    path === null ? [] : `      ${type}: ${quote(path)}\n`,
  );
  const direct = `  rescue:
    title: Rescue system
    kind: direct
    kernel: ${quote(rescue?.kernel ?? '/srv/xen/rescue/vmlinuz')}
    ramdisk: ${quote(rescue?.ramdisk ?? '/srv/xen/rescue/initrd.img')}
    extra: console=hvc0 rescue
    disks: Your disks are attached as they are and writable; nothing is mounted or changed until you do it (mount /dev/xvda1 /mnt).
    hint: Unmount your disk, leave with Ctrl-] and a dot, and choose 7 Normal boot.
`;
  const grub = `  grub:
    title: Boot menu of the rescue disk
    kind: disk
    disk: phy:/dev/vg0/rescue,xvdz,r
    kernels:
${images.join('')}    disks: Our rescue disk comes first and is read-only; your own disks follow, writable.
`;
  const none = `# No rescue system was found. Make one: \`postern rescue-image build\` prints the profile to put here.
# Or take a kernel and a ramdisk of your own, in /srv/xen/rescue.
`;
  const menu =
    images.length === 0
      ? ''
      : `  # PV-GRUB is here; with a rescue disk of yours it shows a boot menu:\n${commented(grub)}`;
  if (rescueImage !== null)
    return `profiles:\n${profileText(rescueImage)}${rescue === null ? '' : direct}${menu}${SEEDS}`;
  if (rescue !== null) return `profiles:\n${direct}${menu}`;
  return `${none}profiles: {}\n${commented(`profiles:\n${direct}`)}${menu}`;
}

function commented(text: string): string {
  return text.replace(/^(?=.)/gm, '# ');
}
