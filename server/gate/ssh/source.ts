import { isIPv6 } from 'node:net';

/** Where a connection comes from. */
export interface Source {
  /** The address, without the port. An IPv4-mapped IPv6 address is shown as IPv4. */
  readonly address: string;
  /**
   * What caps and penalties count: an IPv4 address, or the /64 of an IPv6 address, because one subscriber has
   * all of it.
   */
  readonly bucket: string;
}

export function sourceOf(remoteAddress: string): Source {
  const [bare = ''] = remoteAddress.split('%');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare);
  if (mapped?.[1] !== undefined) return { address: mapped[1], bucket: mapped[1] };
  if (!isIPv6(bare)) return { address: bare, bucket: bare };
  return { address: bare, bucket: `${network64(bare)}::/64` };
}

/** The first four groups, written without leading zeros. */
function network64(address: string): string {
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? 0 : 8 - left.length - right.length - (address.includes('.') ? 1 : 0);
  const groups = [...left, ...Array<string>(Math.max(0, gap)).fill('0'), ...right];
  return groups
    .slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':');
}
