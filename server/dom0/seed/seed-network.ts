import { BlockList, isIPv4, isIPv6 } from 'node:net';
import type { DomainName } from '../../../policy/names.js';
import type { SeedNetwork } from '../../../policy/seed-network.js';
import type { Nic } from '../toolstack/toolstack.js';

/** A route to everywhere. */
export interface SeedGateway {
  readonly address: string;
  /** It is in no subnet of the interface, so the guest must be told that it is on the link. */
  readonly isOnLink: boolean;
}

/** What a guest is told of one of its interfaces. */
export interface SeedInterface {
  /** `eth0`: the name that it gets where the guest gives names. */
  readonly name: string;
  /** Null: the configuration has none, so Xen draws one at each boot. */
  readonly mac: string | null;
  /** With their prefix: `192.0.2.7/24`. */
  readonly addresses: readonly string[];
  readonly gateways: readonly SeedGateway[];
  readonly nameServers: readonly string[];
}

const MAC = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/;

/**
 * The network of a domain: the addresses of its `vif`s, or else those of the settings, each with what the settings
 * say of its subnet. Interfaces without an address are left out. So are those that cannot be told from others,
 * because the configuration gives them no MAC. Only what reads as an address or a MAC gets in.
 */
export function seedInterfaces(
  domain: DomainName,
  nics: readonly Nic[],
  networks: readonly SeedNetwork[],
): readonly SeedInterface[] {
  const given = new Set<SeedNetwork>();
  const families = new Set<number>();
  return nics.flatMap((nic, index) => {
    const mac = nic.mac !== null && MAC.test(nic.mac) ? nic.mac : null;
    if (mac === null && nics.length > 1) return [];
    const near = networks.filter(({ bridge }) => bridge === null || bridge === nic.bridge);
    const own = (nic.ip ?? '').split(/[ \t]+/).map((word) => word.replace(/\/.*$/, ''));
    const addresses: string[] = [];
    const gateways: SeedGateway[] = [];
    const nameServers = new Set<string>();
    for (const network of near) {
      const inside = own.filter((address) => isIn(network.subnet, address));
      const extra = Object.hasOwn(network.addresses, domain) ? network.addresses[domain] : undefined;
      // The settings give an address once, to the first interface that may have it.
      const found = inside.length > 0 || extra === undefined || given.has(network) ? inside : [extra];
      if (found.length === 0) continue;
      given.add(network);
      const prefix = network.subnet.replace(/^.*\//, '');
      addresses.push(...found.map((address) => `${address}/${prefix}`));
      network.nameServers.forEach((server) => nameServers.add(server));
      const { gateway, subnet } = network;
      // One route to everywhere for IPv4, and one for IPv6.
      if (gateway === null || families.has(familyOf(gateway))) continue;
      families.add(familyOf(gateway));
      gateways.push({ address: gateway, isOnLink: !isIn(subnet, gateway) && !isLinkLocal(gateway) });
    }
    if (addresses.length === 0) return [];
    return { name: `eth${index}`, mac, addresses, gateways, nameServers: [...nameServers] };
  });
}

function isIn(subnet: string, address: string): boolean {
  const [base = '', prefix] = subnet.split('/');
  const family = familyOf(base);
  if (family === 0 || familyOf(address) !== family) return false;
  const list = new BlockList();
  list.addSubnet(base, Number(prefix), family === 4 ? 'ipv4' : 'ipv6');
  return list.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/** IPv6 routers are often named so (RFC 4291 §2.5.6), and such an address is on the link by itself. */
function isLinkLocal(address: string): boolean {
  return isIn('fe80::/10', address);
}

/** 4, 6, or 0 for what is no address. A zone is none. */
function familyOf(text: string): 0 | 4 | 6 {
  if (isIPv4(text)) return 4;
  return isIPv6(text) && !text.includes('%') ? 6 : 0;
}
