import type { DomainName } from '../../../policy/names.js';
import { seedKeyLine } from '../../wire/seed-key.js';
import type { SeedKey } from '../../wire/seed-key.js';
import type { SeedInterface } from './seed-network.js';

/** What a boot is told. Nothing of it is secret. */
export interface SeedFacts {
  /** New for each boot: a guest that has seen it takes nothing from the disk again. */
  readonly instance: string;
  readonly domain: DomainName;
  readonly keys: readonly SeedKey[];
  readonly interfaces: readonly SeedInterface[];
}

/**
 * The files of a seed disk, by name. `meta-data`, `user-data` and `network-config` are those of cloud-init's NoCloud
 * source, in JSON, which is YAML as well. `hostname`, `authorized_keys` and `network` say the same to a rescue image
 * that reads neither. Files about nothing are left out.
 */
export function seedFiles({ instance, domain, keys, interfaces }: SeedFacts): ReadonlyMap<string, string> {
  const host = hostName(domain);
  const lines = keys.map(seedKeyLine);
  const files = new Map([
    ['meta-data', yaml({ 'instance-id': instance, 'local-hostname': host })],
    ['user-data', `#cloud-config\n${yaml(userData(lines))}`],
    ['hostname', `${host}\n`],
  ]);
  if (lines.length > 0) files.set('authorized_keys', `${lines.join('\n')}\n`);
  const [first] = interfaces;
  if (first !== undefined) {
    files.set(
      'network-config',
      yaml({ version: 2, ethernets: Object.fromEntries(interfaces.map(ethernet)) }),
    );
    files.set('network', networkd(first));
  }
  return files;
}

/** The name as a host may have it (RFC 1123 §2.1). */
export function hostName(domain: DomainName): string {
  const name = domain
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
  return name === '' ? 'server' : name;
}

/** The keys let in as root and as the image's own user. Passwords let nobody in over the network. */
function userData(lines: readonly string[]): object {
  return { disable_root: false, ssh_pwauth: false, ssh_authorized_keys: lines };
}

/** Version 2 of cloud-init's network configuration, as netplan has it. */
function ethernet({ name, mac, addresses, gateways, nameServers }: SeedInterface): readonly [string, object] {
  // cloud-init 22.4 makes `::/64` of a route to `::/0`, and knows no `default`.
  const plain = gateways.find(({ address, isOnLink }) => address.includes(':') && !isOnLink);
  const routed = gateways.filter((gateway) => gateway !== plain);
  return [
    name,
    {
      match: mac === null ? { name: 'e*' } : { macaddress: mac },
      ...(mac === null ? {} : { 'set-name': name }),
      dhcp4: false,
      dhcp6: false,
      addresses,
      ...(plain === undefined ? {} : { gateway6: plain.address }),
      routes: routed.map(({ address, isOnLink }) => ({
        to: address.includes(':') ? '::/0' : '0.0.0.0/0',
        via: address,
        ...(isOnLink ? { 'on-link': true } : {}),
      })),
      nameservers: { addresses: nameServers },
    },
  ];
}

/** systemd.network(5) */
function networkd({ mac, addresses, gateways, nameServers }: SeedInterface): string {
  return [
    '[Match]',
    mac === null ? 'Name=e*' : `MACAddress=${mac}`,
    '',
    '[Network]',
    'DHCP=no',
    ...addresses.map((address) => `Address=${address}`),
    ...nameServers.map((server) => `DNS=${server}`),
    ...gateways.flatMap(({ address, isOnLink }) => [
      '',
      '[Route]',
      `Gateway=${address}`,
      ...(isOnLink ? ['GatewayOnLink=yes'] : []),
    ]),
    '',
  ].join('\n');
}

function yaml(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
