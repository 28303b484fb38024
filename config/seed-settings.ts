import { isIPv6 } from 'node:net';
import { parseDomainName } from '../policy/names.js';
import { inNetworks, normalAddress, parseNetwork } from '../policy/network.js';
import type { DocumentPath } from '../policy/schema-fault.js';
import type { SeedNetwork } from '../policy/seed-network.js';
import type { Dom0Document } from './dom0-schema.js';
import type { SettingsReader } from './settings-reader.js';

/** `seeds:` of dom0.yaml. */
export interface SeedSettings {
  /** Absolute path of xorriso. */
  readonly command: string;
  /** Absolute path of xenstore-read. */
  readonly xenstoreRead: string;
  readonly networks: readonly SeedNetwork[];
}

/** Reads `seeds:`. Reports what is no address, and an address that two domains have. */
export function seedSettings({ seeds }: Dom0Document, reader: SettingsReader): SeedSettings {
  const taken = new Map<string, string>();
  const networks = reader.list(['seeds', 'networks'], (path) => {
    const at = (key: string): DocumentPath => [...path, key];
    const subnet = network(at('subnet'), reader);
    const addresses = reader.mapping(at('addresses'), (domain, entry) => {
      if (parseDomainName(domain) === undefined)
        reader.error(entry, `No domain can ever be called "${domain}".`);
      const found = address(entry, reader);
      if (found !== '' && subnet !== '' && inNetworks([subnet], found) !== true)
        reader.error(entry, `${found} is not in ${subnet}.`);
      const other = taken.get(found);
      if (found !== '' && other !== undefined) reader.error(entry, `${found} is the address of ${other}.`);
      taken.set(found, domain);
      return found;
    });
    const gateway = reader.orNull(at('gateway'), (entry) => address(entry, reader));
    if (gateway !== null && gateway !== '' && subnet !== '' && isIPv6(gateway) !== subnet.includes(':'))
      reader.error(at('gateway'), `${gateway} cannot be the gateway of ${subnet}: one is IPv4, one IPv6.`);
    const nameServers = reader.list(at('nameServers'), (entry) => address(entry, reader));
    const bridge = reader.orNull(at('bridge'), (entry) => reader.text(entry));
    return { subnet, bridge, gateway, nameServers, addresses };
  });
  return {
    ...seeds,
    command: reader.absolute(['seeds', 'command']),
    xenstoreRead: reader.absolute(['seeds', 'xenstoreRead']),
    networks,
  };
}

function network(path: DocumentPath, reader: SettingsReader): string {
  const text = reader.text(path);
  const parsed = parseNetwork(text);
  if (parsed === undefined || !text.includes('/')) {
    if (text !== '') reader.error(path, `"${text}" is no network.`, 'a network as 192.0.2.0/24');
    return '';
  }
  if (!parsed.exact) reader.error(path, `"${text}" has bits after its prefix.`, parsed.text);
  return parsed.text;
}

function address(path: DocumentPath, reader: SettingsReader): string {
  const text = reader.text(path);
  const normal = text.includes('%') ? undefined : normalAddress(text);
  if (normal === undefined && text !== '')
    reader.error(path, `"${text}" is no address.`, 'an address as 192.0.2.7 or 2001:db8::7');
  return normal ?? '';
}
