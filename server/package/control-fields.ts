/** Debian 12 is the oldest Debian on which the package runs. The build refuses machine code that needs more. */
const DEPENDS = [
  'libc6 (>= 2.36)',
  'libgcc-s1',
  'libstdc++6 (>= 12)',
  'systemd | systemd-standalone-sysusers | systemd-sysusers',
  'systemd | systemd-standalone-tmpfiles | systemd-tmpfiles',
];

/** A gate beside the host brings the host's socket over with ssh. */
const RECOMMENDS = ['openssh-client'];

/** Xen's tools, the seed disk of rescue systems, their host keys, and building a rescue system. */
const SUGGESTS = ['xen-utils', 'xorriso', 'xenstore-utils', 'mmdebstrap', 'bash-completion'];

const DESCRIPTION = `SSH consoles and power for the customers of a Xen host
Postern is a restricted SSH server. Each customer gets a menu of their own
servers: console, power, rescue boot, log and SSH keys, and nothing else.
.
The gate faces the network and has no privilege. The dom0 half alone runs xl.
This package has both halves, the commands for admins, and the Node.js that
they run on. "postern setup" sets up a machine, and enables what it needs.`;

interface ControlAnswers {
  readonly version: string;
  readonly architecture: string;
  /** A name and an address, as in RFC 5322. */
  readonly maintainer: string;
  /** Of all files, in bytes. */
  readonly size: number;
}

/** The control file of the package: deb-control(5). */
export function controlText({ version, architecture, maintainer, size }: ControlAnswers): string {
  const fields = {
    Package: 'postern',
    Version: version,
    Architecture: architecture,
    Maintainer: maintainer,
    'Installed-Size': `${Math.ceil(size / 1024)}`,
    Depends: DEPENDS.join(', '),
    Recommends: RECOMMENDS.join(', '),
    Suggests: SUGGESTS.join(', '),
    Section: 'admin',
    Priority: 'optional',
    Description: DESCRIPTION.replaceAll('\n', '\n '),
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
}
