import { isIPv4, isIPv6 } from 'node:net';

/** An address to listen on. Port 0 means any free port. */
export interface ListenAddress {
  /** An IPv4 or IPv6 address, without brackets. */
  readonly host: string;
  readonly port: number;
}

/** @returns undefined when the text is neither `IPv4:port` nor `[IPv6]:port` */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const found = /^(?:\[([^\]%]+)\]|([^:]+)):(0|[1-9][0-9]{0,4})$/.exec(text);
  if (found === null) return undefined;
  const [, six, four, digits] = found;
  const port = Number(digits);
  if (port > 65_535) return undefined;
  if (six !== undefined && isIPv6(six)) return { host: six, port };
  return four !== undefined && isIPv4(four) ? { host: four, port } : undefined;
}
