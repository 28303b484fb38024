import { readFileSync } from 'node:fs';
import type { DiskConfig } from '../config/domain-config.js';
import { readIso } from '../iso-image.js';

/** What a guest read from its seed disk. */
export interface Seed {
  readonly hostName: string;
  /** Addresses with their prefix; none: the guest would ask by DHCP. */
  readonly addresses: readonly string[];
  readonly gateways: readonly string[];
  /** The last word of each key's line. */
  readonly keys: readonly string[];
}

/** @returns null when no read-only disk at xvdy has the label CIDATA */
export function readSeed(disks: readonly DiskConfig[]): Seed | null {
  const disk = disks.find(({ device, writable }) => device === 'xvdy' && !writable);
  if (disk === undefined) return null;
  try {
    const iso = readIso(readFileSync(disk.target));
    if (iso?.label !== 'CIDATA') return null;
    const lines = (name: string): readonly string[] => (iso.files.get(name) ?? '').split('\n');
    const values = (key: string): readonly string[] =>
      lines('network').flatMap((line) => (line.startsWith(`${key}=`) ? [line.slice(key.length + 1)] : []));
    return {
      hostName: lines('hostname')[0] ?? '',
      addresses: values('Address'),
      gateways: values('Gateway'),
      keys: lines('authorized_keys').flatMap((line) => (line === '' ? [] : [line.split(' ').at(-1) ?? ''])),
    };
  } catch {
    return null;
  }
}

/** What the guest says of it on its console. Without a key nobody comes in by SSH. */
export function seedWords(seed: Seed): string {
  const network =
    seed.addresses.length === 0
      ? 'network: none set, asking by DHCP'
      : `network: ${seed.addresses.join(', ')}${seed.gateways.length === 0 ? '' : ` by ${seed.gateways.join(', ')}`}`;
  const ssh =
    seed.keys.length === 0
      ? 'SSH does not run: the seed disk has no key.'
      : `SSH runs for root, with ${seed.keys.length} ${seed.keys.length === 1 ? 'key' : 'keys'} of ${[...new Set(seed.keys)].join(', ')}.`;
  return `host name: ${seed.hostName}\n${network}\n${ssh}\n`;
}
