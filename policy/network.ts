import { BlockList, isIPv4, isIPv6, SocketAddress } from 'node:net';

/**
 * Networks and source addresses. An IPv4-mapped IPv6 address (`::ffff:192.0.2.1`, RFC 4291 §2.5.5.2) counts
 * as the IPv4 address.
 */

interface Network {
  readonly family: 'ipv4' | 'ipv6';
  /** The address's groups: 4 of 8 bits, or 8 of 16. */
  readonly groups: readonly number[];
  /** Bits. */
  readonly prefix: number;
}

/** A parsed address or network in normal form. */
interface ParsedNetwork {
  /** `203.0.113.0/24`, `2001:db8::/32`: always with its prefix, and without bits after it. */
  readonly text: string;
  readonly exact: boolean;
}

/** @returns undefined when the text is neither an address nor a network (RFC 4632 §3.1, RFC 4291 §2.3) */
export function parseNetwork(text: string): ParsedNetwork | undefined {
  const [, address = '', given] = /^([0-9A-Fa-f.:]{2,45})(?:\/(0|[1-9][0-9]{0,2}))?$/.exec(text) ?? [];
  const network = readAddress(address, given === undefined ? null : Number(given));
  if (network === undefined) return undefined;
  const kept = masked(network);
  return { text: written(kept), exact: kept.groups.every((group, index) => group === network.groups[index]) };
}

/** An address as it is compared and shown; undefined when the text is none. A zone (`%eth0`) is removed. */
export function normalAddress(text: string): string | undefined {
  const [bare = ''] = text.split('%');
  const network = readAddress(bare, null);
  return network === undefined ? undefined : written(network).replace(/\/\d+$/, '');
}

/**
 * The unit that counts as one source: an IPv4 address, or an IPv6 /64, because one subscriber has all of it.
 */
export function sourceBucket(address: string): string {
  const network = readAddress(address, null);
  if (network === undefined) return address;
  return network.family === 'ipv4'
    ? written(network).replace('/32', '')
    : written(masked({ ...network, prefix: 64 }));
}

type Family = Network['family'];

/** One list for each family: Node counts an IPv4 address as part of `::/0`. */
type Lists = Readonly<Record<Family, BlockList>>;

/** Compiled lists, by the policy's frozen lists, which they live as long as. */
const compiled = new WeakMap<readonly string[], Lists>();

/** The last address asked about: the rules of one decision ask about the same one. */
let last: { readonly text: string; readonly address: SocketAddress | undefined } | undefined;

/**
 * Whether one of the networks, as `parseNetwork` writes them, contains this address; undefined when it is no
 * address.
 */
export function inNetworks(networks: readonly string[], text: string): boolean | undefined {
  if (last?.text !== text) last = { text, address: socketAddress(text) };
  const { address } = last;
  if (address === undefined) return undefined;
  const lists = compiled.get(networks) ?? compile(networks);
  compiled.set(networks, lists);
  return lists[address.family].check(address);
}

function socketAddress(text: string): SocketAddress | undefined {
  const address = normalAddress(text);
  return address === undefined ? undefined : new SocketAddress({ address, family: familyOf(address) });
}

function compile(networks: readonly string[]): Lists {
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = familyOf(address);
    lists[family].addSubnet(address, Number(prefix), family);
  }
  return lists;
}

function familyOf(address: string): Family {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}

function readAddress(text: string, prefix: number | null): Network | undefined {
  if (isIPv4(text)) {
    if (prefix !== null && prefix > 32) return undefined;
    return { family: 'ipv4', groups: text.split('.').map(Number), prefix: prefix ?? 32 };
  }
  if (!isIPv6(text) || (prefix !== null && prefix > 128)) return undefined;
  const groups = groupsOf(text);
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (!mapped || (prefix ?? 128) < 96) return { family: 'ipv6', groups, prefix: prefix ?? 128 };
  const bytes = groups.slice(6).flatMap((group) => [group >> 8, group & 0xff]);
  return { family: 'ipv4', groups: bytes, prefix: (prefix ?? 128) - 96 };
}

function groupsOf(ipv6: string): readonly number[] {
  const hex = ipv6.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const [head = '', tail] = hex.split('::');
  const read = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => parseInt(group, 16));
  const left = read(head);
  const right = read(tail ?? '');
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}

function masked({ family, groups, prefix }: Network): Network {
  const size = family === 'ipv4' ? 8 : 16;
  const kept = groups.map((group, index) => {
    const behind = Math.min(size, Math.max(0, (index + 1) * size - prefix));
    return (group >> behind) << behind;
  });
  return { family, groups: kept, prefix };
}

/** IPv6 in the form of RFC 5952, as the URL standard's serializer writes it. */
function written({ family, groups, prefix }: Network): string {
  if (family === 'ipv4') return `${groups.join('.')}/${prefix}`;
  const { hostname } = new URL(`http://[${groups.map((group) => group.toString(16)).join(':')}]`);
  return `${hostname.slice(1, -1)}/${prefix}`;
}
